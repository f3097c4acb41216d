import { failure, type Result, success } from "../common/result.ts";

/** Where a server of ours listens. */
export interface Address {
  /** Empty: on all addresses, of both families where the machine has both. */
  readonly host: string;
  /** 0 for any free one. */
  readonly port: number;
}

/** Reads `[HOST]:PORT`. */
export function parseAddress(text: string): Result<Address, string> {
  const match = /^(?<host>\[[0-9a-fA-F:.]+\]|[^:]*):(?<port>[0-9]{1,5})$/.exec(text)?.groups;
  const port = Number(match?.port);
  if (match === undefined || port > 65_535) return failure("it must be [HOST]:PORT, for example :9440");
  return success({ host: (match.host ?? "").replace(/^\[|\]$/g, ""), port });
}

/** The same, or `0` for no server at all. */
export function parseAddressOrNone(text: string): Result<Address | false, string> {
  return text === "0" ? success(false) : parseAddress(text);
}
