import { lookup as systemLookup } from "node:dns";
import type { Agent } from "node:http";
import { connect, isIP, type LookupFunction, Socket, type TcpNetConnectOpts } from "node:net";
import { contains, formatIpNetwork, type IpNetwork, parseIpAddress } from "./ip-network.ts";

/** Raised instead of a connection to an address that the operator of the controller does not allow. */
export class DialDenied extends Error {
  override readonly name = "DialDenied";
  readonly code = "DOCKERHOST_DIAL_DENIED";
  readonly address: string;
  /** The network of the rule that denies it. */
  readonly network: string;

  constructor(address: string, network: string) {
    super(`connections to ${address} are not allowed (${network} is denied)`);
    this.address = address;
    this.network = network;
  }
}

/** Judges every address that is about to be dialled, also those that a name resolves to. */
export interface DialGuard {
  /** Why an IPv4 or IPv6 address, as it is dialled, must not be; undefined where it may. */
  denial(address: string): DialDenied | undefined;
  /** Resolves a name to the addresses that may be dialled; fails with DialDenied when there are none. */
  readonly lookup: LookupFunction;
}

export interface DialRules {
  readonly denied: readonly IpNetwork[];
  readonly allowed: readonly IpNetwork[];
  /** Whether this machine's own addresses may be dialled where no other rule names them. */
  readonly loopback: boolean;
  /** Resolves names instead of the system's resolver. */
  readonly resolve?: LookupFunction;
}

interface Rule {
  readonly network: IpNetwork;
  readonly allows: boolean;
  /** The network that was named, of which `network` may be an image. */
  readonly named: IpNetwork;
}

/** Metadata services of clouds answer here, and give the machine's credentials to whoever asks. */
const LINK_LOCAL: readonly IpNetwork[] = [
  { family: 4, value: 0xa9fe_0000n, length: 16 },
  { family: 6, value: 0xfe80n << 112n, length: 10 },
  // fd00:ec2::254, where Amazon's answers over IPv6.
  { family: 6, value: (0xfd00_0ec2n << 96n) | 0x254n, length: 128 },
];

const LOOPBACK: readonly IpNetwork[] = [
  { family: 4, value: 0x7f00_0000n, length: 8 },
  { family: 6, value: 1n, length: 128 },
];

/**
 * How long one of a name's several addresses may take before the next is tried; the last has all the time there is.
 * Node's own quarter of a second fails hosts behind slow links, and whoever loses a packet of the first handshake,
 * which is sent again after a second. Milliseconds.
 */
const ATTEMPT_TIMEOUT_MS = 2_000;

/** Linux dials its own loopback for "any" address. */
const ANY_ADDRESS = { 4: "127.0.0.1", 6: "::1" } as const;

/** Every address may be dialled: for tests, and for what reaches only servers of its own. */
export function openGuard(resolve: LookupFunction = systemLookup): DialGuard {
  return { denial: () => undefined, lookup: resolve };
}

/**
 * The most specific rule decides, and of equally specific ones that which denies; what no rule names is allowed.
 * Link-local addresses are denied, and without `loopback` those too, unless a rule at least as specific allows them.
 */
export function createDialGuard({ denied, allowed, loopback, resolve = systemLookup }: DialRules): DialGuard {
  // Sorting keeps the order of what is equally specific.
  const rules = [
    ...denied.flatMap((network) => rulesFor(network, false)),
    ...allowed.flatMap((network) => rulesFor(network, true)),
    ...[...LINK_LOCAL, ...(loopback ? [] : LOOPBACK)].flatMap((network) => rulesFor(network, false)),
  ].sort((a, b) => b.network.length - a.network.length);
  const denial = (address: string) => judge(address, rules);
  return { denial, lookup: filterAnswers(resolve, denial) };
}

/** A TCP connection behind the guard. An address that is denied fails as a refused one does: by an error event. */
export function guardedConnect(options: TcpNetConnectOpts, guard: DialGuard): Socket {
  const denied = literalDenial(options.host, guard);
  if (denied !== undefined) return new Socket().destroy(denied);
  return connect({ ...options, ...dialOptions(guard) });
}

/** Puts the guard before every connection of an agent. Sockets of the file system are no addresses. */
export function guardAgent<A extends Agent>(agent: A, guard: DialGuard): A {
  const createConnection = agent.createConnection.bind(agent);
  agent.createConnection = (options, callback) => {
    const denied = options.path ? undefined : literalDenial(options.host ?? undefined, guard);
    if (denied === undefined) return createConnection({ ...options, ...dialOptions(guard) }, callback);
    // A destroyed socket would emit its error before the request listens.
    callback?.(denied, new Socket().destroy());
    return undefined;
  };
  return agent;
}

function dialOptions({ lookup }: DialGuard) {
  return { lookup, autoSelectFamilyAttemptTimeout: ATTEMPT_TIMEOUT_MS };
}

/** Node looks up names alone: an address is dialled as it stands. */
function literalDenial(host: string | undefined, guard: DialGuard): DialDenied | undefined {
  return host !== undefined && isIP(host) !== 0 ? guard.denial(host) : undefined;
}

/** A network, and where it is of IPv4 also the IPv6 networks whose packets end in it: NAT64 (RFC 6052) and 6to4 (RFC 3056). */
function rulesFor(named: IpNetwork, allows: boolean): readonly Rule[] {
  const images: IpNetwork[] = [named];
  if (named.family === 4) {
    images.push({ family: 6, value: (0x64_ff9bn << 96n) | named.value, length: 96 + named.length });
    images.push({ family: 6, value: (0x2002n << 112n) | (named.value << 80n), length: 16 + named.length });
  }
  return images.map((network) => ({ network, allows, named }));
}

function judge(text: string, rules: readonly Rule[]): DialDenied | undefined {
  const address = parseIpAddress(text);
  // What cannot be read cannot be judged.
  if (address === undefined) return new DialDenied("an address that is malformed", "everything malformed");
  const dialled = address.value === 0n ? parseIpAddress(ANY_ADDRESS[address.family]) : address;
  const rule = rules.find(({ network }) => dialled !== undefined && contains(network, dialled));
  return rule === undefined || rule.allows ? undefined : new DialDenied(text, formatIpNetwork(rule.named));
}

/** What is judged here is what is dialled: the name is not resolved again in between. */
function filterAnswers(resolve: LookupFunction, denial: DialGuard["denial"]): LookupFunction {
  return (hostname, options, callback) => {
    resolve(hostname, { ...options, all: true }, (error, found, family) => {
      if (error) return callback(error, "", 0);
      const answers = typeof found === "string" ? [{ address: found, family: family ?? isIP(found) }] : found;
      const dialable = answers.filter(({ address }) => denial(address) === undefined);
      const [first] = dialable;
      if (first !== undefined) {
        return options.all ? callback(null, dialable) : callback(null, first.address, first.family);
      }
      // The same one whatever the order of the answers, so that the message stays the same.
      const [refused] = answers.map(({ address }) => address).sort();
      const denied = refused === undefined ? undefined : denial(refused);
      return callback(denied ?? Object.assign(new Error(`${hostname} has no address`), { code: "ENOTFOUND" }), "", 0);
    });
  };
}
