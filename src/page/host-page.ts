import type { ContainerUpdateObject } from "../api/container-update.ts";
import type { DockerHostObject } from "../api/docker-host.ts";
import type { Condition, UpdateItemStatus } from "../api/status.ts";
import { atOnce } from "../common/in-slices.ts";
import { certificateBars, timeAxis } from "../views/certificate-timeline.ts";
import { hostState, stateMessage } from "../views/fleet-overview.ts";
import { hostPage as sectionsOf } from "../views/host-page.ts";
import { protectionOf } from "../views/protection.ts";
import { STATE_TONES } from "./fleet-page.ts";
import { breakable, type Html, html, NOTHING } from "./html.ts";
import { ago, badge, cell, digest, TO, type Tone, until } from "./parts.ts";
import { timeline } from "./timeline.ts";
import { updatesOfHost } from "./updates-page.ts";
import { VERDICT_REASONS, VERDICT_TONES, VERDICT_WORDS } from "./verdicts.ts";

/** Everything known about one host. */
export function hostPage(host: DockerHostObject, updates: readonly ContainerUpdateObject[], now: number): Html {
  const { metadata, status = {} } = host;
  const state = hostState(host);
  const { items = [], truncated, total = 0 } = status.updates ?? {};
  const sections = sectionsOf(host, { now, wide: true });
  const facts = (title: string) => sections.find((section) => section.title === title)?.facts ?? [];
  const { lastCheckTime, nextCheckTime } = status.updates ?? {};
  const message = stateMessage(host);
  return html`<p class="crumbs"><a href="/">Fleet</a></p>
<h1><small>${metadata.namespace}/</small>${metadata.name} ${badge(STATE_TONES[state.id], state.word)}</h1>
${message === undefined ? NOTHING : html`<p class="lead">${message}</p>`}
${warnings(status.warnings ?? [])}
<section aria-labelledby="conditions"><h2 id="conditions">Conditions</h2>${conditions(status.conditions ?? [], now)}</section>
<div class="columns">
<section class="card" aria-labelledby="reach"><h2 id="reach">How it is reached</h2>${protection(host)}${factList(facts("Host"))}</section>
<section class="card" aria-labelledby="updates"><h2 id="updates">Update check</h2>${factList(facts("Updates"), [
    ["Last check", lastCheckTime && ago(lastCheckTime, now)],
    ["Next check", nextCheckTime && until(nextCheckTime, now)],
  ])}</section>
</div>
<section aria-labelledby="certificates"><h2 id="certificates">Certificates</h2>${certificates(host, now)}</section>
<section aria-labelledby="containers"><h2 id="containers">Containers</h2>
${items.length === 0 ? html`<p class="empty">No container has been checked yet.</p>` : containers(items)}
${truncated === true ? html`<p class="note">Only ${items.length} of ${total} containers are listed; outdated and failed ones come first.</p>` : ""}</section>
${updatesOfHost(updates, `${metadata.namespace}/${metadata.name}`, now)}`;
}

/** Ages in words become outdated on a page that stays open. The conditions and the times below show the same. */
const AGES = ["Ready since", "Last check", "Next check"];

function factList(
  facts: readonly (readonly [name: string, value: string])[],
  times: readonly (readonly [name: string, value: Html | undefined | ""])[] = [],
): Html {
  const shown = [...times.filter(([, time]) => time), ...facts.filter(([name]) => !AGES.includes(name))];
  if (shown.length === 0) return html`<p class="empty">Nothing is known yet.</p>`;
  return html`<dl>${shown.map(([name, value]) => html`<div><dt>${name}</dt><dd>${value}</dd></div>`)}</dl>`;
}

function warnings(texts: readonly string[]): Html {
  if (texts.length === 0) return NOTHING;
  return html`<section class="warnings" aria-labelledby="warnings"><h2 id="warnings">Warnings</h2><ul>${texts.map((text) => html`<li>${text}</li>`)}</ul></section>`;
}

const PROTECTION_TONES = { Safe: "good", "Partly safe": "warn", Unsafe: "bad", "Not known yet": "quiet" } as const;

function protection(host: DockerHostObject): Html {
  const { level, words } = protectionOf(host);
  return html`<p>${badge(PROTECTION_TONES[level], level)} ${words}</p>`;
}

/** Conditions that are good or bad when True; the others only inform. */
const GOOD = ["Ready", "CredentialsValid", "Connected", "UpdateCheckSucceeded"];
const BAD = ["Stalled", "CertificateExpiring"];

function toneOf({ type, status }: Condition): Tone {
  if (status === "Unknown") return "quiet";
  if (GOOD.includes(type)) return status === "True" ? "good" : "bad";
  if (BAD.includes(type)) return status === "True" ? "warn" : "good";
  return status === "True" ? "info" : "quiet";
}

function conditions(list: readonly Condition[], now: number): Html {
  if (list.length === 0) return html`<p class="empty">The program has not processed this host yet.</p>`;
  return html`<div class="scroll"><table class="conditions"><thead><tr><th scope="col">Condition</th><th scope="col">Status</th><th scope="col">Since</th><th scope="col">Why, and the next step</th></tr></thead><tbody>
${list.map(
  (
    condition,
  ) => html`<tr><th scope="row">${condition.type}</th><td>${badge(toneOf(condition), condition.status)}</td><td data-name="Since">${ago(condition.lastTransitionTime, now)}</td><td><strong>${condition.reason}</strong><p>${condition.message}</p></td></tr>
`,
)}</tbody></table></div>`;
}

function certificates(host: DockerHostObject, now: number): Html {
  const bars = certificateBars([host]);
  if (bars.length === 0) {
    const words =
      host.status?.tlsMode === "None" ? "This connection uses no certificates." : "No certificate has been seen yet.";
    return html`<p class="empty">${words}</p>`;
  }
  return atOnce(timeline(bars, timeAxis(bars, now)));
}

function containers(items: readonly UpdateItemStatus[]): Html {
  return html`<div class="scroll"><table class="containers"><thead><tr><th scope="col">Container</th><th scope="col">Verdict</th><th scope="col">Running → available</th><th scope="col">Why</th></tr></thead><tbody>
${items.map(container)}</tbody></table></div>`;
}

function container(item: UpdateItemStatus): Html {
  const { container: name, image, verdict, running, available, newerTag, message, reason } = item;
  const isNew = available !== undefined && available !== running;
  const newer =
    newerTag === undefined ? "" : html`<p>Newer tag: <strong>${newerTag.tag}</strong> (${newerTag.change})</p>`;
  return html`<tr><th scope="row">${name}<small>${breakable(image)}</small></th><td>${badge(VERDICT_TONES[verdict], VERDICT_WORDS[verdict])}</td><td data-name="Digest">${running === undefined ? cell("") : digest(running)}${isNew ? html`${TO}${digest(available)}` : ""}</td><td>${message ?? reason ?? VERDICT_REASONS[verdict]}${newer}</td></tr>
`;
}
