/** Which part of a list a URL shows. */
export interface ListQuery {
  /** Words, all of which must occur in what is known about an entry. */
  readonly search: string;
  /** The ID of a state; empty for all states. */
  readonly state: string;
  /** From 1 on. A list may have fewer pages by now. */
  readonly page: number;
}

const MAX_SEARCH = 200;

/** @param states the IDs of the states that exist */
export function readListQuery(parameters: URLSearchParams, states: readonly string[]): ListQuery {
  const read = (name: string) => (parameters.get(name) ?? "").slice(0, MAX_SEARCH).toWellFormed();
  const state = read("state");
  // Nobody turns more pages than four digits count.
  const page = /^[1-9]\d{0,3}$/.test(read("page")) ? Number(read("page")) : 1;
  // A bookmark may be older than this version. It must not look as if nothing had any state.
  return { search: read("q"), state: states.includes(state) ? state : "", page };
}

/** The path of a part of a list. What is not chosen is left out, so that each part has one path. */
export function listPath(
  path: string,
  { search = "", state = "", page = 1 }: Partial<ListQuery>,
  more: Readonly<Record<string, string>> = {},
): string {
  const query = new URLSearchParams({
    ...more,
    ...(search !== "" && { q: search }),
    ...(state !== "" && { state }),
    ...(page > 1 && { page: String(page) }),
  });
  return query.size === 0 ? path : `${path}?${query}`;
}

/** The entries of a list that one page shows. */
export interface ListPage {
  readonly page: number;
  readonly pages: number;
  /** Indexes: the first entry, and the one after the last. */
  readonly from: number;
  readonly to: number;
  readonly total: number;
}

/** A page after the last one is the last one, because a list can become shorter while somebody reads it. */
export function listPageOf(total: number, { page }: Pick<ListQuery, "page">, size: number): ListPage {
  const pages = Math.max(1, Math.ceil(total / size));
  const shown = Math.min(page, pages);
  return { page: shown, pages, from: (shown - 1) * size, to: Math.min(shown * size, total), total };
}
