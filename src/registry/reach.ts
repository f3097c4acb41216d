import type { Reach } from "../common/dial-guard.ts";
import { parseIpAddress } from "../common/ip-network.ts";
import { isPublic } from "../common/special-networks.ts";

/** A server that refers to another one: to its token service, or to the target of a redirect. */
export interface Sender {
  readonly url: URL;
  /** The address that answered; undefined if it is not known. */
  readonly address: string | undefined;
}

/**
 * Where a server may send the program, so that nobody can use it to reach into a private network. A server on the
 * Internet may refer only to addresses on the Internet. A server in a private network may refer to others there over
 * TLS, as GitLab does. Without TLS, anything could answer in their place, so only its own host and what the
 * installation allows are accepted.
 */
export function reachFrom({ url, address }: Sender, target: URL): Reach {
  const parsed = address === undefined ? undefined : parseIpAddress(address);
  if (parsed === undefined || isPublic(parsed)) return "public";
  return target.protocol === "https:" || target.hostname === url.hostname ? "anywhere" : "named";
}
