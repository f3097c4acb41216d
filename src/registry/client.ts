import type { Failure, Outcome } from "../api/failure.ts";
import { failure, success } from "../common/result.ts";
import { hostOf, originOf, type RegistryTarget } from "./access.ts";
import {
  ACCEPTED_TYPES,
  contentDigest,
  isIndexType,
  isManifest,
  isSchema1Type,
  MAX_MANIFEST_BYTES,
  type ManifestContent,
  type ManifestDescriptor,
  matchesDigest,
  parseManifest,
} from "./image-manifest.ts";
import { isDigest } from "./reference.ts";
import { registryFailure } from "./registry-failure.ts";
import { type PreparedRequest, RegistryRequests, type RegistryRequestsOptions } from "./registry-requests.ts";
import { statusFailure } from "./status-failure.ts";
import { readTagList, type TagList } from "./tag-list.ts";
import type { RegistryResponse } from "./transport.ts";

/** Longer than any media type of a manifest; the text is stored with the answer. */
const MAX_TYPE_LENGTH = 256;

/** Sends requests to registries and translates their answers. It caches only tokens, and does not retry. */
export class RegistryClient {
  readonly #requests: RegistryRequests;

  constructor(options: RegistryRequestsOptions) {
    this.#requests = new RegistryRequests(options);
  }

  /**
   * Finds the manifest to which the tag points now. It uses HEAD, which no registry counts as a pull. It uses GET only
   * if the registry does not support HEAD, leaves out the digest, or refuses the request: only a body shows whether a
   * refusal is a rate limit.
   */
  async resolveTag(target: RegistryTarget, tag: string, signal: AbortSignal): Promise<Outcome<ManifestDescriptor>> {
    const what = nameOf(target, tag);
    const head = await this.#requests.ask(manifest("HEAD", target, tag, { tryPairs: true }), target, signal);
    if (!head.ok) return head;
    const { status } = head.value;
    const mayExplain = status === 403 && (target.access.trust.clientPairs ?? []).length === 0;
    const isHeadServed = status !== 405 && status !== 501 && !mayExplain;
    if (isHeadServed && status !== 200) return failure(this.#refusal(head.value, target, what));
    const inHeader = isHeadServed ? digestHeader(head.value) : undefined;
    if (inHeader !== undefined) return describeManifest(target, what, inHeader, mediaTypeOf(head.value));

    const got = await this.#requests.ask(manifest("GET", target, tag, { tryPairs: !isHeadServed }), target, signal);
    if (!got.ok) return got;
    if (got.value.status !== 200) return failure(this.#refusal(got.value, target, what));
    const { body } = got.value;
    if (body === undefined) return failure(tooLarge(target, what));
    const mediaType = mediaTypeOf(got.value);
    const digest = digestHeader(got.value);
    if (digest !== undefined) return describeManifest(target, what, digest, mediaType);
    // Anything may answer 200, for example the login page of a network.
    if (!isManifest(body.toString("utf8"))) return failure(badResponse(target, `it sent no manifest of ${what}`));
    return describeManifest(target, what, contentDigest(body), mediaType);
  }

  /** Reads what the manifest or index with this digest refers to. Registries that count pulls count this as one. */
  async openManifest(target: RegistryTarget, digest: string, signal: AbortSignal): Promise<Outcome<ManifestContent>> {
    const what = nameOf(target, digest);
    const got = await this.#requests.ask(manifest("GET", target, digest, { tryPairs: false }), target, signal);
    if (!got.ok) return got;
    if (got.value.status !== 200) return failure(this.#refusal(got.value, target, what));
    const { body } = got.value;
    if (body === undefined) return failure(tooLarge(target, what));
    if (!matchesDigest(body, digest)) return failure(badResponse(target, `it sent something other than ${digest}`));
    return success(parseManifest(body.toString("utf8")));
  }

  /** Reads all pages of the repository's tags. No registry counts this as a pull. */
  async listTags(target: RegistryTarget, signal: AbortSignal): Promise<Outcome<TagList>> {
    return await readTagList(target, async ({ url, maxBodyBytes, isFirst }) => {
      const headers = { Accept: "application/json" };
      const request = { method: "GET", url, headers, maxBodyBytes, isPull: false, tryPairs: isFirst } as const;
      const page = await this.#requests.ask(request, target, signal);
      if (!isFirst || !page.ok || page.value.status === 200) return page;
      return failure(this.#refusal(page.value, target, target.path));
    });
  }

  /** Explains a status that is not the expected one. */
  #refusal({ status, headers }: RegistryResponse, target: RegistryTarget, what: string): Failure {
    // A registry that answers as registries do, or has served something, is reached in the right way.
    const isRegistry = headers["docker-distribution-api-version"] !== undefined || this.#requests.hasServed(target);
    if (status !== 400 || isRegistry) return statusFailure(status, hostOf(target), what);
    return target.access.insecure
      ? registryFailure("RegistryRequiresTLS", hostOf(target), "it refuses plain http (400)")
      : badResponse(target, `it answered 400 for ${what}, as proxies do that want another client certificate`);
  }
}

function manifest(
  method: "HEAD" | "GET",
  target: RegistryTarget,
  reference: string,
  { tryPairs }: Pick<PreparedRequest, "tryPairs">,
): PreparedRequest {
  const url = new URL(`/v2/${target.path}/manifests/${reference}`, originOf(target));
  const headers = { Accept: ACCEPTED_TYPES };
  return { method, url, headers, maxBodyBytes: MAX_MANIFEST_BYTES, isPull: method === "GET", tryPairs };
}

function describeManifest(
  target: RegistryTarget,
  what: string,
  digest: string,
  mediaType: string,
): Outcome<ManifestDescriptor> {
  // Registries generate these for old clients, with a digest that differs from the one that was pushed.
  if (isSchema1Type(mediaType)) {
    return failure(badResponse(target, `it has ${what} in the retired schema 1 only, which has no digest to compare`));
  }
  return success({ digest, mediaType, isIndex: isIndexType(mediaType) });
}

function digestHeader(response: RegistryResponse): string | undefined {
  const header = response.headers["docker-content-digest"];
  return typeof header === "string" && isDigest(header) ? header : undefined;
}

function mediaTypeOf(response: RegistryResponse): string {
  const [type = ""] = (response.headers["content-type"] ?? "").slice(0, MAX_TYPE_LENGTH).split(";", 1);
  return type.trim().toLowerCase();
}

function tooLarge(target: RegistryTarget, what: string): Failure {
  return badResponse(target, `the manifest of ${what} is larger than 4 MiB`);
}

function badResponse(target: RegistryTarget, problem: string): Failure {
  return registryFailure("RegistryBadResponse", hostOf(target), problem);
}

function nameOf({ path }: RegistryTarget, reference: string): string {
  return `${path}${isDigest(reference) ? "@" : ":"}${reference}`;
}
