import type { ContainerDetails } from "../docker/engine-details.ts";
import type { JsonObject } from "../docker/json-object.ts";
import { compareVersions } from "../docker/negotiate.ts";
import { asObject } from "./recreate-config.ts";
import { readLink } from "./ties.ts";

/**
 * From this version on, the daemon has no limit for kernel memory, and checks that options of a mount match its type.
 */
const STRICT = "1.42";

/** Options that belong to only one type of mount. */
const OPTIONS = { BindOptions: "bind", VolumeOptions: "volume", TmpfsOptions: "tmpfs", ImageOptions: "image" } as const;

export interface RecreatedHost {
  readonly body: JsonObject;
  readonly warnings: readonly string[];
}

/** The new ids of replaced containers by their old ones and by their names, for containers that refer to them. */
export type NewIds = ReadonlyMap<string, string>;

/** Returns the part of a create body that `docker inspect` shows as HostConfig, with each volume that holds data. */
export function recreateHost(
  old: ContainerDetails,
  apiVersion: string,
  ids: NewIds,
  names: ReadonlySet<string>,
): RecreatedHost {
  const warnings: string[] = [];
  const { KernelMemory, Capabilities: _legacy, ...host } = old.HostConfig;
  const volumesFrom = keptSources(old, names, warnings);
  const mounts = (host.Mounts ?? []).map((mount) => recreateMount(mount, old));
  const body: Record<string, unknown> = {
    ...host,
    ...(host.VolumesFrom != null && { VolumesFrom: volumesFrom }),
    ...(host.Mounts != null && { Mounts: mounts }),
    ...(host.Links != null && { Links: host.Links.map((link) => linked(link, ids)) }),
    ...(host.NetworkMode != null && { NetworkMode: joined(host.NetworkMode, ids) }),
    ...(host.PidMode != null && { PidMode: joined(host.PidMode, ids) }),
    ...(host.IpcMode != null && { IpcMode: joined(host.IpcMode, ids) }),
  };
  const nameless = namelessVolumes(old);
  if (nameless.length > 0) body.Binds = [...(host.Binds ?? []), ...nameless];
  if (typeof KernelMemory === "number" && KernelMemory !== 0) {
    if (compareVersions(apiVersion, STRICT) < 0) body.KernelMemory = KernelMemory;
    else warnings.push(`The limit of kernel memory (${KernelMemory} bytes) is dropped: this engine no longer has one`);
  }
  for (const [port, bindings] of Object.entries(host.PortBindings ?? {})) {
    if (Array.isArray(bindings) && bindings.some((binding) => isRandomPort(asObject(binding).HostPort))) {
      warnings.push(`Port ${port} is published on another random port of the host`);
    }
  }
  if (host.PublishAllPorts === true) warnings.push("All ports are published on other random ports of the host");
  return { body, warnings };
}

function isRandomPort(port: unknown): boolean {
  return port === "" || port === "0" || port === undefined;
}

/** A `container:<id>` that refers to a replaced container becomes the id of its successor. */
function joined(mode: string, ids: NewIds): string {
  const [, target] = /^container:(.+)$/.exec(mode) ?? [];
  return target === undefined ? mode : `container:${ids.get(target) ?? target}`;
}

/** A link is kept by the name of the other container, which its successor does not have yet. */
function linked(link: string, ids: NewIds): string {
  const { of, alias } = readLink(link);
  const id = ids.get(of);
  return id === undefined ? link : `${id}:${alias}`;
}

/** Sources of volumes that still exist: the daemon would not create the container if one of them were gone. */
function keptSources(
  { HostConfig }: ContainerDetails,
  names: ReadonlySet<string>,
  warnings: string[],
): readonly string[] {
  return (HostConfig.VolumesFrom ?? []).filter((source) => {
    const [name = ""] = source.split(":");
    if (names.has(name)) return true;
    warnings.push(`The container ${name}, whose volumes it uses, is gone: they are mounted directly`);
    return false;
  });
}

/**
 * Volumes without a name are in neither Binds nor Mounts: without this, the new container would get new ones, and the
 * data would stay behind. The same applies to volumes from another container.
 */
function namelessVolumes({ Mounts, HostConfig }: ContainerDetails): readonly string[] {
  const named = new Set([
    ...(HostConfig.Binds ?? []).map(destinationOf),
    ...(HostConfig.Mounts ?? []).map((mount) => clean(String(mount.Target ?? ""))),
    ...Object.keys(HostConfig.Tmpfs ?? {}).map(clean),
  ]);
  return (Mounts ?? []).flatMap(({ Type, Name, Source, Destination, RW }) => {
    if (named.has(clean(Destination))) return [];
    const source = Type === "volume" ? Name : Type === "bind" ? Source : undefined;
    return source == null || source === "" ? [] : [`${source}:${Destination}${RW === false ? ":ro" : ""}`];
  });
}

/** `/srv/data:/data:ro`: the part after the first colon, without the options. */
function destinationOf(bind: string): string {
  const [, destination = ""] = bind.split(":");
  return clean(destination);
}

function clean(path: string): string {
  return path.length > 1 ? path.replace(/\/+$/, "") : path;
}

/**
 * The daemon has given a name to a volume that it made. Options of other types had no effect, and are refused today.
 */
function recreateMount(mount: JsonObject, { Mounts }: ContainerDetails): JsonObject {
  const kept: Record<string, unknown> = { ...mount };
  for (const [option, type] of Object.entries(OPTIONS)) if (mount.Type !== type) delete kept[option];
  if (mount.Type === "volume" && !mount.Source) {
    const made = Mounts?.find(({ Destination }) => clean(Destination) === clean(String(mount.Target)));
    if (made?.Name) kept.Source = made.Name;
  }
  return kept;
}
