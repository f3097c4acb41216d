import { lookup } from "node:dns/promises";
import { type NetworkInterfaceInfo, networkInterfaces } from "node:os";
import { type Clock, sleep } from "../common/clock.ts";
import { contains, type IpNetwork, parseIpAddress } from "../common/ip-network.ts";
import { LOOPBACK } from "../common/special-networks.ts";

export interface SurroundingsOptions {
  /** URL of the API server. */
  readonly server: string;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly interfaces?: () => Readonly<Record<string, readonly NetworkInterfaceInfo[] | undefined>>;
  readonly clock: Clock;
  readonly signal: AbortSignal;
  /** Resolves a name to all its addresses. */
  readonly resolve?: (name: string) => Promise<readonly string[]>;
}

const RESOLVE_DEADLINE_MS = 5_000;

/**
 * Returns the addresses of the program's own pod, of the API server, and of the Services in the pod's variables. What
 * listens there trusts connections from this pod, so hosts must not lead to it. Loopback has its own rule. If the name
 * of the API server cannot be resolved now, it is left out.
 */
export async function surroundings(options: SurroundingsOptions): Promise<readonly IpNetwork[]> {
  const { server, env, interfaces = networkInterfaces } = options;
  const own = Object.values(interfaces()).flatMap((each) => (each ?? []).map(({ address }) => address));
  const names = [new URL(server).hostname.replace(/^\[|\]$/g, ""), env.KUBERNETES_SERVICE_HOST ?? ""];
  const resolved = await Promise.all(names.map((name) => addressesOf(name, options)));
  return [...new Set([...own, ...resolved.flat(), ...services(env)])].flatMap(single);
}

/** Kubernetes names the Services of a namespace to its pods in pairs of variables, unless the pod does without them. */
function services(env: SurroundingsOptions["env"]): readonly string[] {
  return Object.entries(env).flatMap(([name, value]) => {
    const [, service] = /^([A-Z][A-Z0-9_]*)_SERVICE_HOST$/.exec(name) ?? [];
    return service !== undefined && env[`${service}_SERVICE_PORT`] !== undefined ? [value ?? ""] : [];
  });
}

async function addressesOf(
  name: string,
  { clock, signal, resolve = systemResolve }: SurroundingsOptions,
): Promise<readonly string[]> {
  if (name === "" || parseIpAddress(name) !== undefined) return [name];
  const done = new AbortController();
  const late = sleep(clock, RESOLVE_DEADLINE_MS, AbortSignal.any([signal, done.signal]));
  // A failure is ignored here: the cluster's client resolves the name for every connection and reports why it cannot.
  const resolved = resolve(name).catch(() => []);
  const addresses = await Promise.race([resolved, late.then(() => [])]);
  done.abort();
  return addresses;
}

async function systemResolve(name: string): Promise<readonly string[]> {
  return (await lookup(name, { all: true })).map(({ address }) => address);
}

function single(text: string): readonly IpNetwork[] {
  const address = parseIpAddress(text);
  if (address === undefined || LOOPBACK.some((network) => contains(network, address))) return [];
  return [{ ...address, length: address.family === 4 ? 32 : 128 }];
}
