import type { UpdatePhase } from "../api/container-update-status.ts";
import { MOST_UPDATES, type UpdateRow } from "../views/last-updates.ts";
import { type Html, html } from "./html.ts";
import { ago, badge, cell, digest, hostLink, type Tone } from "./parts.ts";

const TONES: Readonly<Record<UpdatePhase, Tone>> = {
  Pending: "info",
  Pulling: "info",
  Replacing: "info",
  Verifying: "info",
  Succeeded: "good",
  RollingBack: "warn",
  RolledBack: "warn",
  Failed: "bad",
  Superseded: "quiet",
  Cancelled: "quiet",
};

/** The newest updates of the whole fleet. */
export function updatesPage(rows: readonly UpdateRow[], now: number): Html {
  return html`<h1>Updates</h1>
<p class="lead">Containers that are being replaced now, and the results of the last updates, newest first.</p>
${rows.length === 0 ? html`<p class="empty">No ContainerUpdate is kept.</p>` : updatesTable(rows, now, true)}
${rows.length < MOST_UPDATES ? "" : html`<p class="note">Only the newest ${MOST_UPDATES} are listed.</p>`}`;
}

export function updatesTable(rows: readonly UpdateRow[], now: number, withHost: boolean): Html {
  return html`<div class="scroll"><table class="containers"><thead><tr><th scope="col">Container</th>${withHost ? html`<th scope="col">Host</th>` : ""}<th scope="col">Phase</th><th scope="col">From → to</th><th scope="col">Created</th><th scope="col">Why</th></tr></thead><tbody>
${rows.map(
  ({ host, name, container, image, phase, from, to, created, message }) =>
    html`<tr><th scope="row">${container}<small>${image}</small></th>${withHost ? html`<td data-name="Host">${hostLink(host)}</td>` : ""}<td>${badge(TONES[phase], phase)}</td><td data-name="Digest">${from === undefined ? cell("") : digest(from)} <span aria-label="to">→</span> ${digest(to)}</td><td data-name="Created">${ago(created, now)}</td><td>${message}<small>${name}</small></td></tr>
`,
)}</tbody></table></div>`;
}
