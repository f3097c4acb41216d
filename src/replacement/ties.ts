import { LRUCache } from "lru-cache";
import type { Outcome } from "../api/failure.ts";
import { success } from "../common/result.ts";
import {
  addedSettings,
  type ContainerDetails,
  type EngineDetails,
  type ListedDetails,
} from "../docker/engine-details.ts";
import type { JsonObject } from "../docker/json-object.ts";

/** What ties a container to others by their ids or names. */
export interface Ties {
  /** Modes that share something with another container, as messages call them. */
  readonly shares: readonly { readonly what: "network" | "processes" | "memory"; readonly of: string }[];
  readonly volumesFrom: readonly string[];
  /** On the default network: the daemon does not start the container unless each of these runs. */
  readonly links: readonly string[];
  /** Settings that then need not be asked for when this container is replaced itself. */
  readonly added: JsonObject;
}

/** The limit for all containers together, which is enough for some thousands of ordinary ones. */
const MAX_BYTES = 1024 * 1024;

/**
 * The ties of containers of one daemon that were asked for before: the list does not show them, and asking for every
 * container in each update would be the larger part of the work. Must not be shared between daemons, because any of
 * them can claim the container ids of another.
 */
export class TiesCache {
  readonly #byId = new LRUCache<string, Ties>({
    maxSize: MAX_BYTES,
    sizeCalculation: (ties, id) => 2 * (id.length + JSON.stringify(ties).length) + 100,
  });

  /** Reads the ties of each container; containers that vanish meanwhile have none. */
  async of(
    { details }: { readonly details: Pick<EngineDetails, "inspectContainer"> },
    containers: readonly ListedDetails[],
  ): Promise<Outcome<ReadonlyMap<string, Ties>>> {
    const ties = new Map<string, Ties>();
    for (const { id } of containers) {
      const known = this.#byId.get(id);
      if (known !== undefined) {
        ties.set(id, known);
        continue;
      }
      const inspected = await details.inspectContainer(id);
      if (!inspected.ok) return inspected;
      if (inspected.value === undefined) continue;
      ties.set(id, this.remember(inspected.value));
    }
    return success(ties);
  }

  /** @param container as the newest version of the API in use shows it */
  remember(container: ContainerDetails): Ties {
    const ties = readTies(container);
    // Only links change during the life of a container: they follow the names of the others.
    if (ties.links.length === 0) this.#byId.set(container.Id, ties);
    return ties;
  }

  /** What is known without asking. */
  get(id: string): Ties | undefined {
    return this.#byId.get(id);
  }
}

function readTies(container: ContainerDetails): Ties {
  const { HostConfig } = container;
  const modes = [
    ["network", HostConfig.NetworkMode],
    ["processes", HostConfig.PidMode],
    ["memory", HostConfig.IpcMode],
  ] as const;
  return {
    shares: modes.flatMap(([what, mode]) => {
      const [, of] = /^container:(.+)$/.exec(mode ?? "") ?? [];
      return of === undefined ? [] : [{ what, of }];
    }),
    volumesFrom: (HostConfig.VolumesFrom ?? []).map((source) => source.replace(/:.*$/, "")),
    links: (HostConfig.Links ?? []).map((link) => readLink(link).of),
    added: addedSettings(container),
  };
}

/** Reads `/db:/web/alias`, which means that container `web` knows container `db` by this alias. */
export function readLink(link: string): { readonly of: string; readonly alias: string } {
  const [of = "", alias = ""] = link.split(":");
  return { of: of.replace(/^\//, ""), alias: alias.slice(alias.lastIndexOf("/") + 1) };
}
