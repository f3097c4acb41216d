import type { Outcome } from "../api/failure.ts";
import type { Clock } from "../common/clock.ts";
import { failure, success } from "../common/result.ts";
import { accountFingerprint, type RegistryTarget } from "./access.ts";
import { Authorizer } from "./authorizer.ts";
import type { RegistryConnections } from "./connections.ts";
import { registryFailure } from "./failures.ts";
import {
  ACCEPTED_TYPES,
  contentDigest,
  type IndexChild,
  isIndexType,
  MAX_MANIFEST_BYTES,
  type ManifestDescriptor,
  matchesDigest,
  parseIndex,
} from "./manifest.ts";
import type { RegistryObserver } from "./observer.ts";
import { parseRemaining } from "./rate-limit-header.ts";
import { isDigest, registryOrigin } from "./reference.ts";
import { statusFailure } from "./status-failure.ts";
import {
  firstTagPage,
  MAX_TAG_BYTES,
  MAX_TAG_PAGES,
  MAX_TAGS,
  nextTagPage,
  parseTagPage,
  type TagList,
} from "./tag-list.ts";
import { type RegistryRequest, type RegistryResponse, RegistryTransport } from "./transport.ts";

type Question = Pick<RegistryRequest, "method" | "url" | "headers" | "maxBodyBytes">;

export interface RegistryClientOptions {
  readonly connections: RegistryConnections;
  readonly clock: Clock;
  readonly observer?: RegistryObserver | undefined;
}

/** Speaks to registries: one question, its challenge and its answer. No cache but of tokens, no retries. */
export class RegistryClient {
  readonly #transport: RegistryTransport;
  readonly #authorizer: Authorizer;
  readonly #clock: Clock;
  readonly #observer: RegistryObserver | undefined;

  constructor({ connections, clock, observer }: RegistryClientOptions) {
    this.#clock = clock;
    this.#observer = observer;
    this.#transport = new RegistryTransport(connections, clock);
    this.#authorizer = new Authorizer(this.#transport, clock);
  }

  /**
   * What the tag names now. By HEAD, which no registry counts as a pull; by GET only where the registry does not serve
   * HEAD or leaves the digest out.
   */
  async resolveTag(target: RegistryTarget, tag: string, signal: AbortSignal): Promise<Outcome<ManifestDescriptor>> {
    const head = await this.#manifest("HEAD", target, tag, signal);
    if (!head.ok) return head;
    const { status } = head.value;
    const digest = digestHeader(head.value);
    if (status === 200 && digest !== undefined) return success(descriptor(digest, head.value));
    if (status !== 200 && status !== 405 && status !== 501) {
      return failure(this.#statusFailure(head.value, target, nameOf(target, tag)));
    }

    const got = await this.#manifest("GET", target, tag, signal);
    if (!got.ok) return got;
    if (got.value.status !== 200) return failure(this.#statusFailure(got.value, target, nameOf(target, tag)));
    const { body } = got.value;
    if (body === undefined) return failure(tooLarge(target, tag));
    return success(descriptor(digestHeader(got.value) ?? contentDigest(body), got.value));
  }

  /**
   * The images of the index with this digest; none when the digest names a single image. Costs a pull where pulls are
   * counted.
   */
  async listIndex(
    target: RegistryTarget,
    digest: string,
    signal: AbortSignal,
  ): Promise<Outcome<readonly IndexChild[]>> {
    const got = await this.#manifest("GET", target, digest, signal);
    if (!got.ok) return got;
    if (got.value.status !== 200) return failure(this.#statusFailure(got.value, target, nameOf(target, digest)));
    const { body } = got.value;
    if (body === undefined) return failure(tooLarge(target, digest));
    if (!matchesDigest(body, digest)) return failure(badResponse(target, `it sent something else than ${digest}`));
    return success(parseIndex(body.toString("utf8")));
  }

  /** All pages of the repository's tags. No pull, wherever pulls are counted. */
  async listTags(target: RegistryTarget, signal: AbortSignal): Promise<Outcome<TagList>> {
    const tags = new Set<string>();
    let bytes = MAX_TAG_BYTES;
    let url = firstTagPage(registryOrigin(target.domain, target.access.insecure), target.path);
    for (let pages = 0; pages < MAX_TAG_PAGES && tags.size <= MAX_TAGS; pages++) {
      const request = { method: "GET", url, headers: { Accept: "application/json" }, maxBodyBytes: bytes } as const;
      const got = await this.#request(request, target, signal);
      if (!got.ok) return got;
      if (got.value.status !== 200) return failure(this.#statusFailure(got.value, target, target.path));
      const { body, headers } = got.value;
      if (body === undefined) return failure(badResponse(target, `the list of tags of ${target.path} is too large`));
      const page = parseTagPage(body.toString("utf8"));
      if (page === undefined) return failure(badResponse(target, `it sent no list of tags of ${target.path}`));
      for (const tag of page) tags.add(tag);
      bytes -= body.length;
      const next = nextTagPage(url, headers.link?.toString());
      if (next === undefined) return success({ tags: [...tags].slice(0, MAX_TAGS), truncated: tags.size > MAX_TAGS });
      if (next === "elsewhere") return failure(badResponse(target, "it has the next page of its tags elsewhere"));
      url = next;
    }
    return success({ tags: [...tags].slice(0, MAX_TAGS), truncated: true });
  }

  #manifest(
    method: "HEAD" | "GET",
    target: RegistryTarget,
    reference: string,
    signal: AbortSignal,
  ): Promise<Outcome<RegistryResponse>> {
    const url = new URL(
      `/v2/${target.path}/manifests/${reference}`,
      registryOrigin(target.domain, target.access.insecure),
    );
    const headers = { Accept: ACCEPTED_TYPES };
    return this.#request({ method, url, headers, maxBodyBytes: MAX_MANIFEST_BYTES }, target, signal);
  }

  async #request(question: Question, target: RegistryTarget, signal: AbortSignal): Promise<Outcome<RegistryResponse>> {
    const request = { ...question, access: target.access };
    const known = this.#authorizer.known(target);
    const first = await this.#send({ ...request, authorization: known }, signal);
    if (!first.ok || first.value.status !== 401) return first;

    this.#authorizer.forget(target);
    if (!first.value.fromRegistry) {
      return failure(badResponse(target, "it redirects to another host, which wants credentials"));
    }
    const challenge = first.value.headers["www-authenticate"] ?? "";
    const authorization = await this.#authorizer.answer(target, challenge, signal);
    if (!authorization.ok) return authorization;
    const second = await this.#send({ ...request, authorization: authorization.value }, signal);
    if (!second.ok || second.value.status !== 401) return second;
    return failure(this.#authorizer.refused(target, authorization.value));
  }

  async #send(request: RegistryRequest, signal: AbortSignal): Promise<Outcome<RegistryResponse>> {
    const sent = await this.#transport.send(request, signal);
    this.#observer?.requestEnded({
      registry: request.url.host,
      code: sent.ok ? sent.value.status : undefined,
      account: accountFingerprint(request.access),
      remaining: sent.ok ? parseRemaining(sent.value.headers["ratelimit-remaining"]) : undefined,
    });
    return sent;
  }

  #statusFailure(response: RegistryResponse, target: RegistryTarget, what: string) {
    if (response.status === 400 && target.access.insecure) {
      return registryFailure("RegistryRequiresTLS", hostOf(target), "it refuses plain http (400)");
    }
    return statusFailure(response, hostOf(target), what, this.#clock.now());
  }
}

function descriptor(digest: string, response: RegistryResponse): ManifestDescriptor {
  const mediaType = mediaTypeOf(response);
  return { digest, mediaType, isIndex: isIndexType(mediaType) };
}

function digestHeader(response: RegistryResponse): string | undefined {
  const header = response.headers["docker-content-digest"];
  return typeof header === "string" && isDigest(header) ? header : undefined;
}

function mediaTypeOf(response: RegistryResponse): string {
  return (response.headers["content-type"] ?? "").split(";", 1)[0]?.trim().toLowerCase() ?? "";
}

function tooLarge(target: RegistryTarget, reference: string) {
  return badResponse(target, `the manifest of ${nameOf(target, reference)} is larger than 4 MiB`);
}

function badResponse(target: RegistryTarget, problem: string) {
  return registryFailure("RegistryBadResponse", hostOf(target), problem);
}

function nameOf({ path }: RegistryTarget, reference: string): string {
  return `${path}${isDigest(reference) ? "@" : ":"}${reference}`;
}

function hostOf({ domain, access }: RegistryTarget): string {
  return registryOrigin(domain, access.insecure).host;
}
