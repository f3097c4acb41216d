import type { ListedDetails } from "../docker/engine-details.ts";
import type { Ties } from "./ties.ts";

/** A container that stops working when another one is replaced, or that wants to be restarted after it. */
export interface Dependant {
  readonly container: ListedDetails;
  readonly because: string;
}

/**
 * Containers that refer to this one by id, and containers that refer to those. Each comes after the one on which it
 * depends.
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
    }
  }
  return found;
}

function tie(ties: Ties | undefined, source: ListedDetails): string | undefined {
  const shared = ties?.shares.find(({ of }) => isNamed(source, of));
  if (shared !== undefined) return `shares the ${shared.what} of ${source.name}`;
  const volumes = ties?.volumesFrom.some((name) => isNamed(source, name)) === true;
  return volumes ? `uses the volumes of ${source.name}` : undefined;
}

function isNamed({ id, name }: ListedDetails, text: string): boolean {
  return text === name || text === id || (text.length >= 12 && id.startsWith(text));
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
