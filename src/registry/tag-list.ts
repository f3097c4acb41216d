import { parseObject } from "./json.ts";
import { nextLink } from "./link-header.ts";
import { isTag } from "./reference.ts";

/** The tags of a repository, in the registry's order. */
export interface TagList {
  readonly tags: readonly string[];
  /** Whether the registry has more than are read. */
  readonly truncated: boolean;
}

/** The largest repositories of Docker Hub have ten thousand tags. */
export const MAX_TAGS = 20_000;
/** Some registries give a hundred tags at a time, whatever they are asked for. */
export const MAX_TAG_PAGES = 200;
/** Of all pages together. */
export const MAX_TAG_BYTES = 8 * 1024 * 1024;
const PAGE_SIZE = 1_000;

export function firstTagPage(origin: URL, path: string): URL {
  return new URL(`/v2/${path}/tags/list?n=${PAGE_SIZE}`, origin);
}

/** The tags of one page, without what is none by the grammar; undefined where the text is no such page. */
export function parseTagPage(text: string): readonly string[] | undefined {
  // Go's registries write null for none.
  const tags = parseObject(text)?.tags;
  if (tags === null) return [];
  return Array.isArray(tags) ? tags.filter((tag) => typeof tag === "string" && isTag(tag)) : undefined;
}

/**
 * Where the next page is; undefined at the end, and "elsewhere" where the registry names no other page, or another
 * host, which must not see what is shown to this one. Registries behind a proxy name themselves without TLS: the scheme stays as it is.
 */
export function nextTagPage(current: URL, header: string | undefined): URL | "elsewhere" | undefined {
  const target = nextLink(header ?? "");
  if (target === undefined) return undefined;
  const found = URL.parse(target, current.href);
  if (found === null || found.host !== current.host) return "elsewhere";
  const next = new URL(`${found.pathname}${found.search}`, current.origin);
  return next.href === current.href ? "elsewhere" : next;
}
