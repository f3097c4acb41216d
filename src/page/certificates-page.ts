import type { Sliced } from "../common/in-slices.ts";
import {
  CERTIFICATE_STATES,
  type CertificateBar,
  type CertificateState,
  certificateState,
  selectedBars,
  type TimeAxis,
} from "../views/certificate-timeline.ts";
import { type Html, html } from "./html.ts";
import { filterForm, noMatch, pager, shownLine } from "./list-parts.ts";
import { type ListQuery, listPageOf, listPath } from "./list-query.ts";
import { timeline } from "./timeline.ts";

const MOST_BARS = 250;
const PATH = "/certificates";
const FILTER = { path: PATH, placeholder: "subject, issuer, host or fingerprint", states: CERTIFICATE_STATES };

/** The certificates of the whole fleet on one time axis, which is the same for all pages of the list. */
export function* certificatesPage(bars: readonly CertificateBar[], axis: TimeAxis, query: ListQuery): Sliced<Html> {
  if (bars.length === 0) return html`<h1>Certificates</h1><p class="empty">No host has shown a certificate yet.</p>`;
  const found = selectedBars(bars, query, axis.now);
  const list = listPageOf(found.length, query, MOST_BARS);
  const table = yield* timeline(found.slice(list.from, list.to), axis, query.search);
  return html`<h1>Certificates</h1>
<p class="lead">${summary(bars, axis.now)}</p>
${filterForm(FILTER, query)}
${shownLine(list, bars.length, ["certificate", "certificates"])}
${found.length === 0 ? noMatch("certificate", PATH) : table}
${pager(list, (page) => listPath(PATH, { ...query, page }))}`;
}

function summary(bars: readonly CertificateBar[], now: number): string {
  const states = bars.map((bar) => certificateState(bar, now));
  const count = (state: CertificateState, one: string, several: string) => {
    const found = states.filter((each) => each === state).length;
    return found === 0 ? [] : [`${found} ${found === 1 ? one : several}`];
  };
  const urgent = [
    ...count("Expired", "has expired", "have expired"),
    ...count("Soon", "expires soon", "expire soon"),
    ...count("Not valid yet", "is not valid yet", "are not valid yet"),
  ];
  const all = bars.length === 1 ? "1 certificate" : `${bars.length} certificates`;
  const order = bars.length === 1 ? "" : " Those that expire first are on top.";
  return `${all}${urgent.length === 0 ? "; none expires soon" : `: ${urgent.join(", ")}`}.${order}`;
}
