import { advised, type Outcome } from "../api/failure.ts";
import { failure, success } from "../common/result.ts";
import { truncate } from "../common/truncate.ts";

/** An image's name, normalized as in Docker: `nginx` is `docker.io/library/nginx`. */
export interface ImageReference {
  /** The registry as in image names, with its port: `docker.io`, `registry.example.com:5000`. */
  readonly domain: string;
  /** The repository within the registry: `library/nginx`. */
  readonly path: string;
  /** As written; `tagOf` knows the default. */
  readonly tag?: string;
  /** `algorithm:hex`; an image with a digest in its name is pinned. */
  readonly digest?: string;
}

export const DOCKER_HUB = "docker.io";
/** The names of Docker Hub in image names and as keys of credentials. */
const DOCKER_HUB_NAMES: ReadonlySet<string> = new Set([DOCKER_HUB, "index.docker.io", "registry-1.docker.io"]);
const OFFICIAL_PREFIX = "library/";
const DEFAULT_TAG = "latest";

const MAX_LENGTH = 1024;
const MAX_PATH_LENGTH = 255;

// The published grammar (distribution/reference). Each alternative starts with another character, so matching takes
// linear time.
const LABEL = "[a-zA-Z0-9](?:[a-zA-Z0-9-]*[a-zA-Z0-9])?";
const DOMAIN = `(?:${LABEL}(?:\\.${LABEL})*|\\[[a-fA-F0-9:]+\\])(?::[0-9]+)?`;
const COMPONENT = "[a-z0-9]+(?:(?:[._]|__|-+)[a-z0-9]+)*";
const NAME = new RegExp(`^(${DOMAIN})/(${COMPONENT}(?:/${COMPONENT})*)$`);
const TAG = /^[\w][\w.-]{0,127}$/;
const DIGEST = /^(?:sha256:[a-f0-9]{64}|sha384:[a-f0-9]{96}|sha512:[a-f0-9]{128})$/;
const IDENTIFIER = /^(?:sha256:)?[a-f0-9]{64}$/;

export function isDigest(text: string): boolean {
  return DIGEST.test(text);
}

export function isTag(text: string): boolean {
  return TAG.test(text);
}

/** Whether the text is a full image id, which Docker refuses as a name (`sha256:` may be missing). */
export function isImageId(text: string): boolean {
  return IDENTIFIER.test(text);
}

/** Never throws, whatever the text contains, because it comes from a remote daemon. Fails with InvalidReference. */
export function parseReference(text: string): Outcome<ImageReference> {
  const refuse = (why: string) =>
    failure(advised("InvalidReference", `The image name ${quote(text)} is invalid: ${why}`));
  if (text.length > MAX_LENGTH) return refuse(`it is longer than ${MAX_LENGTH} characters`);
  if (isImageId(text)) return refuse("it is an image id");

  const at = text.indexOf("@");
  const digest = at < 0 ? undefined : text.slice(at + 1);
  if (digest !== undefined && !isDigest(digest)) return refuse("what follows the @ is not a valid digest");

  const named = at < 0 ? text : text.slice(0, at);
  const colon = named.lastIndexOf(":");
  const hasTag = colon > named.lastIndexOf("/");
  const tag = hasTag ? named.slice(colon + 1) : undefined;
  if (tag !== undefined && !isTag(tag)) return refuse("what follows the last colon is not a valid tag");

  const match = NAME.exec(qualify(hasTag ? named.slice(0, colon) : named));
  const [, domain, path] = match ?? [];
  if (domain === undefined || path === undefined) return refuse("it does not follow the grammar of image names");
  if (path.length > MAX_PATH_LENGTH) return refuse(`its repository is longer than ${MAX_PATH_LENGTH} characters`);
  if (!URL.canParse(`https://${domain}`)) return refuse("its registry is not a valid host and port");

  return success({ domain, path, ...(tag !== undefined && { tag }), ...(digest !== undefined && { digest }) });
}

/** Adds what Docker lets people leave out: the registry, and `library/` on Docker Hub. */
function qualify(name: string): string {
  const slash = name.indexOf("/");
  const first = slash < 0 ? "" : name.slice(0, slash);
  // Docker uses the same rule to decide whether the first part is a registry.
  const isDomain = first === "localhost" || /[.:]/.test(first) || first !== first.toLowerCase();
  const domain = isDomain && first !== "index.docker.io" ? first : DOCKER_HUB;
  const path = isDomain ? name.slice(slash + 1) : name;
  return `${domain}/${domain === DOCKER_HUB && !path.includes("/") ? OFFICIAL_PREFIX : ""}${path}`;
}

export function tagOf(reference: ImageReference): string {
  return reference.tag ?? DEFAULT_TAG;
}

/** Registry and repository without tag and digest: `docker.io/library/nginx`. */
export function repositoryName(reference: ImageReference): string {
  return `${reference.domain}/${reference.path}`;
}

/** The complete name that is requested from a registry: `docker.io/library/nginx:latest`. */
export function taggedName(reference: ImageReference): string {
  return `${repositoryName(reference)}:${tagOf(reference)}`;
}

/** The repository as Docker shows it: `nginx`. The name stays long if the short form would mean something else. */
export function familiarName(reference: ImageReference): string {
  const { domain, path } = reference;
  if (domain !== DOCKER_HUB) return repositoryName(reference);
  const rest = path.startsWith(OFFICIAL_PREFIX) ? path.slice(OFFICIAL_PREFIX.length) : path;
  const short = rest.includes("/") ? path : rest;
  return qualify(short) === repositoryName(reference) && !isImageId(short) ? short : repositoryName(reference);
}

/** One name for each registry, however it is written: Docker Hub has several, and case does not matter. */
export function normalizeRegistry(domain: string): string {
  const lower = domain.toLowerCase();
  return DOCKER_HUB_NAMES.has(lower) ? DOCKER_HUB : lower;
}

/** Registries whose API has another address than their name. lscr.io only redirects. */
const SERVED_BY: ReadonlyMap<string, string> = new Map([
  [DOCKER_HUB, "registry-1.docker.io"],
  ["lscr.io", "ghcr.io"],
]);

/**
 * The address of the registry's API: `https://registry-1.docker.io/` for Docker Hub.
 * @param insecure whether plain http is used
 */
export function registryOrigin(domain: string, insecure: boolean): URL {
  const name = normalizeRegistry(domain);
  return new URL(`${insecure ? "http" : "https"}://${SERVED_BY.get(name) ?? name}/`);
}

/** Bounded for messages, and without characters that could forge a line. */
function quote(text: string): string {
  return JSON.stringify(truncate(text, 100));
}
