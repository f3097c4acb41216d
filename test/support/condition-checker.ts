import { CONDITION_TYPES, type ConditionType } from "../../src/api/condition-types.ts";
import { argoHealth } from "./argo-health.ts";
import { type ConditionRow, rowOf } from "./condition-rows.ts";
import { kstatus } from "./kstatus.ts";
import { isSuspended, type Situated, type SituatedCondition } from "./situated.ts";

const CONNECTION: readonly string[] = CONDITION_TYPES.filter((type) => !type.startsWith("Update"));
const ONLY_WHILE_TRUE: readonly string[] = ["Reconciling", "Stalled"];

/**
 * Lists what is wrong with a status that we wrote; empty if it keeps every promise of the contract, at the end of an
 * attempt or in the middle of one. Conditions of types that are not ours belong to another writer.
 */
export function statusProblems(host: Situated): readonly string[] {
  const { generation = 0 } = host.metadata;
  const own = ownConditions(host);
  const observed = host.status?.observedGeneration ?? -1;
  const row = rowOf(host);
  return problems([
    [new Set(own.map(({ type }) => type)).size === own.length, "a type stands there twice"],
    [observed <= generation, `status.observedGeneration ${observed} is ahead of generation ${generation}`],
    ...own.flatMap((condition) => conditionChecks(condition, generation)),
    ...causeChecks(own),
    ...updateChecks(own),
    [row !== undefined, `the conditions fit no row of the table: ${summary(own)}`],
    ...(row === undefined ? [] : rowChecks(host, row, own)),
  ]);
}

/** The same for the status that a completed attempt leaves behind. */
export function answerProblems(host: Situated): readonly string[] {
  const { observedGeneration } = host.status ?? {};
  const isOver = observedGeneration === host.metadata.generation;
  const all = statusProblems(host);
  return isOver ? all : [...all, `status.observedGeneration is ${observedGeneration}`];
}

/** What must not happen between two statuses of one host that follow each other. */
export function transitionProblems(before: Situated, after: Situated): readonly string[] {
  if (before.metadata.uid !== after.metadata.uid) return [];
  const observed = [before.status?.observedGeneration ?? -1, after.status?.observedGeneration ?? -1] as const;
  return problems([
    [observed[0] <= observed[1], `status.observedGeneration went back from ${observed[0]} to ${observed[1]}`],
    ...ownConditions(after).flatMap((condition): Check[] => {
      const previous = ownConditions(before).find(({ type }) => type === condition.type);
      if (previous === undefined) return [];
      const [then, now] = [previous.lastTransitionTime, condition.lastTransitionTime];
      const moved = previous.status !== condition.status;
      return [
        [moved || then === now, `${condition.type}.lastTransitionTime moved, but its status did not`],
        [!moved || Date.parse(now) >= Date.parse(then), `${condition.type}.lastTransitionTime went back`],
      ];
    }),
  ]);
}

type Check = readonly [holds: boolean, problem: string];

function problems(checks: readonly Check[]): readonly string[] {
  return checks.filter(([holds]) => !holds).map(([, problem]) => problem);
}

function ownConditions({ status }: Situated): readonly SituatedCondition[] {
  return (status?.conditions ?? []).filter(({ type }) => CONDITION_TYPES.includes(type as ConditionType));
}

function conditionChecks(condition: SituatedCondition, generation: number): readonly Check[] {
  const { type, status, observedGeneration = -1, reason, message, lastTransitionTime } = condition;
  return [
    [status === "True" || !ONLY_WHILE_TRUE.includes(type), `${type} stands there though it is not True`],
    [
      observedGeneration >= 0 && observedGeneration <= generation,
      `${type}.observedGeneration is ${observedGeneration}`,
    ],
    [/^[A-Z][A-Za-z]+$/.test(reason), `${type} has the reason ${JSON.stringify(reason)}`],
    // A sentence of ours, or one that begins with the field that it is about.
    [/^([A-Z]|spec\.)/.test(message), `${type} says ${JSON.stringify(message)}`],
    [message.length <= 1_024, `${type} says ${message.length} characters`],
    [/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/.test(lastTransitionTime), `${type} dates from ${lastTransitionTime}`],
  ];
}

/** Only Ready has the whole cause, so that nobody has to read it several times. */
function causeChecks(own: readonly SituatedCondition[]): readonly Check[] {
  const ready = find(own, "Ready");
  if (ready?.status !== "False") return [];
  return own
    .filter(({ type }) => type !== "Ready")
    .map(({ type, message }) => [message !== ready.message, `${type} repeats the message of Ready`]);
}

/** The two conditions of the update check are one answer. */
function updateChecks(own: readonly SituatedCondition[]): readonly Check[] {
  const [succeeded, available] = [find(own, "UpdateCheckSucceeded"), find(own, "UpdatesAvailable")];
  if (succeeded === undefined && available === undefined) return [];
  return [
    [succeeded?.observedGeneration === available?.observedGeneration, "the update conditions are of two generations"],
    [
      available?.status !== "False" || succeeded?.status === "True",
      "UpdatesAvailable is False though the check did not succeed",
    ],
  ];
}

function rowChecks(host: Situated, row: ConditionRow, own: readonly SituatedCondition[]): readonly Check[] {
  const suspended = isSuspended(host);
  const [says, health] = [kstatus(host), argoHealth(host)];
  const expected = suspended && row.argo !== "Suspended" ? "Suspended" : row.argo;
  const generations = new Set(
    own.filter(({ type }) => CONNECTION.includes(type)).map(({ observedGeneration }) => observedGeneration),
  );
  return [
    [host.metadata.deletionTimestamp !== undefined || says === row.kstatus, `${row.name}: kstatus says ${says}`],
    [host.metadata.deletionTimestamp !== undefined || health === expected, `${row.name}: Argo CD shows ${health}`],
    [!row.isAnswer || generations.size <= 1, `${row.name}: the conditions are of generations ${[...generations]}`],
  ];
}

function find(conditions: readonly SituatedCondition[], type: ConditionType): SituatedCondition | undefined {
  return conditions.find((condition) => condition.type === type);
}

function summary(conditions: readonly SituatedCondition[]): string {
  return conditions
    .map(
      ({ type, status, reason, observedGeneration }) =>
        `${type}=${status} ${reason} of generation ${observedGeneration}`,
    )
    .join(", ");
}
