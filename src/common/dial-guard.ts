import { lookup as systemLookup } from "node:dns";
import type { Agent } from "node:http";
import { connect, isIP, type LookupFunction, Socket, type TcpNetConnectOpts } from "node:net";
import { contains, formatIpNetwork, type IpNetwork, parseIpAddress } from "./ip-network.ts";
import { imagesOf, isPublic, LOOPBACK, METADATA } from "./special-networks.ts";

/** Raised instead of a connection to an address that the operator of the controller does not allow. */
export class DialDenied extends Error {
  override readonly name = "DialDenied";
  readonly code = "DOCKERHOST_DIAL_DENIED";
  readonly address: string;
  /** The network of the rule that denies it, or the address where no rule names it. */
  readonly network: string;

  constructor(address: string, network: string, why = `${network} is denied`) {
    super(`connections to ${address} are not allowed (${why})`);
    this.address = address;
    this.network = network;
  }
}

/**
 * To where another server may send the program: `anywhere` that the rules allow, only to addresses of the Internet, or to
 * these and to what a rule names as allowed.
 */
export type Reach = "anywhere" | "public" | "named";

/** Judges every address that is about to be dialled, also those that a name resolves to. */
export interface DialGuard {
  /** Why an IPv4 or IPv6 address, as it is dialled, must not be; undefined where it may. */
  denial(address: string): DialDenied | undefined;
  /** Resolves a name to the addresses that may be dialled; fails with DialDenied when there are none. */
  readonly lookup: LookupFunction;
  /** The same guard for an address that a server named. */
  narrowed(reach: Reach): DialGuard;
}

export interface DialRules {
  readonly denied: readonly IpNetwork[];
  readonly allowed: readonly IpNetwork[];
  /** Whether this machine's own addresses may be dialled where no other rule names them. */
  readonly loopback: boolean;
  /** Denied from the start, beside what always is: what the program knows of its own surroundings. */
  readonly surroundings?: readonly IpNetwork[];
  /** Whether everything that may be dialled counts as named by a rule. */
  readonly namesAll?: boolean;
  /** Resolves names instead of the system's resolver. */
  readonly resolve?: LookupFunction;
}

interface Rule {
  readonly network: IpNetwork;
  readonly allows: boolean;
  /** The network that was named, of which `network` may be an image. */
  readonly named: IpNetwork;
}

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
  const guard: DialGuard = { denial: () => undefined, lookup: resolve, narrowed: () => guard };
  return guard;
}

/**
 * The most specific rule decides, and of equally specific ones that which denies; what no rule names is allowed.
 * Link-local addresses and the metadata services of clouds are denied, without `loopback` loopback too, unless a rule at
 * least as specific allows them.
 */
export function createDialGuard(rules: DialRules): DialGuard {
  const { denied, allowed, loopback, surroundings = [], namesAll = false, resolve = systemLookup } = rules;
  // Sorting keeps the order of what is equally specific.
  const sorted = [
    ...denied.flatMap((network) => rulesFor(network, false)),
    ...allowed.flatMap((network) => rulesFor(network, true)),
    ...[...METADATA, ...surroundings, ...(loopback ? [] : LOOPBACK)].flatMap((network) => rulesFor(network, false)),
  ].sort((a, b) => b.network.length - a.network.length);
  const guards: Readonly<Record<Reach, DialGuard>> = {
    anywhere: guardBy((address) => judge(address, sorted, "anywhere")),
    public: guardBy((address) => judge(address, sorted, "public")),
    named: guardBy((address) => judge(address, sorted, namesAll ? "anywhere" : "named")),
  };
  function guardBy(denial: DialGuard["denial"]): DialGuard {
    return { denial, lookup: filterAnswers(resolve, denial), narrowed: (reach) => guards[reach] };
  }
  return guards.anywhere;
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

function rulesFor(named: IpNetwork, allows: boolean): readonly Rule[] {
  return imagesOf(named).map((network) => ({ network, allows, named }));
}

function judge(text: string, rules: readonly Rule[], reach: Reach): DialDenied | undefined {
  const address = parseIpAddress(text);
  // What cannot be read cannot be judged.
  if (address === undefined) return new DialDenied("an address that is malformed", "everything malformed");
  const dialled = (address.value === 0n ? parseIpAddress(ANY_ADDRESS[address.family]) : address) ?? address;
  const rule = rules.find(({ network }) => contains(network, dialled));
  if (rule?.allows === false) return new DialDenied(text, formatIpNetwork(rule.named));
  if (reach === "anywhere" || isPublic(dialled)) return undefined;
  if (reach === "public")
    return new DialDenied(text, text, "a server on the Internet must not lead to a private address");
  if (rule === undefined) {
    return new DialDenied(text, text, "an unencrypted server must not lead to a private address that no flag allows");
  }
  return undefined;
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
