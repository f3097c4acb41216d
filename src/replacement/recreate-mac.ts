import type { JsonObject } from "../docker/json-object.ts";

/** What is known about a MAC address in a network for which the engine does not show who has set it. */
export interface OtherMac {
  /** Set if a user has certainly chosen it. */
  readonly chosen?: string;
  readonly warning?: string;
}

/**
 * The engine shows at most for the first network who has set the MAC address. A generated one must not be kept, because
 * it would then be fixed.
 */
export function otherMac(network: string, settings: JsonObject, status: string): OtherMac {
  const { MacAddress: mac, IPAddress } = settings;
  if (typeof mac !== "string" || mac === "") return {};
  // Before its first start, a container has only what was asked for. Engines do not generate the addresses of vendors.
  if (status === "created" || !isLocal(mac)) return { chosen: mac };
  if (mac === derivedFrom(IPAddress)) return {};
  return {
    warning: `The MAC address ${mac} in network ${network} is replaced by a generated one: the engine does not show whether it was chosen`,
  };
}

/** Whether it is marked as not assigned by a vendor. */
function isLocal(mac: string): boolean {
  return (Number.parseInt(mac.slice(0, 2), 16) & 2) === 2;
}

/** Engines before Docker 28 generate it from the IPv4 address. */
function derivedFrom(address: unknown): string | undefined {
  if (typeof address !== "string") return undefined;
  const bytes = address.split(".").map((byte) => Number(byte).toString(16).padStart(2, "0"));
  return ["02", "42", ...bytes].join(":");
}
