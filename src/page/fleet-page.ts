import { mapSliced, type Sliced } from "../common/in-slices.ts";
import { type FleetOverview, type FleetRow, HOST_STATES, type HostState } from "../views/fleet-overview.ts";
import { type Html, html, NOTHING } from "./html.ts";
import { filterForm, noMatch, shownLine } from "./list-parts.ts";
import { type ListQuery, listPageOf, listPath } from "./list-query.ts";
import { ago, badge, cell, hostPath, lasting, type Tone } from "./parts.ts";

export const STATE_TONES: Readonly<Record<HostState["id"], Tone>> = {
  "not-ready": "bad",
  unknown: "warn",
  "check-failed": "warn",
  certificate: "warn",
  updates: "info",
  suspended: "quiet",
  ready: "good",
};

const FILTER = { path: "/", placeholder: "name, address, engine or message", states: HOST_STATES };

/** Rendering must not block the event loop for long. */
const ROWS_AT_ONCE = 100;

/** @param isComplete whether all hosts can be shown */
export function* fleetPage(fleet: FleetOverview, filter: ListQuery, now: number, isComplete: boolean): Sliced<Html> {
  const rows = yield* mapSliced(fleet.rows, ROWS_AT_ONCE, (row) => tableRow(row, now));
  return html`<h1>Fleet</h1>
<p class="lead">${summary(fleet, isComplete)}</p>
${
  fleet.total === 0
    ? noHosts(isComplete)
    : html`<ul class="counts" aria-label="Hosts by state">${fleet.counts.map(({ state, count }) => countCard(state, count, filter))}</ul>
${filterForm(FILTER, filter)}
${shownLine(listPageOf(rows.length, { page: 1 }, Number.MAX_SAFE_INTEGER), fleet.total, ["host", "hosts"])}
${rows.length === 0 ? noMatch("host", "/") : table(rows)}`
}`;
}

function hosts(count: number): string {
  return count === 1 ? "1 host" : `${count} hosts`;
}

function summary({ total, counts, outdated, expiring }: FleetOverview, isComplete: boolean): string {
  if (total === 0) return isComplete ? "There are no hosts yet." : "No host can be shown.";
  const count = (id: HostState["id"]) => counts.find(({ state }) => state.id === id)?.count ?? 0;
  const urgent = count("not-ready") + count("check-failed") + count("certificate");
  const unknown = count("unknown");
  const sentences: string[] = [];
  if (urgent > 0) sentences.push(`${hosts(urgent)} ${urgent === 1 ? "needs" : "need"} attention.`);
  else if (unknown === 0) sentences.push("No host needs attention.");
  if (unknown > 0) sentences.push(`The state of ${hosts(unknown)} is not known yet.`);
  if (expiring > 0) sentences.push(`The certificates of ${hosts(expiring)} have to be renewed.`);
  if (outdated > 0)
    sentences.push(outdated === 1 ? "1 container is outdated." : `${outdated} containers are outdated.`);
  else if (unknown < total) sentences.push("No container is known to be outdated.");
  return sentences.join(" ");
}

function countCard(state: HostState, count: number, { search, state: chosen }: ListQuery): Html {
  const isChosen = chosen === state.id;
  const path = listPath("/", { search, state: isChosen ? "" : state.id });
  const tone = count === 0 ? "quiet" : STATE_TONES[state.id];
  return html`<li><a id="count-${state.id}" class="count ${tone}" href="${path}"${isChosen ? html` aria-current="true"` : ""}><strong>${count}</strong> <span>${state.word}</span></a></li>`;
}

function noHosts(isComplete: boolean): Html {
  if (!isComplete) return NOTHING;
  return html`<p class="empty">As soon as you create a DockerHost, it appears here.</p>`;
}

function table(rows: readonly Html[]): Html {
  return html`<div class="scroll"><table class="fleet" aria-labelledby="shown">
<thead><tr><th scope="col">Host</th><th scope="col">State</th><th scope="col">Engine</th><th scope="col">Certificate</th><th scope="col">Outdated</th><th scope="col">Last check</th></tr></thead>
<tbody>
${rows}</tbody></table></div>`;
}

function tableRow(row: FleetRow, now: number): Html {
  const { namespace, name, state, since, message, isUnsafe, address, engine, certificate, outdated, lastCheck } = row;
  const path = hostPath(namespace, name);
  return html`<tr><th scope="row"><a id="h-${namespace}.${name}" href="${path}"><small>${namespace}/</small>${name}</a><span class="address">${address}</span></th><td>${badge(STATE_TONES[state.id], state.word)}${since === undefined ? "" : html` <small class="since">${lasting(since, now)}</small>`}${isUnsafe ? html` ${badge("bad", "Unsafe")}` : ""}${message === undefined ? "" : html`<p>${message}</p>`}</td><td data-name="Engine">${cell(engine)}</td><td data-name="Certificate">${certificateCell(certificate)}</td><td data-name="Outdated">${outdatedCell(outdated)}</td><td data-name="Last check">${lastCheck === undefined ? cell("") : ago(lastCheck, now)}</td></tr>
`;
}

function certificateCell(word: string): Html {
  if (word === "" || word === "none") return word === "" ? cell("") : html`<span class="none">none</span>`;
  if (word === "expired!") return html`<strong class="bad-text">expired</strong>`;
  const days = word.replace(/d!?$/, "");
  const text = days === "0" ? "less than a day left" : days === "1" ? "1 day left" : `${days} days left`;
  return word.endsWith("!") ? html`<strong class="warn-text">${text}</strong>` : html`${text}`;
}

function outdatedCell(outdated: FleetRow["outdated"]): Html {
  if (outdated === undefined) return cell("");
  const { count, restartPending, isAtLeast } = outdated;
  if (count === 0) return html`0`;
  const pending = restartPending === 0 ? NOTHING : html`<small>${restartPending} restart pending</small>`;
  return html`<strong>${isAtLeast ? "at least " : ""}${count}</strong>${pending}`;
}
