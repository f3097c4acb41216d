import type { Sliced } from "../common/in-slices.ts";
import type { CertificateBar, TimeAxis } from "../views/certificate-timeline.ts";
import { type Html, html } from "./html.ts";
import { timeline } from "./timeline.ts";

const MOST_BARS = 500;

/** The certificates of the whole fleet on one time axis. */
export function* certificatesPage(bars: readonly CertificateBar[], axis: TimeAxis): Sliced<Html> {
  if (bars.length === 0) return html`<h1>Certificates</h1><p class="empty">No host has shown a certificate yet.</p>`;
  const shown = bars.slice(0, MOST_BARS);
  const more = bars.length - shown.length;
  return html`<h1>Certificates</h1>
<p class="lead">${bars.length === 1 ? "1 certificate" : `${bars.length} certificates`}, those that expire first on top.</p>
${yield* timeline(shown, axis, false)}
${more > 0 ? html`<p>${more} more that expire later are not shown.</p>` : ""}`;
}
