import { daysLeft } from "../common/days-left.ts";
import { mapSliced, type Sliced } from "../common/in-slices.ts";
import {
  type CertificateBar,
  type CertificateRole,
  type CertificateState,
  certificateState,
  position,
  type TimeAxis,
} from "../views/certificate-timeline.ts";
import { type Html, html } from "./html.ts";
import { listPath } from "./list-query.ts";
import { badge, hostLink, type Tone } from "./parts.ts";

export const ROLE_WORDS: Readonly<Record<CertificateRole, string>> = {
  server: "Host",
  client: "Client",
  ca: "CA",
};

const STATE_TONES: Readonly<Record<CertificateState, Tone>> = {
  Expired: "bad",
  "Not valid yet": "bad",
  Soon: "warn",
  Valid: "good",
};

/** Positions are shares of the width, so that texts and lines keep their size on every screen. */
const WIDTH = 100;
/** A bar of a short time must still be seen. */
const LEAST_WIDTH = 0.5;
/** A label further right would be cut at the edge of a phone. */
const LAST_LABEL = 86;
const MOST_HOSTS = 5;
/** Rendering must not block the event loop for long. */
const ROWS_AT_ONCE = 100;

/**
 * A table of certificates with a bar for each, all on one time axis.
 * @param search what somebody searches for in the certificates of the fleet; undefined on the page of one host
 */
export function* timeline(bars: readonly CertificateBar[], axis: TimeAxis, search?: string): Sliced<Html> {
  const grid = html`${ticks(axis)}`;
  const rows = yield* mapSliced(bars, ROWS_AT_ONCE, (bar) => row(bar, axis, search, grid));
  const users = search === undefined ? "" : html`<th scope="col">Used for</th>`;
  return html`<div class="scroll"><table class="timeline"${search === undefined ? "" : html` aria-labelledby="shown"`}>
<thead><tr><th scope="col">Role</th><th scope="col">Subject</th>${users}<th scope="col">Expires</th><th scope="col" class="axis">${scale(axis)}</th></tr></thead>
<tbody>
${rows}</tbody></table></div>
<p class="legend">The vertical line is today. A bar that touches an edge goes on beyond it.</p>`;
}

function row(bar: CertificateBar, axis: TimeAxis, search: string | undefined, grid: Html): Html {
  const { role, subject, issuer, notAfter, fingerprint } = bar;
  const word = certificateState(bar, axis.now);
  const tone = STATE_TONES[word];
  const isSought = search === fingerprint;
  const used = search === undefined ? "" : html`<td data-name="Used for">${users(bar, isSought)}</td>`;
  return html`<tr><td>${ROLE_WORDS[role]}</td><th scope="row">${subject}<small>issued by ${issuer}</small>${isSought ? html`<small>SHA-256 ${fingerprint}</small>` : ""}</th>${used}<td data-name="Expires">${badge(tone, word)} <time datetime="${notAfter}">${notAfter.slice(0, 10)}</time><small>${daysLeft(notAfter, axis.now)}</small></td><td class="axis">${picture(bar, axis, tone, grid)}</td></tr>
`;
}

/** @param isSought whether it was searched for by its fingerprint, which shows all hosts that use it */
function users({ hosts, fingerprint }: CertificateBar, isSought: boolean): Html {
  const shown = hosts.slice(0, isSought ? hosts.length : MOST_HOSTS).map((key) => html`<li>${hostLink(key)}</li>`);
  const more = hosts.length - shown.length;
  const rest = html`<li><a href="${listPath("/certificates", { search: fingerprint })}">and ${more} more</a></li>`;
  return html`<ul class="plain">${shown}${more > 0 ? rest : ""}</ul>`;
}

/** The table says the same in words, so the picture is hidden from screen readers. */
function picture({ notBefore, notAfter }: CertificateBar, axis: TimeAxis, tone: Tone, grid: Html): Html {
  const from = position(axis, Date.parse(notBefore), WIDTH);
  const to = position(axis, Date.parse(notAfter), WIDTH);
  const today = position(axis, axis.now, WIDTH);
  return html`<svg aria-hidden="true">${grid}<rect class="bar ${tone}" x="${from}%" y="6" width="${Math.max(LEAST_WIDTH, rounded(to - from))}%" height="10" rx="3"/><line class="today" x1="${today}%" x2="${today}%" y1="0" y2="100%"/></svg>`;
}

/** This part is the same for each bar, so it is made once. */
function ticks(axis: TimeAxis): readonly Html[] {
  return axis.ticks.map(
    ({ at }) =>
      html`<line class="tick" x1="${position(axis, at, WIDTH)}%" x2="${position(axis, at, WIDTH)}%" y1="0" y2="100%"/>`,
  );
}

function scale(axis: TimeAxis): Html {
  const step = Math.ceil(axis.ticks.length / 6);
  const labels = axis.ticks.filter((tick, index) => index % step === 0 && position(axis, tick.at, WIDTH) <= LAST_LABEL);
  return html`<span class="hidden">Validity</span><svg class="scale" aria-hidden="true">${labels.map(
    ({ at, label }) => html`<text x="${position(axis, at, WIDTH)}%" y="13">${label}</text>`,
  )}</svg>`;
}

function rounded(share: number): number {
  return Math.round(share * 10) / 10;
}
