import { failure, type Result, success } from "../common/result.ts";

/** The address on which one of the program's own servers listens. */
export interface Address {
  /** An empty text means all addresses, IPv4 and IPv6 where the machine has both. */
  readonly host: string;
  /** 0 lets the system choose a free port. */
  readonly port: number;
}

/** Reads `[HOST]:PORT`. */
export function parseAddress(text: string): Result<Address, string> {
  const match = /^(?<host>\[[0-9a-fA-F:.]+\]|[^:]*):(?<port>[0-9]{1,5})$/.exec(text)?.groups;
  const port = Number(match?.port);
  if (match === undefined || port > 65_535) return failure("it must be [HOST]:PORT, for example :9440");
  return success({ host: (match.host ?? "").replace(/^\[|\]$/g, ""), port });
}

/** Reads `[HOST]:PORT`, or `0`, which means that there is no server. */
export function parseAddressOrNone(text: string): Result<Address | false, string> {
  return text === "0" ? success(false) : parseAddress(text);
}
