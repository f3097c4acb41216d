import type { Reach } from "../common/dial-guard.ts";
import { parseIpAddress } from "../common/ip-network.ts";
import { isPublic } from "../common/special-networks.ts";

/** A server that names another: its token service, or where it redirects. */
export interface Sender {
  readonly url: URL;
  /** Where it answered; undefined where that is not known. */
  readonly address: string | undefined;
}

/**
 * Where a server may send the program, so that nobody reaches into a private network through it. One on the Internet
 * names only addresses of the Internet. One in a private network may name others there over TLS, as GitLab does; without
 * TLS anything could answer in their place, so beside its own host it names only what the installation allows.
 */
export function reachFrom({ url, address }: Sender, target: URL): Reach {
  const parsed = address === undefined ? undefined : parseIpAddress(address);
  if (parsed === undefined || isPublic(parsed)) return "public";
  return target.protocol === "https:" || target.hostname === url.hostname ? "anywhere" : "named";
}
