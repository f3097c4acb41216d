import type { ConditionType } from "../../src/api/condition-types.ts";
import type { ArgoHealth } from "./argo-health.ts";
import type { Kstatus } from "./kstatus.ts";
import { isSuspended, type Situated, type SituatedCondition } from "./situated.ts";

/** A row of the contract's table: a situation, and what tools are to make of it. */
export interface ConditionRow {
  readonly name: string;
  readonly kstatus: Kstatus;
  readonly argo: ArgoHealth;
  /** Whether it is the outcome of an attempt, of whose generation are then all conditions of the connection. */
  readonly isAnswer: boolean;
}

/** The reasons for a missing object of the cluster, which may still appear. */
const MISSING = ["SecretNotFound", "SecretKeyMissing", "ClientKeyPairIncomplete", "SecretUnreadable"];

const UNTOUCHED = row("created, untouched", "InProgress", "Progressing", false);
const WORKING = row("a new generation is worked on", "InProgress", "Progressing", false);
const OUTDATED = row("an answer to an older generation", "InProgress", "Progressing", true);
const WELL = row("all well", "Current", "Healthy", true);
const WIRE = row("host down, timeout, untrusted, wrong name", "InProgress", "Degraded", true);
const WAITING = row("Secret or key missing", "InProgress", "Progressing", true);
const STALLED = row("bad PEM, key mismatch, invalid endpoint", "Failed", "Degraded", true);
const MISTAKE = row("a mistake of the program itself", "InProgress", "Degraded", true);
const SUSPENDED_WELL = row("suspended, and was well", "Current", "Suspended", true);
const SUSPENDED = row("suspended, and was not well or is not known", "InProgress", "Suspended", true);

function row(name: string, kstatus: Kstatus, argo: ArgoHealth, isAnswer: boolean): ConditionRow {
  return { name, kstatus, argo, isAnswer };
}

/** The row that a status is; undefined if it is none. */
export function rowOf(host: Situated): ConditionRow | undefined {
  const { metadata, status } = host;
  const find = (type: ConditionType) => status?.conditions?.find((condition) => condition.type === type);
  const ready = find("Ready");
  const observed = status?.observedGeneration ?? -1;
  const [reconciling, stalled] = [find("Reconciling"), find("Stalled")];
  const [credentials, connected] = [find("CredentialsValid"), find("Connected")];
  const parts = { ready, reconciling, stalled, credentials, connected };
  if (reconciling !== undefined && stalled !== undefined) return undefined;
  if (ready === undefined) {
    const nothing = !reconciling && !stalled && !credentials && !connected;
    return nothing && observed === -1 ? UNTOUCHED : undefined;
  }
  if (ready.reason === "Progressing") {
    const begun = ready.observedGeneration !== undefined && observed < ready.observedGeneration;
    const works = ready.status === "Unknown" && reconciling?.reason === "Progressing" && !stalled;
    return begun && works ? WORKING : undefined;
  }
  if (credentials === undefined || connected === undefined || ready.observedGeneration !== observed) return undefined;
  // Ready and at rest, kept or not, is the one row that two situations share: suspend decides which.
  const answer = answerOf({ ...parts, ready, credentials, connected });
  const atRest = answer ?? (reconciling || stalled ? undefined : SUSPENDED);
  if (observed !== metadata.generation) return atRest === undefined ? undefined : OUTDATED;
  if (!isSuspended(host)) return answer;
  if (reconciling || stalled) return undefined;
  return ready.status === "True" ? SUSPENDED_WELL : SUSPENDED;
}

interface Parts {
  readonly ready: SituatedCondition;
  readonly reconciling: SituatedCondition | undefined;
  readonly stalled: SituatedCondition | undefined;
  readonly credentials: SituatedCondition;
  readonly connected: SituatedCondition;
}

/** The outcome of an attempt. The cause is the same word in every place. */
function answerOf({ ready, reconciling, stalled, credentials, connected }: Parts): ConditionRow | undefined {
  const { reason } = ready;
  if (ready.status === "True") {
    const well = reason === "Succeeded" && credentials.status === "True" && connected.status === "True";
    return well && !reconciling && !stalled ? WELL : undefined;
  }
  if (ready.status !== "False") return undefined;
  const retried = reconciling?.reason === "ProgressingWithRetry";
  if (connected.status === "False") {
    const fits = connected.reason === reason && credentials.status === "True" && retried;
    return fits ? WIRE : undefined;
  }
  if (connected.reason !== "NotAttempted") return undefined;
  if (credentials.status === "False") {
    if (credentials.reason !== reason) return undefined;
    if (MISSING.includes(reason)) return retried ? WAITING : undefined;
    if (reason === "InternalError") return retried ? MISTAKE : undefined;
    return stalled?.reason === reason ? STALLED : undefined;
  }
  return credentials.reason === "NotAttempted" && stalled?.reason === reason ? STALLED : undefined;
}
