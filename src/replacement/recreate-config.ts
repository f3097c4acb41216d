import type { ContainerDetails, ImageDetails } from "../docker/engine-details.ts";
import type { JsonObject } from "../docker/json-object.ts";
import { LABEL } from "./transaction-label.ts";

/** Settings that a new container takes from its image if it has none of its own. */
const INHERITED = ["WorkingDir", "User", "StopSignal", "StopTimeout", "Shell", "ArgsEscaped"] as const;

/**
 * Returns the part of a create body that `docker inspect` shows as Config, without what the old container had from its
 * image: the new container gets that from the new image.
 * @param image the old image; undefined if it is gone, and everything is kept
 */
export function recreateConfig(
  old: ContainerDetails,
  image: ImageDetails | undefined,
  hostname: string | undefined,
): JsonObject {
  const { MacAddress: _mac, OnBuild: _onBuild, Labels, ...config } = old.Config;
  const { [LABEL]: _transaction, ...labels } = Labels ?? {};
  const defaults = image?.Config ?? {};
  const published = old.HostConfig.PortBindings ?? {};
  const kept: Record<string, unknown> = {
    ...config,
    Env: without(config.Env ?? [], stringsOf(defaults.Env)),
    Labels: withoutEqual(labels, defaults.Labels),
    // A published port stays exposed, whatever the new image exposes: the daemon ignores a binding for a port that is
    // not.
    ExposedPorts: withoutKeys(
      config.ExposedPorts ?? {},
      defaults.ExposedPorts,
      (port) => !Object.hasOwn(published, port),
    ),
    Volumes: withoutKeys(config.Volumes ?? {}, defaults.Volumes, () => true),
    ...command(config, defaults),
  };
  for (const key of INHERITED) if (isSame(config[key], defaults[key])) delete kept[key];
  const healthcheck = ownHealthcheck(config.Healthcheck, defaults.Healthcheck);
  if (healthcheck === undefined) delete kept.Healthcheck;
  else kept.Healthcheck = healthcheck;
  if (isGeneratedHostname(old, hostname)) delete kept.Hostname;
  return kept;
}

/** The daemon takes each part that is not set from the image. So if only an interval was set, the new command applies. */
function ownHealthcheck(own: unknown, inherited: unknown): JsonObject | undefined {
  const defaults = asObject(inherited);
  const parts = Object.entries(asObject(own)).filter(([key, value]) => !isSame(value, defaults[key]));
  return parts.length === 0 ? undefined : Object.fromEntries(parts);
}

/**
 * If a container has its own entry point, it does not inherit the image's command. So each of the two can come from the
 * image only if the other does. An empty entry point is shown as none, and sent as [""].
 */
function command({ Entrypoint, Cmd }: ContainerDetails["Config"], defaults: JsonObject): JsonObject {
  const own = { entrypoint: Entrypoint ?? [], cmd: Cmd ?? [] };
  const inherited = { entrypoint: stringsOf(defaults.Entrypoint), cmd: stringsOf(defaults.Cmd) };
  const emptiedCommand = own.cmd.length === 0 && inherited.cmd.length > 0;
  if (isSame(own.entrypoint, inherited.entrypoint) && !emptiedCommand) {
    return { Entrypoint: null, Cmd: isSame(own.cmd, inherited.cmd) ? null : own.cmd };
  }
  return {
    Entrypoint: own.entrypoint.length === 0 ? [""] : own.entrypoint,
    Cmd: own.cmd.length === 0 ? null : own.cmd,
  };
}

/** The daemon names a container by its id, by its host, or by the container whose network it shares. */
function isGeneratedHostname({ Id, Config, HostConfig }: ContainerDetails, hostname: string | undefined): boolean {
  const { Hostname } = Config;
  if (Hostname == null || Hostname === "" || Hostname === Id.slice(0, 12)) return true;
  if (HostConfig.UTSMode === "host" || HostConfig.NetworkMode?.startsWith("container:")) return true;
  return HostConfig.NetworkMode === "host" && Hostname === hostname;
}

function stringsOf(value: unknown): readonly string[] {
  return Array.isArray(value) ? value.filter((item) => typeof item === "string") : [];
}

function without(items: readonly string[], dropped: readonly string[]): readonly string[] {
  const known = new Set(dropped);
  return items.filter((item) => !known.has(item));
}

function withoutEqual(labels: Readonly<Record<string, string>>, dropped: unknown): JsonObject {
  const known = asObject(dropped);
  return Object.fromEntries(Object.entries(labels).filter(([key, value]) => known[key] !== value));
}

function withoutKeys(map: JsonObject, dropped: unknown, mayDrop: (key: string) => boolean): JsonObject {
  const known = asObject(dropped);
  return Object.fromEntries(Object.entries(map).filter(([key]) => !(Object.hasOwn(known, key) && mayDrop(key))));
}

export function asObject(value: unknown): JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value) ? { ...value } : {};
}

/**
 * To a daemon, nothing, an empty text, an empty list and an empty object are the same, and each version shows another.
 */
export function isSame(a: unknown, b: unknown): boolean {
  return canonical(a) === canonical(b);
}

function canonical(value: unknown): string {
  if (value === undefined || value === null || value === "" || value === false) return "";
  if (Array.isArray(value)) return value.length === 0 ? "" : JSON.stringify(value.map(canonical));
  if (typeof value !== "object") return JSON.stringify(value);
  const entries = Object.entries(value)
    .map(([key, item]) => [key, canonical(item)] as const)
    .filter(([, item]) => item !== "")
    .sort(([one], [other]) => (one < other ? -1 : 1));
  return entries.length === 0 ? "" : JSON.stringify(entries);
}
