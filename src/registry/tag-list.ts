import { advised, type Failure, type Outcome } from "../api/failure.ts";
import { failure, success } from "../common/result.ts";
import { hostOf, originOf, type RegistryTarget } from "./access.ts";
import { parseObject } from "./json.ts";
import { nextLink } from "./link-header.ts";
import { isTag } from "./reference.ts";
import { registryFailure } from "./registry-failure.ts";
import { statusFailure } from "./status-failure.ts";
import type { RegistryResponse } from "./transport.ts";

/** The tags of a repository, in the registry's order. */
export interface TagList {
  readonly tags: readonly string[];
  /** Whether the registry may have more tags than were read. */
  readonly truncated: boolean;
  /** Why the rest could not be read, unless a limit was reached. */
  readonly failure?: Failure;
}

/** The largest repositories of Docker Hub have ten thousand tags. */
export const MAX_TAGS = 20_000;
/** Some registries return a hundred tags at a time, whatever the request asks for. */
export const MAX_TAG_PAGES = 200;
/** The limit for all pages together. */
export const MAX_TAG_BYTES = 8 * 1024 * 1024;
/** A page of this size that cannot be read has more entries than are parsed. */
const HUGE_PAGE_BYTES = 1024 * 1024;
const PAGE_SIZE = 1_000;
/** This many pages may be short; a registry with more of them makes them up. */
export const MAX_SHORT_PAGES = 50;
const SHORT_PAGE = 50;
/** Sizes to which registries cut a page, whatever the request asks for. Some of them do not send a link. */
const PAGE_CAPS: ReadonlySet<number> = new Set([50, 100, 200, 250, 500, PAGE_SIZE, 2_000, 5_000, 10_000]);

export interface TagPageRequest {
  readonly url: URL;
  readonly maxBodyBytes: number;
  readonly isFirst: boolean;
}

/** Requests one page. For the first page, a status other than 200 is a failure. */
export type AskForTagPage = (request: TagPageRequest) => Promise<Outcome<RegistryResponse>>;

interface TagPage {
  /** The tags that match the grammar. */
  readonly tags: readonly string[];
  /** The number of all entries. */
  readonly size: number;
  readonly last: string | undefined;
}

/**
 * Reads all pages of a repository's tags. A page without new tags ends the list. If a later page cannot be read, the
 * earlier ones still count.
 */
export async function readTagList(target: RegistryTarget, ask: AskForTagPage): Promise<Outcome<TagList>> {
  const first = new URL(`/v2/${target.path}/tags/list?n=${PAGE_SIZE}`, originOf(target));
  const tags = new Set<string>();
  const list = (truncated: boolean, why?: Failure): Outcome<TagList> =>
    success({ tags: [...tags].slice(0, MAX_TAGS), truncated, ...(why !== undefined && { failure: why }) });
  let [url, maxBodyBytes, isLinked, shortPages] = [first, MAX_TAG_BYTES, false, 0];
  for (let pages = 0; pages < MAX_TAG_PAGES; pages++) {
    const isFirst = pages === 0;
    const got = await ask({ url, maxBodyBytes, isFirst });
    if (!got.ok) return isFirst ? got : list(true, got.failure);
    const { status, body, headers } = got.value;
    if (status !== 200) {
      // Nothing announced this page, it was only a guess.
      if (!isLinked && !isFirst && status >= 400 && status < 500) return list(false);
      return list(true, laterPageFailure(status, target));
    }
    const page = body === undefined ? undefined : parseTagPage(body.toString("utf8"));
    if (body === undefined || (page === undefined && body.length > HUGE_PAGE_BYTES)) {
      return isFirst ? failure(tooLong(target)) : list(true);
    }
    if (page === undefined) {
      const bad = registryFailure("RegistryBadResponse", hostOf(target), `it sent no list of tags of ${target.path}`);
      return isFirst ? failure(bad) : list(true, bad);
    }
    const known = tags.size;
    for (const tag of page.tags) tags.add(tag);
    if (tags.size > MAX_TAGS) return list(true);
    if (tags.size === known) return list(false);
    const next = nextTagPage(first, headers.link?.toString(), page, isLinked);
    if (next === undefined) return list(false);
    if (page.size < SHORT_PAGE && ++shortPages >= MAX_SHORT_PAGES) return list(true);
    maxBodyBytes -= body.length;
    url = next.url;
    isLinked ||= next.isLinked;
  }
  return list(true);
}

/** Undefined if the text is not such a page. */
function parseTagPage(text: string): TagPage | undefined {
  // Registries written in Go send null for an empty list.
  const listed = parseObject(text)?.tags;
  const entries: readonly unknown[] | undefined = listed === null ? [] : Array.isArray(listed) ? listed : undefined;
  if (entries === undefined) return undefined;
  const tags = entries.filter((tag): tag is string => typeof tag === "string" && isTag(tag));
  return { tags, size: entries.length, last: tags.at(-1) };
}

/**
 * The address of the next page; undefined at the end. Only the query of a link is used: registries behind a proxy
 * announce themselves with another scheme, host or path, which may belong to another repository. Without a link, a page
 * that looks cut off is continued after its last tag, unless the registry has sent links before.
 */
export function nextTagPage(
  first: URL,
  header: string | undefined,
  { size, last }: Omit<TagPage, "tags">,
  sendsLinks = false,
): { readonly url: URL; readonly isLinked: boolean } | undefined {
  const target = nextLink(header ?? "");
  const query = target === undefined ? "" : (URL.parse(target, first.href)?.search ?? "");
  if (query !== "") return { url: withQuery(first, query), isLinked: true };
  if (last === undefined || (target === undefined && (sendsLinks || !PAGE_CAPS.has(size)))) return undefined;
  const after = new URLSearchParams({ n: `${PAGE_SIZE}`, last });
  return { url: withQuery(first, `?${after}`), isLinked: target !== undefined };
}

function withQuery(first: URL, query: string): URL {
  const url = new URL(first);
  url.search = query;
  return url;
}

function laterPageFailure(status: number, target: RegistryTarget): Failure {
  const what = `a further page of the tags of ${target.path}`;
  if (status === 401 || status === 403 || status >= 500) return statusFailure(status, hostOf(target), what);
  return registryFailure("RegistryBadResponse", hostOf(target), `it answered ${status} for ${what}`);
}

function tooLong(target: RegistryTarget): Failure {
  return advised(
    "TooManyTags",
    `Registry ${hostOf(target)}: the list of tags of ${target.path} is too long to be read`,
  );
}
