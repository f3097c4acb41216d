import { type Html, html, NOTHING } from "./html.ts";
import type { ListPage, ListQuery } from "./list-query.ts";

export interface FilterForm {
  /** The path of the list. */
  readonly path: string;
  /** What a search looks at. */
  readonly placeholder: string;
  /** The states to choose from. Without them, there is only the search. */
  readonly states?: readonly { readonly id: string; readonly word: string }[];
}

/** Chooses what a list shows. The script sends it while somebody types. */
export function filterForm({ path, placeholder, states = [] }: FilterForm, { search, state }: ListQuery): Html {
  const options = states.map(
    ({ id, word }) => html`<option value="${id}"${id === state ? html` selected` : ""}>${word}</option>`,
  );
  const select = html`
<label for="state">State</label>
<select id="state" name="state"><option value="">All states</option>${options}</select>`;
  return html`<form id="filter" class="filter" method="get" action="${path}" role="search">
<label for="q">Search</label>
<input id="q" name="q" type="search" maxlength="200" value="${search}" placeholder="${placeholder}" autocomplete="off">${options.length === 0 ? NOTHING : select}
<button type="submit">Filter</button>
${search + state === "" ? NOTHING : html`<a id="clear" href="${path}">Show all</a>`}
</form>`;
}

/** How much of a list is shown, as the name of its table. */
export function shownLine(
  { from, to, total, pages }: ListPage,
  all: number,
  nouns: readonly [one: string, many: string],
): Html {
  const of = `${all} ${all === 1 ? nouns[0] : nouns[1]}`;
  const text =
    pages === 1
      ? `${total} of ${of} shown`
      : total === all
        ? `${from + 1} to ${to} of ${of}`
        : `${from + 1} to ${to} of the ${total} that match, of ${of}`;
  return html`<p class="shown" id="shown" role="status">${text}</p>`;
}

/** Leads to the other pages of a list; nothing if there is only one. */
export function pager({ page, pages }: ListPage, pathOf: (page: number) => string): Html {
  if (pages === 1) return NOTHING;
  const link = (to: number, rel: string, word: string) =>
    to < 1 || to > pages ? NOTHING : html`<a rel="${rel}" href="${pathOf(to)}">${word}</a>`;
  return html`<nav class="pager" aria-label="Pages of the list">${link(page - 1, "prev", "Previous")}<span>Page ${page} of ${pages}</span>${link(page + 1, "next", "Next")}</nav>`;
}

export function noMatch(what: string, path: string): Html {
  return html`<p class="empty">No ${what} matches. <a href="${path}">Show all</a></p>`;
}
