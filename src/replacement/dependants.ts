import type { ContainerDetails } from "../docker/engine-details.ts";
import { ownName } from "./refusals.ts";

/** A container that stops working when another one is replaced. */
export interface Dependant {
  readonly container: ContainerDetails;
  readonly because: string;
}

/** Containers that are tied to these by id, and to those in turn: each after what it depends on. */
export function dependantsOf(target: ContainerDetails, others: readonly ContainerDetails[]): readonly Dependant[] {
  const found: Dependant[] = [];
  const queue: ContainerDetails[] = [target];
  const seen = new Set([target.Id]);
  for (let source = queue.shift(); source !== undefined; source = queue.shift()) {
    for (const container of others) {
      const because = seen.has(container.Id) ? undefined : tie(container, source);
      if (because === undefined) continue;
      seen.add(container.Id);
      found.push({ container, because });
      queue.push(container);
    }
  }
  return found;
}

function tie({ HostConfig }: ContainerDetails, source: ContainerDetails): string | undefined {
  const name = ownName(source);
  const shared = (mode: string | null | undefined) => {
    const [, target] = /^container:(.+)$/.exec(mode ?? "") ?? [];
    return target !== undefined && isNamed(source, target);
  };
  if (shared(HostConfig.NetworkMode)) return `shares the network of ${name}`;
  if (shared(HostConfig.PidMode)) return `shares the processes of ${name}`;
  if (shared(HostConfig.IpcMode)) return `shares the memory of ${name}`;
  const volumes = (HostConfig.VolumesFrom ?? []).some((entry) => isNamed(source, entry.replace(/:.*$/, "")));
  return volumes ? `uses the volumes of ${name}` : undefined;
}

function isNamed(container: ContainerDetails, text: string): boolean {
  return text === ownName(container) || text === container.Id || (text.length >= 12 && container.Id.startsWith(text));
}

const COMPOSE_PROJECT = "com.docker.compose.project";
const COMPOSE_SERVICE = "com.docker.compose.service";
const COMPOSE_DEPENDS_ON = "com.docker.compose.depends_on";
const DEPENDS_ON = ["dockerhost.dev/depends-on", "com.centurylinklabs.watchtower.depends-on"];

/** Why a running container is restarted after another one was replaced; undefined where it is not. */
export function restartBecause(
  labels: Labels,
  replaced: { readonly name: string; readonly labels: Labels },
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

type Labels = Readonly<Record<string, string>>;
