import { lookup as systemLookup } from "node:dns";
import type { Agent } from "node:http";
import { connect, isIP, type LookupFunction, Socket, type TcpNetConnectOpts } from "node:net";
import { contains, formatIpNetwork, type IpNetwork, parseIpAddress } from "./ip-network.ts";
import { imagesOf, isPublic, LOOPBACK, METADATA } from "./special-networks.ts";

/** Thrown instead of opening a connection to an address that the connection policy does not allow. */
export class DialDenied extends Error {
  override readonly name = "DialDenied";
  readonly code = "DOCKERHOST_DIAL_DENIED";
  readonly address: string;
  /** The network of the rule that denies the address, or the address if no rule names it. */
  readonly network: string;

  constructor(address: string, network: string, why = `${network} is denied`) {
    super(`connections to ${address} are not allowed (${why})`);
    this.address = address;
    this.network = network;
  }
}

/**
 * The addresses to which another server may direct the program: `anywhere` that the ranges allow, only `public`
 * addresses of the Internet, or these and the addresses `named` by a rule that allows them.
 */
export type Reach = "anywhere" | "public" | "named";

/** Checks every address that is about to be dialled, including those to which a name resolves. */
export interface DialGuard {
  /** Says why an IPv4 or IPv6 address must not be dialled; undefined if it may. */
  denial(address: string): DialDenied | undefined;
  /** Resolves a name to the addresses that may be dialled. Fails with DialDenied if there are none. */
  readonly lookup: LookupFunction;
  /** Returns a stricter guard for an address that a server named. */
  narrowed(reach: Reach): DialGuard;
}

export interface DialPolicy {
  readonly denied: readonly IpNetwork[];
  readonly allowed: readonly IpNetwork[];
  /** Whether this machine's own addresses may be dialled if no other rule names them. */
  readonly loopback: boolean;
  /** The networks around the program, which are denied in addition to those that always are. */
  readonly surroundings?: readonly IpNetwork[];
  /** Whether every allowed address counts as named by a rule. */
  readonly namesAll?: boolean;
  /** Replaces the system's resolver. */
  readonly resolve?: LookupFunction;
}

interface AddressRange {
  readonly network: IpNetwork;
  readonly allows: boolean;
  /** The network as configured, from which `network` may be derived. */
  readonly named: IpNetwork;
}

/**
 * How many milliseconds an address of a name may take before the next one is tried. The last one may take all the
 * remaining time. Node's own default of a quarter of a second fails for hosts behind slow links, and if a packet of the
 * first handshake is lost, which is sent again after a second.
 */
const ATTEMPT_TIMEOUT_MS = 2_000;

/** Linux dials its loopback address in place of the "any" address. */
const ANY_ADDRESS = { 4: "127.0.0.1", 6: "::1" } as const;

/** Returns a guard that allows every address, for tests and for code that only reaches its own servers. */
export function openGuard(resolve: LookupFunction = systemLookup): DialGuard {
  const guard: DialGuard = { denial: () => undefined, lookup: resolve, narrowed: () => guard };
  return guard;
}

/**
 * The most specific rule decides. At equal length, deny wins, and addresses that no rule names are allowed. Link-local
 * addresses and the metadata services of clouds are denied, and so is loopback without `loopback`, unless a rule that
 * is at least as specific allows them.
 */
export function createDialGuard(ranges: DialPolicy): DialGuard {
  const { denied, allowed, loopback, surroundings = [], namesAll = false, resolve = systemLookup } = ranges;
  // Sorting is stable, so ranges of equal length keep this order.
  const sorted = [
    ...denied.flatMap((network) => rangesFor(network, false)),
    ...allowed.flatMap((network) => rangesFor(network, true)),
    ...[...METADATA, ...surroundings, ...(loopback ? [] : LOOPBACK)].flatMap((network) => rangesFor(network, false)),
  ].sort((a, b) => b.network.length - a.network.length);
  const guards: Readonly<Record<Reach, DialGuard>> = {
    anywhere: guardBy((address) => denialOf(address, sorted, "anywhere")),
    public: guardBy((address) => denialOf(address, sorted, "public")),
    named: guardBy((address) => denialOf(address, sorted, namesAll ? "anywhere" : "named")),
  };
  function guardBy(denial: DialGuard["denial"]): DialGuard {
    return { denial, lookup: filterAnswers(resolve, denial), narrowed: (reach) => guards[reach] };
  }
  return guards.anywhere;
}

/** Opens a TCP connection through the guard. A denied address fails like a refused connection, with an error event. */
export function guardedConnect(options: TcpNetConnectOpts, guard: DialGuard): Socket {
  const denied = literalDenial(options.host, guard);
  if (denied !== undefined) return new Socket().destroy(denied);
  return connect({ ...options, ...dialOptions(guard) });
}

/** Makes an agent check every connection with the guard, except those to sockets in the file system. */
export function guardAgent<A extends Agent>(agent: A, guard: DialGuard): A {
  const createConnection = agent.createConnection.bind(agent);
  agent.createConnection = (options, callback) => {
    const denied = options.path ? undefined : literalDenial(options.host ?? undefined, guard);
    if (denied === undefined) return createConnection({ ...options, ...dialOptions(guard) }, callback);
    // Report the error here: a destroyed socket would emit it before the request listens.
    callback?.(denied, new Socket().destroy());
    return undefined;
  };
  return agent;
}

function dialOptions({ lookup }: DialGuard) {
  return { lookup, autoSelectFamilyAttemptTimeout: ATTEMPT_TIMEOUT_MS };
}

/** Checks a literal address, which Node dials without a lookup. */
function literalDenial(host: string | undefined, guard: DialGuard): DialDenied | undefined {
  return host !== undefined && isIP(host) !== 0 ? guard.denial(host) : undefined;
}

function rangesFor(named: IpNetwork, allows: boolean): readonly AddressRange[] {
  return imagesOf(named).map((network) => ({ network, allows, named }));
}

function denialOf(text: string, ranges: readonly AddressRange[], reach: Reach): DialDenied | undefined {
  const address = parseIpAddress(text);
  // An address that cannot be parsed cannot be checked, so it is denied.
  if (address === undefined) return new DialDenied("an address that is malformed", "everything malformed");
  const dialled = (address.value === 0n ? parseIpAddress(ANY_ADDRESS[address.family]) : address) ?? address;
  const rule = ranges.find(({ network }) => contains(network, dialled));
  if (rule?.allows === false) return new DialDenied(text, formatIpNetwork(rule.named));
  if (reach === "anywhere" || isPublic(dialled)) return undefined;
  if (reach === "public")
    return new DialDenied(text, text, "a server on the Internet must not lead to a private address");
  if (rule === undefined) {
    return new DialDenied(text, text, "an unencrypted server must not lead to a private address that no flag allows");
  }
  return undefined;
}

/**
 * Filters the answers of a resolver. The checked addresses are those that are dialled, since the name is not resolved
 * again.
 */
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
      // Pick an address independently of the order of the answers, so that the message stays the same.
      const [refused] = answers.map(({ address }) => address).sort();
      const denied = refused === undefined ? undefined : denial(refused);
      return callback(denied ?? Object.assign(new Error(`${hostname} has no address`), { code: "ENOTFOUND" }), "", 0);
    });
  };
}
