import type { ListedDetails } from "../docker/engine-details.ts";
import { isUp } from "./is-up.ts";
import type { Ties } from "./ties.ts";

/** A container that stops working when another one is replaced, or that wants to be restarted after it. */
export interface Dependant {
  readonly container: ListedDetails;
  readonly because: string;
}

/** More than any container has. A daemon that shows more must not keep the program busy. */
export const MAX_DEPENDANTS = 200;

/**
 * Containers that refer to this one by id, and containers that refer to those. Each comes after all those on which it
 * depends. If there are more than `MAX_DEPENDANTS`, some are left out.
 */
export function dependantsOf(
  target: ListedDetails,
  others: readonly ListedDetails[],
  ties: ReadonlyMap<string, Ties>,
): readonly Dependant[] {
  const found: Dependant[] = [];
  const queue = [target];
  const seen = new Set([target.id]);
  for (let source = queue.shift(); source !== undefined; source = queue.shift()) {
    for (const container of others) {
      const because = seen.has(container.id) ? undefined : tie(ties.get(container.id), source);
      if (because === undefined) continue;
      seen.add(container.id);
      found.push({ container, because });
      queue.push(container);
      if (found.length > MAX_DEPENDANTS) return found;
    }
  }
  return ordered(found, ties);
}

/** A container may depend on several of them, of which some were found only after it. */
function ordered(found: readonly Dependant[], ties: ReadonlyMap<string, Ties>): readonly Dependant[] {
  const waiting = [...found];
  const placed: Dependant[] = [];
  while (waiting.length > 0) {
    const next = waiting.findIndex(({ container }) =>
      waiting.every(
        (other) => other.container === container || tie(ties.get(container.id), other.container) === undefined,
      ),
    );
    // Names that somebody has changed can form a circle.
    placed.push(...waiting.splice(Math.max(next, 0), 1));
  }
  return placed;
}

function tie(ties: Ties | undefined, source: ListedDetails): string | undefined {
  const shared = ties?.shares.find(({ of }) => isNamed(source, of));
  if (shared !== undefined) return `shares the ${shared.what} of ${source.name}`;
  const volumes = ties?.volumesFrom.some((name) => isNamed(source, name)) === true;
  if (volumes) return `uses the volumes of ${source.name}`;
  return ties?.links.some((of) => isNamed(source, of)) === true ? `is linked to ${source.name}` : undefined;
}

function isNamed({ id, name }: ListedDetails, text: string): boolean {
  return text === name || text === id || (text.length >= 12 && id.startsWith(text));
}

/**
 * Why the daemon could not start one of these again that runs: it does not let a container join another one that is
 * stopped. Undefined if it could start all of them.
 */
export function cannotStartAgain(
  replaced: readonly ListedDetails[],
  ties: ReadonlyMap<string, Ties>,
): string | undefined {
  for (const container of replaced.filter(({ state }) => isUp(state))) {
    const { shares = [], links = [] } = ties.get(container.id) ?? {};
    for (const name of [...shares.map(({ of }) => of), ...links]) {
      const source = replaced.find((each) => isNamed(each, name));
      if (source === undefined || isUp(source.state)) continue;
      const because = tie(ties.get(container.id), source);
      return `container ${container.name} runs and ${because}, which is stopped; start ${source.name} or stop ${container.name} first`;
    }
  }
  return undefined;
}

const COMPOSE_PROJECT = "com.docker.compose.project";
const COMPOSE_SERVICE = "com.docker.compose.service";
const COMPOSE_DEPENDS_ON = "com.docker.compose.depends_on";
const DEPENDS_ON = ["dockerhost.dev/depends-on", "com.centurylinklabs.watchtower.depends-on"];

/** Why a container is restarted after another one was replaced; undefined if it is not restarted. */
export function restartBecause(
  { labels }: Pick<ListedDetails, "labels">,
  replaced: Pick<ListedDetails, "name" | "labels">,
): string | undefined {
  const project = labels[COMPOSE_PROJECT];
  const service = replaced.labels[COMPOSE_SERVICE];
  if (project !== undefined && project === replaced.labels[COMPOSE_PROJECT] && service !== undefined) {
    // `db:service_healthy:true,cache:service_started:false`: service, condition, restart.
    const entries = (labels[COMPOSE_DEPENDS_ON] ?? "").split(",").map((entry) => entry.split(":"));
    if (entries.some(([name, , restart]) => name === service && restart === "true")) {
      return `depends on ${service} in its Compose file, with restart`;
    }
  }
  for (const label of DEPENDS_ON) {
    const names = (labels[label] ?? "").split(",").map((name) => name.trim().replace(/^\//, ""));
    if (names.includes(replaced.name)) return `depends on ${replaced.name} by its label ${label}`;
  }
  return undefined;
}
