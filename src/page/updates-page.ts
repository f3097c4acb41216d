import type { ContainerUpdateObject } from "../api/container-update.ts";
import type { UpdatePhase } from "../api/container-update-status.ts";
import { isBlocked, type UpdateLists, type UpdateRow, updateLists, updateRows } from "../views/last-updates.ts";
import { breakable, type Html, html, NOTHING } from "./html.ts";
import { filterForm, noMatch, pager } from "./list-parts.ts";
import { type ListQuery, listPageOf, listPath } from "./list-query.ts";
import { ago, badge, cell, digest, hostLink, TO, type Tone } from "./parts.ts";

const PHASES: Readonly<Record<UpdatePhase, readonly [word: string, tone: Tone]>> = {
  Pending: ["Pending", "quiet"],
  Pulling: ["Pulling", "info"],
  Replacing: ["Replacing", "info"],
  Verifying: ["Verifying", "info"],
  Succeeded: ["Succeeded", "good"],
  RollingBack: ["Rolling back", "warn"],
  RolledBack: ["Rolled back", "warn"],
  Failed: ["Failed", "bad"],
  Superseded: ["Superseded", "quiet"],
  Cancelled: ["Cancelled", "quiet"],
};

/** The stages through which an update goes if nothing fails. */
const STAGES = ["Pending", "Pulling", "Replacing", "Verifying"] as const satisfies readonly UpdatePhase[];

const MOST_UPDATES = 100;
const PATH = "/updates";
const FILTER = { path: PATH, placeholder: "container, image, host or result" };

/**
 * What is being replaced now in the whole fleet, and how the last updates ended.
 * @param isComplete whether all updates can be shown
 */
export function updatesPage(
  updates: readonly ContainerUpdateObject[],
  query: ListQuery,
  now: number,
  isComplete: boolean,
): Html {
  const all = updateLists(updates);
  const head = html`<h1>Updates</h1>
<p class="lead">${summary(all, isComplete)}</p>`;
  const total = sizeOf(all);
  if (total === 0) return head;
  const { inProgress, ended } = query.search === "" ? all : updateLists(updates, query);
  const found = sizeOf({ inProgress, ended });
  const list = listPageOf(Math.max(inProgress.length, ended.length), query, MOST_UPDATES);
  const rows = (each: readonly ContainerUpdateObject[]) => updateRows(each.slice(list.from, list.to));
  return html`${head}
${filterForm(FILTER, query)}
<p class="shown" id="shown" role="status">${query.search === "" ? `${count(total)}, the latest first` : `${found} of ${count(total)} match`}</p>
${found === 0 ? noMatch("update", PATH) : NOTHING}
${progressSection("In progress", rows(inProgress), now, true)}
${resultSection("Results", rows(ended), now, true)}
${pager(list, (page) => listPath(PATH, { ...query, page }))}`;
}

/** The latest of one host; nothing if it has none. */
export function updatesOfHost(updates: readonly ContainerUpdateObject[], host: string, now: number): Html {
  const { inProgress, ended } = updateLists(updates, { host });
  const rows = (each: readonly ContainerUpdateObject[]) => updateRows(each.slice(0, MOST_UPDATES));
  const isCut = Math.max(inProgress.length, ended.length) > MOST_UPDATES;
  return html`${progressSection("Updates in progress", rows(inProgress), now, false)}
${resultSection("Last updates", rows(ended), now, false)}
${isCut ? html`<p><a href="${listPath(PATH, { search: host })}">Show all ${sizeOf({ inProgress, ended })} updates of this host</a></p>` : NOTHING}`;
}

function sizeOf({ inProgress, ended }: UpdateLists): number {
  return inProgress.length + ended.length;
}

function count(updates: number): string {
  return updates === 1 ? "1 update" : `${updates} updates`;
}

function summary({ inProgress, ended }: UpdateLists, isComplete: boolean): string {
  if (inProgress.length + ended.length === 0)
    return isComplete ? "There are no ContainerUpdates." : "No ContainerUpdate can be shown.";
  const blocked = inProgress.filter(isBlocked).length;
  const bad = ended.filter(({ status }) => status?.phase === "Failed" || status?.phase === "RolledBack").length;
  const { length } = inProgress;
  const going =
    length === 0 ? "No update is in progress." : `${count(length)} ${length === 1 ? "is" : "are"} in progress.`;
  const waits = blocked === 0 ? "" : ` ${blocked === 1 ? "1 of them waits" : `${blocked} of them wait`} for somebody.`;
  if (ended.length === 0) return going + waits;
  const results =
    bad === 0 ? "none failed" : bad === 1 ? "1 failed or was rolled back" : `${bad} failed or were rolled back`;
  return `${going}${waits} Of the ${ended.length === 1 ? "one" : ended.length} that ended, ${results}.`;
}

function progressSection(title: string, rows: readonly UpdateRow[], now: number, withHost: boolean): Html {
  if (rows.length === 0) return NOTHING;
  return html`<section aria-labelledby="in-progress"><h2 id="in-progress">${title}</h2>${progressTable(rows, now, withHost)}</section>`;
}

function resultSection(title: string, rows: readonly UpdateRow[], now: number, withHost: boolean): Html {
  if (rows.length === 0) return NOTHING;
  return html`<section aria-labelledby="ended"><h2 id="ended">${title}</h2>${resultTable(rows, now, withHost)}</section>`;
}

function progressTable(rows: readonly UpdateRow[], now: number, withHost: boolean): Html {
  return table("Stage", "Created", rows, withHost, (row) => [stages(row), ago(row.created, now)]);
}

function resultTable(rows: readonly UpdateRow[], now: number, withHost: boolean): Html {
  return table("Result", "Ended", rows, withHost, ({ phase, ended, created }) => {
    const [word, tone] = PHASES[phase];
    return [badge(tone, word), ago(ended ?? created, now)];
  });
}

function table(
  state: string,
  when: string,
  rows: readonly UpdateRow[],
  withHost: boolean,
  cells: (row: UpdateRow) => readonly [state: Html, when: Html],
): Html {
  return html`<div class="scroll"><table class="updates"><thead><tr><th scope="col">Container</th>${withHost ? html`<th scope="col">Host</th>` : NOTHING}<th scope="col">${state}</th><th scope="col">From → to</th><th scope="col">${when}</th><th scope="col">Details</th></tr></thead><tbody>
${rows.map((row) => {
  const { host, container, image, from, to } = row;
  const [stateCell, whenCell] = cells(row);
  return html`<tr><th scope="row">${container}<small>${breakable(image)}</small></th>${withHost ? html`<td data-name="Host">${hostLink(host)}</td>` : NOTHING}<td>${stateCell}</td><td data-name="Digest">${from === undefined ? cell("") : digest(from)}${TO}${digest(to)}</td><td data-name="${when}">${whenCell}</td><td>${details(row)}</td></tr>
`;
})}</tbody></table></div>`;
}

function stages({ phase, isBlocked }: UpdateRow): Html {
  if (isBlocked) return badge("warn", "Blocked");
  const at = (STAGES as readonly UpdatePhase[]).indexOf(phase);
  const [word, tone] = PHASES[phase];
  if (at === -1) return badge(tone, word);
  const dots = STAGES.map((_, index) => html`<i${index <= at ? html` class="done"` : NOTHING}></i>`);
  return html`${badge(tone, word)}<small class="stage"><span class="dots" aria-hidden="true">${dots}</span> ${at + 1} of ${STAGES.length}</small>`;
}

function details({ message, downtime, name }: UpdateRow): Html {
  const down = downtime === undefined ? NOTHING : html`<p>It was down for ${downtime}.</p>`;
  return html`${message}${down}<small class="object">${name}</small>`;
}
