import type { Inspected } from "./world.ts";

type Tree = { readonly [key: string]: unknown };

/** A difference that every new container has, and why it may. Paths are written with dots, lists by their index. */
const ALLOWED: readonly (readonly [path: RegExp, why: string])[] = [
  [/^(Id|Created|State\.(Pid|StartedAt|FinishedAt))$/, "ids, process and times of the container"],
  [/^(State\.Health|ExecIDs)\./, "the log of its health check"],
  [/^(Image|ImageManifestDescriptor\..+)$/, "the image that it runs"],
  [/^(ResolvConfPath|HostnamePath|HostsPath|LogPath)$/, "files that the daemon keeps by its id"],
  [/^(GraphDriver|Storage)\./, "its writable layer"],
  [/^NetworkSettings\.(SandboxID|SandboxKey)$/, "its network namespace"],
  [/^NetworkSettings\.Networks\.[^.]+\.EndpointID$/, "its endpoint"],
  [/^Config\.Labels\.dockerhost\.dev\/update$/, "the label of the update"],
  [/^Config\.Labels\.com\.docker\.compose\.image$/, "the image that Compose compares"],
];

/** Those that only some have: the container as it was must give the cause. */
const CONDITIONAL: readonly (readonly [path: RegExp, why: string, when: (before: Inspected) => boolean])[] = [
  [/^Config\.Hostname$/, "a host name that is the id", ({ Id, Config }) => Config.Hostname === Id.slice(0, 12)],
  [
    /^(State|NetworkSettings)\./,
    "a container that did not run, and is not started",
    ({ State }) => State.Status === "exited",
  ],
  [
    /^NetworkSettings\.Ports\./,
    "a random published port",
    ({ HostConfig }) => /"HostPort":""|"PublishAllPorts":true/.test(JSON.stringify(HostConfig)),
  ],
  [
    /^Mounts\.\d+\.Source$/,
    "the folder in which an image is mounted",
    ({ Mounts }) => JSON.stringify(Mounts).includes('"Type":"image"'),
  ],
  [/^Mounts\.\d+\.(Mode|Propagation)$/, "how a volume without a name is written down", () => true],
];

/** What may be added where there was nothing. */
const ADDED: readonly (readonly [path: RegExp, why: string])[] = [
  [/^HostConfig\.(Binds\.\d+|Mounts\.\d+\.Source)$/, "the volume that had no name of its own, or came from another"],
];

export interface Comparison {
  readonly forbidden: readonly string[];
  readonly allowed: readonly string[];
}

/** What differs between two containers as `docker inspect` shows them, where nothing and empty are the same. */
export function compare(before: Inspected, after: Inspected): Comparison {
  const forbidden: string[] = [];
  const allowed = new Set<string>();
  const [one, other] = [flatten(normalized(before)), flatten(normalized(after))];
  for (const path of [...new Set([...one.keys(), ...other.keys()])].toSorted()) {
    if (one.get(path) === other.get(path)) continue;
    const why =
      ALLOWED.find(([pattern]) => pattern.test(path))?.[1] ??
      CONDITIONAL.find(([pattern, , when]) => pattern.test(path) && when(before))?.[1] ??
      (one.has(path) ? undefined : ADDED.find(([pattern]) => pattern.test(path))?.[1]);
    if (why === undefined) forbidden.push(`${path}: ${one.get(path)} -> ${other.get(path)}`);
    else allowed.add(why);
  }
  return { forbidden, allowed: [...allowed] };
}

/** Lists whose order means nothing, sorted; the id of the container itself, named; addresses that nobody chose, dropped. */
function normalized(container: Inspected): Tree {
  const short = container.Id.slice(0, 12);
  const tree = JSON.parse(JSON.stringify(container), (key, value) => {
    if ((key === "Aliases" || key === "DNSNames") && Array.isArray(value))
      return value.filter((alias) => alias !== short).toSorted();
    if (key === "Env" && Array.isArray(value)) return value.toSorted();
    if (key === "Mounts" && Array.isArray(value)) return value.toSorted(byDestination);
    return value;
  });
  for (const [network, endpoint] of Object.entries<Record<string, unknown>>(tree.NetworkSettings.Networks)) {
    const hasOwnMac = Boolean(tree.Config.MacAddress) && network === tree.HostConfig.NetworkMode;
    const ipam = JSON.stringify(endpoint.IPAMConfig ?? {});
    if (!ipam.includes("IPv4Address")) delete endpoint.IPAddress;
    // Before API 1.44 it is derived from the address.
    if (!hasOwnMac && !(ipam.includes("IPv4Address") && String(endpoint.MacAddress).startsWith("02:42:")))
      delete endpoint.MacAddress;
  }
  // The default bridge's, repeated.
  for (const key of ["IPAddress", "MacAddress", "EndpointID", "Gateway", "IPPrefixLen"])
    delete tree.NetworkSettings[key];
  return tree;
}

function byDestination(one: Tree, other: Tree): number {
  return String(one.Destination ?? one.Target).localeCompare(String(other.Destination ?? other.Target));
}

function flatten(value: unknown, path = "", into = new Map<string, string>()): Map<string, string> {
  if (value === null || value === "" || value === undefined || value === false) return into;
  if (typeof value !== "object") return into.set(path, JSON.stringify(value));
  for (const [key, item] of Object.entries(value)) flatten(item, path === "" ? key : `${path}.${key}`, into);
  return into;
}
