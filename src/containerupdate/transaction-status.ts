import { boundedWarnings } from "../api/bounded-warnings.ts";
import {
  type ContainerUpdateStatus,
  MAX_PLAN_WARNINGS,
  MAX_PLANNED,
  MAX_RESTARTS,
  type UpdateTransaction,
} from "../api/container-update-status.ts";
import { MAX_NAME_LENGTH, MAX_WARNING_LENGTH } from "../api/status.ts";
import { formatDuration } from "../common/duration.ts";
import { truncate } from "../common/truncate.ts";
import type { ReplacementPlan } from "../replacement/plan.ts";
import {
  type MemberRecord,
  type Progress,
  REPLACEMENT_PHASES,
  type TransactionRecord,
} from "../replacement/request.ts";

/** What is stored about a transaction in front of each change, in case the controller crashes. */
export function toTransaction(
  { txn, step, members, restarting = [] }: Progress,
  undone = 0,
): UpdateTransaction | undefined {
  const [main, ...others] = members;
  if (main === undefined) return undefined;
  const dependants = others.slice(0, MAX_PLANNED).map((each) => ({ name: each.name, ...toMember(each) }));
  return {
    id: txn,
    step,
    ...toMember(main),
    ...(dependants.length > 0 && { dependants }),
    ...(restarting.length > 0 && { restarting: restarting.slice(0, MAX_RESTARTS) }),
    ...(undone > 0 && { undone }),
  };
}

function toMember({ oldId, newId, wasRunning, restartPolicy }: MemberRecord) {
  const { Name: name = "", MaximumRetryCount: maximumRetryCount } = restartPolicy ?? {};
  return {
    oldID: oldId,
    ...(newId !== undefined && { newID: newId }),
    wasRunning,
    ...(restartPolicy !== undefined && {
      restartPolicy: { name, ...(maximumRetryCount !== undefined && { maximumRetryCount }) },
    }),
  };
}

/** Does the reverse, for the recovery. `container` is the one that the spec names. */
export function toRecord(
  { phase, transaction }: Pick<ContainerUpdateStatus, "phase" | "transaction">,
  container: string,
): TransactionRecord | undefined {
  if (transaction === undefined) return undefined;
  const { id: txn, dependants = [], restarting, ...main } = transaction;
  const members = [{ ...main, name: container }, ...dependants].map(
    ({ name, oldID, newID, wasRunning, restartPolicy }) => ({
      name,
      oldId: oldID,
      ...(newID !== undefined && { newId: newID }),
      wasRunning,
      ...(restartPolicy !== undefined && { restartPolicy: toPolicy(restartPolicy) }),
    }),
  );
  // An update that has begun is never in another phase.
  return {
    txn,
    phase: REPLACEMENT_PHASES.find((each) => each === phase) ?? "Replacing",
    members,
    ...(restarting && { restarting }),
  };
}

function toPolicy({ name, maximumRetryCount }: NonNullable<UpdateTransaction["restartPolicy"]>) {
  return { Name: name, ...(maximumRetryCount !== undefined && { MaximumRetryCount: maximumRetryCount }) };
}

/** What the plan adds to the status. `more`: further warnings. */
export function planDetails(
  { containers, warnings, stopMs = 0, before }: ReplacementPlan,
  more: readonly string[],
): Pick<ContainerUpdateStatus, "plan" | "before"> {
  const all = boundedWarnings([...warnings, ...more], MAX_PLAN_WARNINGS);
  return {
    plan: {
      containers: containers.slice(0, MAX_PLANNED).map(({ name, id, action, because }) => ({
        name: truncate(name, MAX_NAME_LENGTH),
        id,
        action,
        ...(because !== undefined && { because: truncate(because, MAX_WARNING_LENGTH) }),
      })),
      ...(all.length > 0 && { warnings: all }),
      ...(stopMs > 0 && { longestStop: formatDuration(stopMs) }),
    },
    before: {
      image: before.image,
      imageID: before.imageId,
      ...(before.digest !== undefined && { digest: before.digest }),
    },
  };
}
