import { isIP } from "node:net";

/** Names under which a container reaches the machine on which it runs. */
const MACHINE_NAMES =
  /^(host|gateway)\.docker\.internal$|^host\.(containers|lima|rancher-desktop|minikube|orb)\.internal$|^docker\.for\.(mac|win)\.(host\.internal|localhost)$/;

/**
 * Describes an address that is valid only on one machine or in one container, and leads elsewhere in a cluster. Returns
 * undefined for an address that means the same everywhere.
 * @param neighbours the meaning of names on that machine: `the service "proxy" of the same Compose file`
 */
export function otherMachine(host: string, neighbours: ReadonlyMap<string, string> = new Map()): string | undefined {
  const name = host.toLowerCase().replace(/\.$/, "");
  const neighbour = neighbours.get(name);
  if (neighbour !== undefined) return `is ${neighbour}, a name that only the containers next to it can resolve`;
  if (MACHINE_NAMES.test(name)) return "is the machine on which the container runs";
  if (name === "localhost" || name.endsWith(".localhost")) return "is on the machine where dockerhost runs";
  const address = unmapped(name);
  if (isIP(address) === 6) return ofVersion6(address);
  return isIP(address) === 4 ? ofVersion4(address) : undefined;
}

function ofVersion4(address: string): string | undefined {
  const [a = 0, b = 0, c = 0, d = 0] = address.split(".").map(Number);
  if (a === 127 || a === 0) return "is on the machine where dockerhost runs";
  if (a === 169 && b === 254) return "is a link-local address, which reaches a different machine elsewhere";
  if (a === 172 && b === 17)
    return "is an address of Docker's own bridge, docker0, which every machine with Docker has";
  const gateway = c === 0 && d === 1;
  if (a === 172 && b >= 18 && b <= 31 && gateway) return BRIDGE;
  if (a === 192 && b === 168 && c % 16 === 0 && c >= 16 && d === 1) return BRIDGE;
  if (a === 192 && b === 168 && c === 65) return "is an address of Docker Desktop's own network";
  return undefined;
}

const BRIDGE =
  "is the address that a Docker network usually gives to its machine, and that belongs to a different one elsewhere";

function ofVersion6(address: string): string | undefined {
  if (address === "::1" || address === "::") return "is on the machine where dockerhost runs";
  if (/^fe[89ab]/.test(address)) return "is a link-local address, which reaches a different machine elsewhere";
  return undefined;
}

/** Converts an IPv4 address that is written as an IPv6 address. */
function unmapped(name: string): string {
  const dotted = /^::ffff:([0-9.]+)$/.exec(name)?.[1];
  if (dotted !== undefined) return dotted;
  const [, high, low] = /^::ffff:([0-9a-f]{1,4}):([0-9a-f]{1,4})$/.exec(name) ?? [];
  if (high === undefined || low === undefined) return name;
  const [h, l] = [Number.parseInt(high, 16), Number.parseInt(low, 16)];
  return [h >> 8, h & 255, l >> 8, l & 255].join(".");
}
