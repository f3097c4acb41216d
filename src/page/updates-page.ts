import type { UpdatePhase } from "../api/container-update-status.ts";
import { type LastUpdates, MOST_UPDATES, type UpdateRow } from "../views/last-updates.ts";
import { type Html, html, NOTHING } from "./html.ts";
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

/**
 * What is being replaced now in the whole fleet, and how the last updates ended.
 * @param isComplete whether all updates can be shown
 */
export function updatesPage(updates: LastUpdates, now: number, isComplete: boolean): Html {
  const { inProgress, ended, isCut } = updates;
  return html`<h1>Updates</h1>
<p class="lead">${summary(updates, isComplete)}</p>
${inProgress.length === 0 ? NOTHING : html`<section aria-labelledby="in-progress"><h2 id="in-progress">In progress</h2>${progressTable(inProgress, now, true)}</section>`}
${ended.length === 0 ? NOTHING : html`<section aria-labelledby="ended"><h2 id="ended">Results</h2>${resultTable(ended, now, true)}</section>`}
${isCut ? html`<p class="note">Each table lists at most ${MOST_UPDATES} updates, with the latest first.</p>` : NOTHING}`;
}

/** The same for one host; nothing if it has none. */
export function updatesOfHost({ inProgress, ended, isCut }: LastUpdates, now: number): Html {
  return html`${inProgress.length === 0 ? NOTHING : html`<section aria-labelledby="in-progress"><h2 id="in-progress">Updates in progress</h2>${progressTable(inProgress, now, false)}</section>`}
${ended.length === 0 ? NOTHING : html`<section aria-labelledby="last-updates"><h2 id="last-updates">Last updates</h2>${resultTable(ended, now, false)}</section>`}
${isCut ? html`<p class="note">Each table lists at most ${MOST_UPDATES} updates, with the latest first.</p>` : NOTHING}`;
}

function summary({ inProgress, ended, isCut }: LastUpdates, isComplete: boolean): string {
  if (inProgress.length + ended.length === 0)
    return isComplete ? "There are no ContainerUpdates." : "No ContainerUpdate can be shown.";
  const blocked = inProgress.filter(({ isBlocked }) => isBlocked).length;
  const bad = ended.filter(({ phase }) => phase === "Failed" || phase === "RolledBack").length;
  const count = (number: number) => (isCut && number === MOST_UPDATES ? `${number} or more` : String(number));
  const going =
    inProgress.length === 0
      ? "No update is in progress."
      : inProgress.length === 1
        ? "1 update is in progress."
        : `${count(inProgress.length)} updates are in progress.`;
  const waits = blocked === 0 ? "" : ` ${blocked === 1 ? "1 of them waits" : `${blocked} of them wait`} for somebody.`;
  if (ended.length === 0) return going + waits;
  const results =
    bad === 0 ? "none failed" : bad === 1 ? "1 failed or was rolled back" : `${bad} failed or were rolled back`;
  return `${going}${waits} Of the last ${ended.length === 1 ? "one" : ended.length}, ${results}.`;
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
  return html`<tr><th scope="row">${container}<small>${image}</small></th>${withHost ? html`<td data-name="Host">${hostLink(host)}</td>` : NOTHING}<td>${stateCell}</td><td data-name="Digest">${from === undefined ? cell("") : digest(from)}${TO}${digest(to)}</td><td data-name="${when}">${whenCell}</td><td>${details(row)}</td></tr>
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
