import { createHmac } from "node:crypto";
import { describeMisplaced } from "../common/misplaced-material.ts";
import { failure, type Result, success } from "../common/result.ts";
import { keyType } from "./wire.ts";

/** A line of known_hosts (sshd(8), "SSH_KNOWN_HOSTS FILE FORMAT"). */
interface KnownHostsEntry {
  readonly marker: "@revoked" | "@cert-authority" | undefined;
  /** The names as the line has them: a list of patterns, or one hashed name. */
  readonly names: string;
  readonly key: Buffer;
}

export type KnownHosts = readonly KnownHostsEntry[];

/** What known_hosts contains about one host. */
export interface HostKeys {
  /** The name that was looked up. */
  readonly name: string;
  readonly trusted: readonly Buffer[];
  readonly revoked: readonly Buffer[];
  /** Whether a certificate authority is trusted for it. */
  readonly authority: boolean;
}

/** In bytes; two thousand hosts with three keys each need this much. */
export const MAX_KNOWN_HOSTS_BYTES = 512 * 1024;
const SSH_PORT = 22;

/** Why a known_hosts file cannot be used. */
export interface KnownHostsProblem {
  readonly why: string;
  /** The next step, if the cause allows specific advice. */
  readonly next?: string;
}

/** Leaves out lines that cannot be read, as OpenSSH does. A file without a single readable line is a mistake. */
export function parseKnownHosts(text: string): Result<KnownHosts, KnownHostsProblem> {
  if (text.length > MAX_KNOWN_HOSTS_BYTES) return failure({ why: `it is larger than ${MAX_KNOWN_HOSTS_BYTES} bytes` });
  const entries = text.split(/\r?\n/).flatMap((line) => parseLine(line) ?? []);
  if (entries.length > 0) return success(entries);
  const found = describeMisplaced(text, "knownHosts");
  if (found === undefined) return failure({ why: "it holds no line with a host and its key" });
  return failure({ why: `it is ${found.what}`, ...(found.next !== undefined && { next: found.next }) });
}

function parseLine(line: string): KnownHostsEntry | undefined {
  const fields = line.trim().split(/[ \t]+/);
  const first = fields[0] ?? "";
  if (first.startsWith("#")) return undefined;
  const marker = first === "@revoked" || first === "@cert-authority" ? first : undefined;
  // A marker of another kind would change the meaning of the line.
  if (first.startsWith("@") && marker === undefined) return undefined;
  const [names, type, base64] = marker === undefined ? fields : fields.slice(1);
  if (names === undefined || type === undefined || base64 === undefined) return undefined;
  if (!/^[A-Za-z0-9+/]+={0,2}$/.test(base64)) return undefined;
  const key = Buffer.from(base64, "base64");
  return keyType(key) === type ? { marker, names, key } : undefined;
}

/**
 * Finds the keys of a host as ssh does: under its name with the port if that is not 22, and if there are none, under
 * its name without the port.
 */
export function findHostKeys(knownHosts: KnownHosts, host: string, port: number): HostKeys {
  const bare = host.toLowerCase();
  if (port === SSH_PORT) return lookUp(knownHosts, bare);
  const found = lookUp(knownHosts, `[${bare}]:${port}`);
  if (found.trusted.length > 0) return found;
  const { trusted, revoked } = lookUp(knownHosts, bare);
  return { ...found, trusted, revoked: [...found.revoked, ...revoked] };
}

function lookUp(knownHosts: KnownHosts, name: string): HostKeys {
  const entries = knownHosts.filter(({ names }) => matches(names, name));
  const keys = (marker: KnownHostsEntry["marker"]) =>
    entries.filter((entry) => entry.marker === marker).map(({ key }) => key);
  return {
    name,
    trusted: keys(undefined),
    revoked: keys("@revoked"),
    authority: keys("@cert-authority").length > 0,
  };
}

function matches(names: string, name: string): boolean {
  if (names.startsWith("|")) return matchesHashed(names, name);
  const patterns = names.toLowerCase().split(",");
  // If a negated pattern matches, the line does not apply, whatever the other patterns are.
  if (patterns.some((pattern) => pattern.startsWith("!") && matchesGlob(pattern.slice(1), name))) return false;
  return patterns.some((pattern) => !pattern.startsWith("!") && matchesGlob(pattern, name));
}

/** `|1|SALT|HMAC-SHA1 of the name`, so that the file does not reveal its hosts. */
function matchesHashed(names: string, name: string): boolean {
  const [, version, salt, digest] = names.split("|");
  if (version !== "1" || salt === undefined || digest === undefined) return false;
  return createHmac("sha1", Buffer.from(salt, "base64")).update(name).digest("base64") === digest;
}

/**
 * `*` matches any characters, `?` matches one. It takes linear time per star; a regular expression could take far
 * longer.
 */
function matchesGlob(pattern: string, text: string): boolean {
  let [p, t] = [0, 0];
  let star: { readonly after: number; taken: number } | undefined;
  while (t < text.length) {
    if (pattern[p] === "*") {
      star = { after: ++p, taken: t };
    } else if (p < pattern.length && (pattern[p] === "?" || pattern[p] === text[t])) {
      p++;
      t++;
    } else if (star !== undefined) {
      p = star.after;
      t = ++star.taken;
    } else {
      return false;
    }
  }
  while (pattern[p] === "*") p++;
  return p === pattern.length;
}
