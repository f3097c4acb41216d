import { advised, type Outcome } from "../api/failure.ts";
import { failure, success } from "../common/result.ts";
import { asObject, type JsonObject, parseObject } from "./json.ts";
import { type ImageReference, normalizeRegistry } from "./reference.ts";

/** What is sent to a registry, or to its token service. */
export type RegistryCredential =
  | { readonly kind: "basic"; readonly username: string; readonly password: string }
  /** Exchanged for an access token at the token service (OAuth2 refresh token). */
  | { readonly kind: "identityToken"; readonly token: string }
  /** Sent to the registry as it is. */
  | { readonly kind: "registryToken"; readonly token: string };

/** One entry of a Docker configuration file: a credential, and the images for which it is. */
export interface AuthEntry {
  /** The labels of the host, each of which may contain the wildcards `*` and `?`: `["*", "example", "com"]`. */
  readonly labels: readonly string[];
  readonly port: string;
  /** Leading components of the repository; empty if the entry is for the whole registry. */
  readonly path: readonly string[];
  readonly credential: Outcome<RegistryCredential>;
}

/** Every image is compared with every entry. A Secret has room for 40 000, with which each image took 5 ms. */
const MAX_ENTRIES = 256;

/** The content of a pull Secret, by its key: `.dockerconfigjson` or the older `.dockercfg`. */
export type PullSecretFiles = Readonly<Record<string, string>>;

/**
 * Reads the entries of a pull Secret. Fails with PullSecretInvalid; an entry that cannot be used fails only when an
 * image needs it.
 * @param secret the Secret's name, for messages
 */
export function parsePullSecret(secret: string, files: PullSecretFiles): Outcome<readonly AuthEntry[]> {
  const source = `The Secret ${secret}`;
  const modern = files[".dockerconfigjson"];
  const text = modern ?? files[".dockercfg"];
  const name = modern === undefined ? ".dockercfg" : ".dockerconfigjson";
  if (text === undefined) return invalid(source, "has neither the key .dockerconfigjson nor .dockercfg");
  const file = parseObject(text);
  if (file === undefined) return invalid(source, `does not contain a JSON object in ${name}`);
  const read = readAuths(source, modern === undefined ? { auths: file } : file);
  if (!read.ok) return read;
  const entries = [...read.value];
  if (modern === undefined) return success(entries);
  for (const key of Object.keys(asObject(file.credHelpers) ?? {})) {
    const pattern = parseKey(key);
    if (pattern !== undefined) entries.push({ ...pattern, credential: helperUnsupported(source, key) });
  }
  if (isText(file.credsStore) && entries.length === 0) return helperUnsupported(source, "every registry");
  return success(entries);
}

/**
 * Reads the entries that a Docker configuration file itself contains. Entries that refer to its `credsStore` are
 * failures.
 * @param source begins the messages
 */
export function readAuths(source: string, file: JsonObject): Outcome<readonly AuthEntry[]> {
  const auths = asObject(file.auths ?? {});
  if (auths === undefined) return invalid(source, "has under auths something other than an object");
  if (Object.keys(auths).length + Object.keys(asObject(file.credHelpers) ?? {}).length > MAX_ENTRIES) {
    return invalid(source, `has credentials for more than ${MAX_ENTRIES} registries`);
  }
  const hasStore = isText(file.credsStore);
  const entries: AuthEntry[] = [];
  for (const [key, value] of Object.entries(auths)) {
    const pattern = parseKey(key);
    const auth = asObject(value);
    if (pattern === undefined || auth === undefined) continue;
    const credential = readCredential(source, key, auth, hasStore);
    if (credential !== undefined) entries.push({ ...pattern, credential });
  }
  return success(entries);
}

/**
 * Finds the credential for an image: an exact host comes first, then a pattern; then the longest path; then the order
 * of the entries, as in Docker and kubelet. A path matches whole components. If undefined, access is anonymous.
 */
export function findCredential(
  entries: readonly AuthEntry[],
  reference: ImageReference,
): Outcome<RegistryCredential> | undefined {
  const { labels, port } = splitHost(normalizeRegistry(reference.domain));
  const path = reference.path.split("/");
  const matching = entries.filter(
    (entry) =>
      entry.port === port &&
      entry.labels.length === labels.length &&
      entry.labels.every((pattern, i) => matchesLabel(pattern, labels[i] ?? "")) &&
      entry.path.every((component, i) => component === path[i]),
  );
  // Array.sort is stable: equal entries keep their order.
  return matching.sort((a, b) => wildcards(a) - wildcards(b) || b.path.length - a.path.length)[0]?.credential;
}

/** Undefined for an empty entry, and for an empty user name with an empty password. */
function readCredential(
  source: string,
  key: string,
  auth: JsonObject,
  hasStore: boolean,
): Outcome<RegistryCredential> | undefined {
  if (isText(auth.identitytoken)) return success({ kind: "identityToken", token: auth.identitytoken });
  if (isText(auth.registrytoken)) {
    // The token is copied to a header.
    if (/^[\x21-\x7e]+$/.test(auth.registrytoken)) return success({ kind: "registryToken", token: auth.registrytoken });
    return endsWithLineBreak(auth.registrytoken)
      ? invalid(source, `has for ${key} a registry token that ends with a line break; remove it`)
      : invalid(source, `has for ${key} a registry token with characters that no token contains`);
  }
  if (isText(auth.auth)) {
    const decoded = Buffer.from(auth.auth, "base64").toString("utf8");
    const colon = decoded.indexOf(":");
    // Docker pads the password with NUL characters in old files.
    const password = decoded.slice(colon + 1).replace(/\0+$/, "");
    // Some tools write an empty pair for a public registry; Docker and kubelet then use anonymous access.
    if (colon === 0 && password.trim() === "") return undefined;
    return colon > 0
      ? success({ kind: "basic", username: decoded.slice(0, colon), password })
      : invalid(source, `does not have USER:PASSWORD in base64 under auth for ${key}`);
  }
  if (isText(auth.username) && isText(auth.password)) {
    return success({ kind: "basic", username: auth.username, password: auth.password });
  }
  if (hasStore) return helperUnsupported(source, key);
  if (!isText(auth.username) && !isText(auth.password)) return undefined;
  return invalid(source, `has for ${key} only one of user name and password`);
}

/**
 * Parses `https://index.docker.io/v1/`, `registry.example.com:5000/team` or `*.example.com`. Undefined if there is no
 * valid host.
 */
function parseKey(key: string): Pick<AuthEntry, "labels" | "port" | "path"> | undefined {
  const [host, ...components] = key.replace(/^https?:\/\//i, "").split("/");
  if (host === undefined || host === "") return undefined;
  // Old clients put the API's version after the host; such a key means only the host.
  const rest = components[0] === "v1" || components[0] === "v2" ? components.slice(1) : components;
  return { ...splitHost(normalizeRegistry(host)), path: rest.filter((component) => component !== "") };
}

function splitHost(host: string): Pick<AuthEntry, "labels" | "port"> {
  const colon = /:\d+$/.exec(host)?.index ?? host.length;
  return { labels: host.slice(0, colon).split("."), port: host.slice(colon) };
}

/**
 * Matches `*` and `?` within one label of a host name. It takes linear time, because it goes back only to the last `*`.
 */
function matchesLabel(pattern: string, label: string): boolean {
  let [p, l, star, mark] = [0, 0, -1, 0];
  while (l < label.length) {
    if (pattern[p] === "*") {
      star = p++;
      mark = l;
    } else if (p < pattern.length && (pattern[p] === "?" || pattern[p] === label[l])) {
      p++;
      l++;
    } else if (star >= 0) {
      p = star + 1;
      l = ++mark;
    } else {
      return false;
    }
  }
  return /^\**$/.test(pattern.slice(p));
}

function wildcards(entry: AuthEntry): number {
  return entry.labels.filter((label) => /[*?]/.test(label)).length;
}

function invalid(source: string, problem: string): Outcome<never> {
  return failure(advised("PullSecretInvalid", `${source} ${problem}`));
}

function helperUnsupported(source: string, key: string): Outcome<never> {
  const problem = `${source} leaves the credentials for ${key} to a helper program, which is not available here`;
  return failure(advised("CredentialHelperUnsupported", problem));
}

/** The shell's `echo` adds this to a password. Registries then refuse it without saying why. */
export function lineBreakIn(credential: RegistryCredential): string | undefined {
  const parts =
    credential.kind === "basic"
      ? { "user name": credential.username, password: credential.password }
      : { token: credential.token };
  return Object.entries(parts).find(([, text]) => endsWithLineBreak(text))?.[0];
}

function endsWithLineBreak(text: string): boolean {
  return /[\r\n]$/.test(text);
}

function isText(value: unknown): value is string {
  return typeof value === "string" && value !== "";
}
