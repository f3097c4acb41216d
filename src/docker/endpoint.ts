import { isIP } from "node:net";
import { failed, type Outcome } from "../api/failure.ts";
import { success } from "../common/result.ts";
import { truncate } from "../common/truncate.ts";

/** Where a daemon listens, in canonical form. */
export type Endpoint =
  | { readonly kind: "unix"; readonly path: string }
  | {
      readonly kind: "tcp";
      /** `https` is TLS; `tcp` and `http` are plaintext. */
      readonly scheme: "tcp" | "http" | "https";
      /** A name or an address; IPv6 addresses have no brackets. */
      readonly host: string;
      readonly port: number;
      /** Empty, or begins with a slash and does not end with one. It comes in front of the path of every request. */
      readonly pathPrefix: string;
    }
  | {
      readonly kind: "ssh";
      readonly user: string;
      /** A name or an address; IPv6 addresses have no brackets. */
      readonly host: string;
      readonly port: number;
      /** The daemon's socket on the host. */
      readonly socketPath: string;
    };

export const DEFAULT_SOCKET = "/var/run/docker.sock";
export const TLS_PORT = 2376;
const PLAINTEXT_PORT = 2375;
const SSH_PORT = 22;

/** The maximum length of a Unix socket's path, in bytes. */
const MAX_SOCKET_PATH = 107;

export const ACCEPTED_FORMS =
  "use unix:///PATH, tcp://HOST[:PORT], http://HOST[:PORT], https://HOST[:PORT] or ssh://USER@HOST[:PORT][/PATH.sock] (an IPv6 address in brackets)";

const AUTHORITY =
  /^(?:\[(?<v6>[0-9a-fA-F:.]+)\]|(?<name>[a-zA-Z0-9_](?:[a-zA-Z0-9_.-]*[a-zA-Z0-9_])?\.?))(?::(?<port>[0-9]{1,5}))?$/;

/**
 * Normalizes as documented: the scheme decides, and `verify` turns tcp:// into https://. A missing host means the local
 * socket; a missing port means 2376 with TLS and 2375 without. Never throws.
 */
export function parseEndpoint(text: string | undefined, verify: boolean): Outcome<Endpoint> {
  const host = text === undefined || text === "" ? `unix://${DEFAULT_SOCKET}` : text;
  const parts = /^(?<scheme>[a-z][a-z0-9+.-]*):\/\/(?<rest>.*)$/is.exec(host)?.groups;
  const [scheme, rest] = [parts?.scheme?.toLowerCase(), parts?.rest ?? ""];
  switch (scheme) {
    case "unix":
      return parseSocket(host, rest);
    case "tcp":
      return parseAddress(host, verify ? "https" : "tcp", rest);
    case "http":
    case "https":
      return parseAddress(host, scheme, rest);
    case "ssh":
      return parseSsh(host, rest);
    case undefined:
      return invalid(host, "it has no scheme");
    default:
      return invalid(host, `the scheme '${shorten(scheme)}://' is not supported`);
  }
}

/** The endpoint as a URL with its port, as status.endpoint shows it. */
export function formatEndpoint(endpoint: Endpoint): string {
  if (endpoint.kind === "unix") return `unix://${endpoint.path}`;
  const host = isIP(endpoint.host) === 6 ? `[${endpoint.host}]` : endpoint.host;
  if (endpoint.kind === "ssh") {
    return `ssh://${encodeUser(endpoint.user)}@${host}:${endpoint.port}${endpoint.socketPath === DEFAULT_SOCKET ? "" : endpoint.socketPath}`;
  }
  return `${endpoint.scheme}://${host}:${endpoint.port}${endpoint.pathPrefix}`;
}

export function usesTls(endpoint: Endpoint): boolean {
  return endpoint.kind === "tcp" && endpoint.scheme === "https";
}

function parseSocket(host: string, rest: string): Outcome<Endpoint> {
  const path = rest === "" ? DEFAULT_SOCKET : rest;
  const problem = socketPathProblem(path);
  return problem === undefined ? success({ kind: "unix", path }) : invalid(host, problem);
}

function socketPathProblem(path: string): string | undefined {
  if (!path.startsWith("/")) return "the path of a socket must be absolute";
  if (/[?#\s\p{Cc}]/u.test(path)) return "the path of a socket must not contain '?', '#' or white space";
  if (Buffer.byteLength(path) > MAX_SOCKET_PATH) {
    return `the path of a socket must not be longer than ${MAX_SOCKET_PATH} bytes`;
  }
  return undefined;
}

/**
 * Finds the user as Docker does: everything in front of the last `@`, percent-encoded where necessary. The backslash of
 * a Windows domain need not be encoded, although Docker requires that.
 */
const SSH_USER = /^(?!-)(?:[a-zA-Z0-9_~!$&-.;=@\\]|%[0-9a-fA-F]{2})+$/;
/** The limit for a decoded user, in bytes. */
const MAX_SSH_USER = 256;

function parseSsh(host: string, rest: string): Outcome<Endpoint> {
  const slash = rest.indexOf("/");
  const authority = slash < 0 ? rest : rest.slice(0, slash);
  const at = authority.lastIndexOf("@");
  const user = decodeUser(authority.slice(0, Math.max(at, 0)));
  if (user === undefined) {
    return invalid(
      host,
      "it must name a user without a password, such as ssh://docker@edge-7 (special characters percent-encoded, such as %5C)",
    );
  }
  const address = splitAddress(rest.slice(at + 1), SSH_PORT);
  if (typeof address === "string") return invalid(host, address);
  const socketPath = address.path === "" || address.path === "/" ? DEFAULT_SOCKET : address.path;
  const problem = socketPathProblem(socketPath);
  if (problem !== undefined) return invalid(host, problem);
  return success({ kind: "ssh", user, host: address.name, port: address.port, socketPath });
}

function decodeUser(encoded: string): string | undefined {
  if (!SSH_USER.test(encoded)) return undefined;
  try {
    const user = decodeURIComponent(encoded);
    const usable = !/^-|[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/u.test(user) && Buffer.byteLength(user) <= MAX_SSH_USER;
    return usable ? user : undefined;
  } catch {
    // The encoded bytes are not UTF-8.
    return undefined;
  }
}

function encodeUser(user: string): string {
  return encodeURIComponent(user).replace(/%(?:24|26|2B|2C|3B|3D)/g, decodeURIComponent);
}

function parseAddress(host: string, scheme: "tcp" | "http" | "https", rest: string): Outcome<Endpoint> {
  if (rest.includes("@")) return invalid(host, "it must not contain a user or password");
  if (/^[^/]*,/.test(rest)) return invalid(host, "it names several addresses, but a host is one daemon");
  const address = splitAddress(rest, scheme === "https" ? TLS_PORT : PLAINTEXT_PORT);
  if (typeof address === "string") return invalid(host, address);
  const pathPrefix = address.path.replace(/\/+$/, "");
  return success({ kind: "tcp", scheme, host: address.name, port: address.port, pathPrefix });
}

/** The parts of `HOST[:PORT][/PATH]`, or what is wrong with them. */
function splitAddress(text: string, defaultPort: number): { name: string; port: number; path: string } | string {
  // The path becomes part of the request line without any encoding.
  if (/[^\x21-\x7e]|[?#]/.test(text)) {
    return "it must not contain a query, a fragment, white space or characters outside of ASCII";
  }
  const slash = text.indexOf("/");
  const authority = AUTHORITY.exec(slash < 0 ? text : text.slice(0, slash))?.groups;
  if (authority === undefined) return "the host or port is malformed";
  if (authority.v6 !== undefined && isIP(authority.v6) !== 6) return "the IPv6 address is malformed";
  const port = authority.port === undefined ? defaultPort : Number(authority.port);
  if (port < 1 || port > 65_535) return "the port must be from 1 to 65535";
  return { name: authority.v6 ?? authority.name ?? "", port, path: slash < 0 ? "" : text.slice(slash) };
}

function invalid(host: string, why: string) {
  return failed(
    "InvalidEndpoint",
    `The host '${shorten(withoutUser(host))}' cannot be used: ${why}; ${ACCEPTED_FORMS}`,
  );
}

/** There may be a password in front of the `@`, even if the scheme is missing or unknown. */
function withoutUser(host: string): string {
  return host.replace(/^([^/@]*:\/\/)?.*@/s, "$1...@");
}

function shorten(text: string): string {
  // Control characters would break the line of a message.
  return truncate(text.replace(/[^\x20-\x7e]/g, "?"), 120);
}
