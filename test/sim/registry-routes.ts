import type { Reply, SimRequest } from "./exchange.ts";
import {
  imageFor,
  LINUX_AMD64,
  type ManifestContent,
  MEDIA_TYPES,
  type StoredManifest,
  schema1Manifest,
} from "./manifests.ts";
import type { RegistryGuard } from "./registry-auth.ts";
import { API_HEADER, registryError, registryReply } from "./registry-reply.ts";
import type { Repositories } from "./repositories.ts";

export interface RegistryState {
  readonly repositories: Repositories;
  readonly guard: RegistryGuard;
  /** Scheme, host and port, for the challenge. */
  readonly origin: string;
  readonly tagsPerPage: number | undefined;
}

const BASE = "/v2/";
const MANIFEST = "/v2/{name}/manifests/{reference}";
const TAGS = "/v2/{name}/tags/list";

/** What a registry with this content answers: the ways of docker-registry 2.8. */
export function answerRegistry(request: SimRequest, state: RegistryState): Reply {
  const reads = request.method === "GET" || request.method === "HEAD";
  if (request.path === "/token" && (request.method === "GET" || request.method === "POST")) {
    return state.guard.token(request);
  }
  if (reads && request.path === "/v2/") {
    return state.guard.refusal(BASE, request, state.origin) ?? registryReply(BASE, 200, {});
  }
  const [, listed] = /^\/v2\/(.+)\/tags\/list$/.exec(request.path) ?? [];
  if (request.method === "GET" && listed !== undefined) {
    return state.guard.refusal(TAGS, request, state.origin, listed) ?? tagsReply(state, listed, request.query);
  }
  const [, repository, reference] = /^\/v2\/(.+)\/manifests\/([^/]+)$/.exec(request.path) ?? [];
  if (!reads || repository === undefined || reference === undefined) {
    const headers = { ...API_HEADER, "Content-Type": "text/plain; charset=utf-8" };
    return { route: "(none)", status: 404, headers, body: "404 page not found\n" };
  }
  return (
    state.guard.refusal(MANIFEST, request, state.origin, repository) ??
    manifestReply(state.repositories, repository, reference, acceptedTypes(request))
  );
}

/** Pages as the specification has them: in order, each linked from the one before. */
function tagsReply({ repositories, tagsPerPage }: RegistryState, name: string, query: URLSearchParams): Reply {
  const all = repositories.tags(name);
  if (all === undefined) {
    return registryError(TAGS, 404, "NAME_UNKNOWN", "repository name not known to registry", { name });
  }
  const last = query.get("last");
  const rest = last === null ? all : all.filter((tag) => tag > last);
  const tags = rest.slice(0, tagsPerPage);
  const reply = registryReply(TAGS, 200, { name, tags });
  if (tags.length === rest.length) return reply;
  const next = new URLSearchParams({ last: tags.at(-1) ?? "", n: query.get("n") ?? "" });
  return { ...reply, headers: { ...reply.headers, Link: `</v2/${name}/tags/list?${next}>; rel="next"` } };
}

function manifestReply(
  repositories: Repositories,
  repository: string,
  reference: string,
  accepted: ReadonlySet<string>,
): Reply {
  const stored = repositories.find(repository, reference);
  const byDigest = reference.startsWith("sha256:");
  const served = stored === undefined || byDigest ? stored : rewritten(stored, repository, reference, accepted);
  if (served === undefined) {
    const detail = byDigest ? { Name: repository, Revision: reference } : { Tag: reference };
    return registryError(MANIFEST, 404, "MANIFEST_UNKNOWN", "manifest unknown", detail);
  }
  const refusal = ociRefusal(served.mediaType, accepted);
  if (refusal !== undefined) return registryError(MANIFEST, 404, "MANIFEST_UNKNOWN", refusal);
  const headers = {
    ...API_HEADER,
    "Content-Type": served.mediaType,
    "Docker-Content-Digest": served.digest,
    Etag: `"${served.digest}"`,
  };
  return { route: MANIFEST, status: 200, headers, body: served.body };
}

/** Docker's own types are rewritten for clients that do not accept them: a list to its amd64 image, an image to schema 1. */
function rewritten(
  stored: StoredManifest,
  repository: string,
  tag: string,
  accepted: ReadonlySet<string>,
): ManifestContent | undefined {
  const { dockerList, dockerManifest } = MEDIA_TYPES;
  const unlisted = stored.mediaType === dockerList && !accepted.has(dockerList);
  const served = unlisted ? imageFor(stored, LINUX_AMD64) : stored;
  const unread = served?.mediaType === dockerManifest && !accepted.has(dockerManifest);
  return unread ? schema1Manifest(repository, tag, served) : served;
}

/** OCI types are never rewritten, but denied to exist. */
function ociRefusal(mediaType: string, accepted: ReadonlySet<string>): string | undefined {
  if (accepted.has(mediaType)) return undefined;
  switch (mediaType) {
    case MEDIA_TYPES.ociIndex:
      return "OCI index found, but accept header does not support OCI indexes";
    case MEDIA_TYPES.ociManifest:
      return "OCI manifest found, but accept header does not support OCI manifests";
    default:
      return undefined;
  }
}

function acceptedTypes(request: SimRequest): ReadonlySet<string> {
  const types = (request.headers.accept ?? "").split(",");
  return new Set(types.map((type) => type.replace(/;.*$/, "").trim()));
}
