import type { DigestInUse, ImageInUse } from "../views/images-in-use.ts";
import { type Html, html } from "./html.ts";
import { badge, cell, digest, hostLink } from "./parts.ts";
import { VERDICT_TONES, VERDICT_WORDS } from "./verdicts.ts";

/** Rendering must not block the event loop for long. Together, these limits bound the number of links on the page. */
const MOST_IMAGES = 100;
const MOST_DIGESTS = 5;
const MOST_CONTAINERS = 6;

/** Which host runs which digest of each image. */
export function imagesPage(images: readonly ImageInUse[], isComplete: boolean): Html {
  if (images.length === 0) return html`<h1>Images</h1><p class="empty">No host has been checked yet.</p>`;
  const shown = images.slice(0, MOST_IMAGES);
  const outdated = images.filter((image) => image.outdated > 0).length;
  const more = images.length - shown.length;
  return html`<h1>Images</h1>
<p class="lead">${images.length === 1 ? "1 image" : `${images.length} images`}, ${outdated} with outdated containers, which come first.</p>
${isComplete ? "" : html`<p class="note">A host lists at most 50 containers, so up-to-date containers of large hosts may be missing.</p>`}
${shown.map(section)}
${more > 0 ? html`<p>${more} more images are not shown.</p>` : ""}`;
}

function section({ image, containers, outdated, digests }: ImageInUse): Html {
  const count = containers === 1 ? "1 container" : `${containers} containers`;
  return html`<section class="card"><h2>${image} <small>${count}${outdated > 0 ? `, ${outdated} outdated` : ""}</small></h2>
<div class="scroll"><table><thead><tr><th scope="col">Verdict</th><th scope="col">Digest</th><th scope="col">Containers</th></tr></thead><tbody>
${digests.slice(0, MOST_DIGESTS).map(row)}</tbody></table></div>${
    digests.length > MOST_DIGESTS ? html`<p>and ${digests.length - MOST_DIGESTS} more digests</p>` : ""
  }</section>
`;
}

function row({ digest: running, verdict, containers }: DigestInUse): Html {
  const shown = containers.slice(0, MOST_CONTAINERS);
  const more = containers.length - shown.length;
  return html`<tr><td>${badge(VERDICT_TONES[verdict], VERDICT_WORDS[verdict])}</td><td data-name="Digest">${running === undefined ? cell("") : digest(running)}</td><td data-name="Containers"><ul class="plain">${shown.map(
    ({ host, container }) => html`<li>${hostLink(host)} <small>${container}</small></li>`,
  )}${more > 0 ? html`<li>and ${more} more</li>` : ""}</ul></td></tr>
`;
}
