import { contains, type IpAddress, type IpNetwork, parseIpNetwork } from "./ip-network.ts";

const networks = (...texts: readonly string[]): readonly IpNetwork[] =>
  texts.flatMap((text) => {
    const parsed = parseIpNetwork(text);
    return parsed.ok ? [parsed.value] : [];
  });

/** Link-local addresses, and all others at which a cloud gives the machine's credentials to anyone who asks. */
export const METADATA = networks(
  "169.254.0.0/16",
  "fe80::/10",
  // The deprecated IPv4-compatible form of the first network.
  "::169.254.0.0/112",
  // Alibaba Cloud.
  "100.100.100.200",
  // Azure's platform address.
  "168.63.129.16",
  // Oracle Cloud.
  "192.0.0.192",
  // Google Cloud over IPv6.
  "fd20:ce::254",
  // Amazon's metadata and pod identity over IPv6.
  "fd00:ec2::254",
  "fd00:ec2::23",
  // NAT64 inside a network (RFC 8215): only that network knows which part of an address is the IPv4 address.
  "64:ff9b:1::/48",
);

export const LOOPBACK = networks("127.0.0.0/8", "::1");

/** Networks that are not reachable over the Internet, according to IANA's registries of special-purpose addresses. */
const PRIVATE_IPV4 = networks(
  "0.0.0.0/8",
  "10.0.0.0/8",
  "100.64.0.0/10",
  "127.0.0.0/8",
  "168.63.129.16",
  "169.254.0.0/16",
  "172.16.0.0/12",
  "192.0.0.0/24",
  "192.168.0.0/16",
  "198.18.0.0/15",
  "224.0.0.0/3",
);

/** The network that contains all IPv6 addresses of the Internet. */
const GLOBAL_IPV6 = networks("2000::/3");
/** The exceptions: addresses of protocols, including Teredo. 6to4 is classified by its IPv4 address instead. */
const PRIVATE_IPV6 = networks("2001::/23");

/** The IPv6 networks that embed IPv4 addresses, and the number of bits after the IPv4 address. */
const EMBEDDING: readonly { readonly network: IpNetwork; readonly after: number }[] = [
  // NAT64 (RFC 6052), 6to4 (RFC 3056) and IPv4-translated addresses (RFC 2765).
  ...[
    ["64:ff9b::/96", 0],
    ["2002::/16", 80],
    ["::ffff:0:0:0/96", 0],
  ].flatMap(([text, after]) => networks(String(text)).map((network) => ({ network, after: Number(after) }))),
];

/** Returns a network and, for an IPv4 network, also the IPv6 networks whose packets can reach it. */
export function imagesOf(named: IpNetwork): readonly IpNetwork[] {
  if (named.family === 6) return [named];
  const embedded = EMBEDDING.map(({ network, after }) => ({
    family: 6 as const,
    value: network.value | (named.value << BigInt(after)),
    length: network.length + named.length,
  }));
  return [named, ...embedded];
}

/** Whether an address belongs to the Internet. All others are private to some network. */
export function isPublic(address: IpAddress): boolean {
  if (address.family === 4) return !PRIVATE_IPV4.some((network) => contains(network, address));
  const embedding = EMBEDDING.find(({ network }) => contains(network, address));
  if (embedding !== undefined) {
    return isPublic({ family: 4, value: (address.value >> BigInt(embedding.after)) & 0xffff_ffffn });
  }
  const isGlobal = GLOBAL_IPV6.some((network) => contains(network, address));
  return isGlobal && !PRIVATE_IPV6.some((network) => contains(network, address));
}
