import type { ContainerDetails } from "../docker/engine-details.ts";
import type { JsonObject } from "../docker/json-object.ts";
import { compareVersions } from "../docker/negotiate.ts";
import { asObject, isSame } from "./recreate-config.ts";
import { otherMac } from "./recreate-mac.ts";

/** From this version on, a container is created with all its networks, and a MAC address belongs to one of them. */
const MANY_NETWORKS = "1.44";

/** The settings of an endpoint that come from a user; the daemon makes everything else. */
const OWN = ["IPAMConfig", "Links", "DriverOpts", "GwPriority"] as const;

/** Those that depend on more than their value, and those that the daemon makes. */
const OTHERS = new Set([
  "Aliases",
  "DNSNames",
  "EndpointID",
  "Gateway",
  "GlobalIPv6Address",
  "GlobalIPv6PrefixLen",
  "IPAddress",
  "IPPrefixLen",
  "IPv6Gateway",
  "MacAddress",
  "NetworkID",
]);

export interface RecreatedNetworks {
  /** For HostConfig, if it has changed. */
  readonly networkMode?: string;
  readonly endpoints: Readonly<Record<string, JsonObject>>;
  /** Networks that are connected after the container is created, if the API accepts only one. */
  readonly later: readonly { readonly network: string; readonly endpoint: JsonObject }[];
  /** For Config, if the API has it there. */
  readonly macAddress?: string;
  readonly warnings: readonly string[];
  /** Set if the container cannot get the same networks again. */
  readonly problem?: string;
}

const NOTHING: RecreatedNetworks = { endpoints: {}, later: [], warnings: [] };

export function recreateNetworks(old: ContainerDetails, apiVersion: string): RecreatedNetworks {
  const mode = old.HostConfig.NetworkMode ?? "default";
  const known = old.Config.MacAddress || undefined;
  const manyAtOnce = compareVersions(apiVersion, MANY_NETWORKS) >= 0;
  if (/^(host|none|container:.*)$/.test(mode)) {
    return known !== undefined && !manyAtOnce ? { ...NOTHING, macAddress: known } : NOTHING;
  }
  const connected = Object.entries(old.NetworkSettings.Networks ?? {});
  const main = connected.find(([name, { NetworkID }]) => isMain(mode, name, NetworkID)) ?? connected[0];
  // A daemon without a default network sets this at the first start, and then shows no network for new containers.
  if (main === undefined && old.Config.NetworkDisabled === true) return NOTHING;
  if (main === undefined) return { ...NOTHING, problem: `it was disconnected from its network ${mode}` };
  const [mainName, mainEndpoint] = main;
  const isMoved = !isMain(mode, mainName, mainEndpoint.NetworkID);
  const key = isMoved ? mainName : mode === "default" ? "bridge" : mode;
  const warnings = isMoved
    ? [`It was disconnected from its first network ${mode}; ${mainName} is its first one now`]
    : [];
  const shown = old.Config.MacAddress === null ? otherMac(mainName, mainEndpoint, old.State.Status) : {};
  if (shown.warning !== undefined) warnings.push(shown.warning);
  const mac = known ?? shown.chosen;
  const own = ownEndpoint(mainName, mainEndpoint, old);
  const endpoint = mac !== undefined && manyAtOnce ? { ...own, MacAddress: mac } : own;
  const others = connected
    .filter(([name]) => name !== mainName)
    .map(([network, settings]) => {
      const recreated = ownEndpoint(network, settings, old);
      if (!manyAtOnce) return { network, endpoint: recreated };
      const { chosen, warning } = otherMac(network, settings, old.State.Status);
      if (warning !== undefined) warnings.push(warning);
      return { network, endpoint: chosen === undefined ? recreated : { ...recreated, MacAddress: chosen } };
    });
  for (const [network, settings] of connected) warnings.push(...unknownSettings(network, settings));
  return {
    ...(isMoved && { networkMode: mainName }),
    endpoints: {
      [key]: endpoint,
      ...(manyAtOnce && Object.fromEntries(others.map(({ network, endpoint: each }) => [network, each]))),
    },
    later: manyAtOnce ? [] : others,
    ...(mac !== undefined && !manyAtOnce && { macAddress: mac }),
    warnings,
  };
}

/** A setting that is newer than this program: whether it comes from a user or from the daemon is not known. */
function unknownSettings(network: string, settings: JsonObject): readonly string[] {
  return Object.entries(settings)
    .filter(([key, value]) => !isKnown(key) && !isSame(value, undefined))
    .map(([key]) => `The setting ${key} of network ${network} is dropped: this program does not know it`);
}

function isKnown(key: string): boolean {
  return OTHERS.has(key) || OWN.some((own) => own === key);
}

/** A network mode may contain the name or the id of a network; the default network is called bridge. */
function isMain(mode: string, name: string, id: unknown): boolean {
  if (mode === name || (mode === "default" && name === "bridge")) return true;
  return typeof id === "string" && /^[0-9a-f]{12,64}$/.test(mode) && id.startsWith(mode);
}

function ownEndpoint(network: string, settings: JsonObject, { Id }: ContainerDetails): JsonObject {
  const kept: Record<string, unknown> = {};
  for (const key of OWN) if (!isSame(settings[key], undefined) && settings[key] !== 0) kept[key] = settings[key];
  if (isSame(asObject(kept.IPAMConfig), undefined)) delete kept.IPAMConfig;
  const aliases = Array.isArray(settings.Aliases) ? settings.Aliases.filter((alias) => alias !== Id.slice(0, 12)) : [];
  // The default bridge does not support names.
  if (network !== "bridge" && aliases.length > 0) kept.Aliases = aliases;
  return kept;
}
