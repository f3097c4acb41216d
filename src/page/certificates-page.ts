import type { Sliced } from "../common/in-slices.ts";
import {
  type CertificateBar,
  type CertificateState,
  certificateState,
  type TimeAxis,
} from "../views/certificate-timeline.ts";
import { type Html, html } from "./html.ts";
import { timeline } from "./timeline.ts";

const MOST_BARS = 500;

/** The certificates of the whole fleet on one time axis. */
export function* certificatesPage(bars: readonly CertificateBar[], axis: TimeAxis): Sliced<Html> {
  if (bars.length === 0) return html`<h1>Certificates</h1><p class="empty">No host has shown a certificate yet.</p>`;
  const shown = bars.slice(0, MOST_BARS);
  const more = bars.length - shown.length;
  return html`<h1>Certificates</h1>
<p class="lead">${summary(bars, axis.now)}</p>
${yield* timeline(shown, axis, false)}
${more > 0 ? html`<p>${more} more that expire later are not shown.</p>` : ""}`;
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
