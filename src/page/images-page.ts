import type { DigestInUse, ImageInUse } from "../views/images-in-use.ts";
import { hasWords, searchWords } from "../views/search.ts";
import { breakable, type Html, html, NOTHING } from "./html.ts";
import { filterForm, noMatch, pager, shownLine } from "./list-parts.ts";
import { type ListPage, type ListQuery, listPageOf, listPath } from "./list-query.ts";
import { badge, cell, digest, hostLink } from "./parts.ts";
import { VERDICT_TONES, VERDICT_WORDS } from "./verdicts.ts";

/** Rendering must not block the event loop for long. Together, these limits bound the number of links on a page. */
const MOST_IMAGES = 100;
const MOST_DIGESTS = 5;
const MOST_CONTAINERS = 6;
const MOST_CONTAINERS_OF_ONE_IMAGE = 1_000;
const PATH = "/images";

/** Which host runs which digest of each image. */
export function imagesPage(images: readonly ImageInUse[], isComplete: boolean, query: ListQuery): Html {
  if (images.length === 0) return html`<h1>Images</h1><p class="empty">No host has been checked yet.</p>`;
  const words = searchWords(query.search);
  const found = images.filter(({ image }) => hasWords([image], words));
  const list = listPageOf(found.length, query, MOST_IMAGES);
  const outdated = images.filter((image) => image.outdated > 0).length;
  return html`<h1>Images</h1>
<p class="lead">${images.length === 1 ? "1 image" : `${images.length} images`}, ${outdated} with outdated containers, which come first.</p>
${isComplete ? NOTHING : INCOMPLETE}
${filterForm({ path: PATH, placeholder: "name of an image" }, query)}
${shownLine(list, images.length, ["image", "images"])}
${found.length === 0 ? noMatch("image", PATH) : table(found.slice(list.from, list.to))}
${pager(list, (page) => listPath(PATH, { ...query, page }))}`;
}

function table(images: readonly ImageInUse[]): Html {
  return html`<div class="scroll"><table class="images" aria-labelledby="shown"><thead><tr><th scope="col">Image</th>${COLUMNS}</tr></thead>
${images.map(group)}</table></div>`;
}

/** All hosts that run one image. */
export function imagePage(image: ImageInUse, isComplete: boolean, query: ListQuery): Html {
  const list = listPageOf(image.containers, query, MOST_CONTAINERS_OF_ONE_IMAGE);
  const rows = digestsOn(list, image.digests).map((each) => html`<tr>${cells(each, each.containers.length)}</tr>\n`);
  return html`<p class="crumbs"><a href="/images">Images</a></p>
<h1>${breakable(image.image)}</h1>
<p class="lead">${size(image)}</p>
${isComplete ? NOTHING : INCOMPLETE}
${list.pages === 1 ? NOTHING : shownLine(list, image.containers, ["container", "containers"])}
<div class="scroll"><table class="image"><thead><tr>${COLUMNS}</tr></thead><tbody>
${rows}</tbody></table></div>
${pager(list, (page) => listPath(PATH, { page }, { image: image.image }))}`;
}

/** The digests whose containers are on a page of the list of containers, with these containers only. */
function digestsOn({ from, to }: ListPage, digests: readonly DigestInUse[]): readonly DigestInUse[] {
  let before = 0;
  return digests.flatMap((each) => {
    const containers = each.containers.slice(Math.max(0, from - before), Math.max(0, to - before));
    before += each.containers.length;
    return containers.length === 0 ? [] : [{ ...each, containers }];
  });
}

const COLUMNS = html`<th scope="col">Verdict</th><th scope="col">Running</th><th scope="col">Containers</th>`;
const INCOMPLETE = html`<p class="note">A host lists at most 50 containers, so up-to-date containers of large hosts may be missing.</p>`;

function size({ containers, outdated }: ImageInUse): string {
  return `${containers === 1 ? "1 container" : `${containers} containers`}${outdated > 0 ? `, ${outdated} outdated` : ""}`;
}

function group(image: ImageInUse): Html {
  const shown = image.digests.slice(0, MOST_DIGESTS);
  const more = image.digests.length - shown.length;
  const path = listPath(PATH, {}, { image: image.image });
  const head = html`<th scope="rowgroup" rowspan="${shown.length}"><a href="${path}">${breakable(image.image)}</a><small>${size(image)}${more > 0 ? `, ${more} more digests` : ""}</small></th>`;
  return html`<tbody>${shown.map((each, index) => html`<tr>${index === 0 ? head : NOTHING}${cells(each, MOST_CONTAINERS)}</tr>\n`)}</tbody>
`;
}

function cells({ digest: running, verdict, containers }: DigestInUse, most: number): Html {
  const shown = containers.slice(0, most);
  const more = containers.length - shown.length;
  return html`<td>${badge(VERDICT_TONES[verdict], VERDICT_WORDS[verdict])}</td><td data-name="Running">${running === undefined ? cell("") : digest(running)}</td><td data-name="Containers"><ul class="plain">${shown.map(
    ({ host, container }) => html`<li>${hostLink(host)} <small>${container}</small></li>`,
  )}${more > 0 ? html`<li>and ${more} more</li>` : NOTHING}</ul></td>`;
}
