import type { Failure, Outcome } from "../api/failure.ts";
import type { Clock } from "../common/clock.ts";
import type { Random } from "../common/random.ts";
import type { EngineChanges, RestartPolicy } from "../docker/engine-changes.ts";
import type { EngineDetails } from "../docker/engine-details.ts";
import type { PullEvent } from "../docker/pull-event.ts";
import type { StepName } from "./next-step.ts";
import type { TiesCache } from "./ties.ts";

/** What somebody asks for: one container on exactly one image. */
export interface ReplacementRequest {
  /** Own name of the container. */
  readonly container: string;
  /** The name from which the new container is created. */
  readonly image: string;
  readonly digest: string;
  /** The image id that it must still run. */
  readonly replaces?: string;
  readonly health: { readonly timeoutMs: number; readonly stableForMs: number };
  readonly onFailure: "RollBack" | "Keep";
  readonly removeOldImage: boolean;
  readonly hooks: "Disabled" | "Labels";
  /** Whether another process has begun this update, so that the container existed then. */
  readonly isResumed?: boolean;
  /**
   * The value of X-Registry-Auth. It must never be sent over an unverified connection; the caller then leaves it out.
   */
  readonly registryAuth?: string;
}

/** What is known about the daemon before an update. */
export interface EngineDescription {
  /** `Docker`; others are refused. */
  readonly name: string;
  readonly apiVersion: string;
  /** Whether a user has fixed that version, so that the engine may have newer ones. */
  readonly isPinned?: boolean;
  readonly os?: string;
  /** In the notation of image platforms: `amd64`. */
  readonly arch?: string;
  /** The id of the machine. */
  readonly hostname?: string;
  /** The port on the host to which requests are sent; absent for Unix sockets. */
  readonly port?: number;
  /** The host name of this program, which may run in a container of the same daemon. */
  readonly ownHostname?: string;
}

/** Who has begun a transaction, as its label says. */
export interface BegunBy {
  readonly txn: string;
  readonly owner: string;
  readonly lease?: string | undefined;
}

/** Who changes the daemon. */
export interface Writer {
  /** The same for all instances that finish each other's transactions; transactions of another owner are waited for. */
  readonly owner: string;
  /** The uid of the lease of the leader election, if there is one. */
  readonly lease?: string | undefined;
  /** That lease's number of transitions; anything that a later term of the same lease has begun is left unchanged. */
  readonly term: number;
  /** Whether a person has asked to finish or undo what other owners and later terms have begun. */
  readonly takesOver?: boolean;
  /** Whether nobody else will finish a transaction of another owner, so that this writer has to. */
  readonly adopts?: (begun: BegunBy) => boolean;
}

/** Opens one connection to the daemon; called again after a connection was lost. */
export interface EngineAccess extends Disposable {
  readonly details: Pick<EngineDetails, keyof EngineDetails>;
  readonly changes: Pick<EngineChanges, keyof EngineChanges>;
}

export const REPLACEMENT_PHASES = ["Pulling", "Replacing", "Verifying", "RollingBack"] as const;
export type ReplacementPhase = (typeof REPLACEMENT_PHASES)[number];

/**
 * What is about to be done. It must be stored before it is done, because the daemon's own state is not always enough.
 */
export interface Progress {
  readonly phase: ReplacementPhase;
  readonly step: StepName | "Pull" | "Tag" | "Verify" | "Restart" | "Hook" | "RemoveImage";
  readonly txn: string;
  readonly members: readonly MemberRecord[];
  /** Why the old container is put back, or why the new one is kept for a look. */
  readonly because?: Failure;
  /** The ids of containers whose restart was begun. */
  readonly restarting?: readonly string[];
}

/** What was stored of a transaction right before it was interrupted. */
export type TransactionRecord = Pick<Progress, "phase" | "txn" | "members" | "restarting">;

export interface MemberRecord {
  readonly name: string;
  readonly oldId: string;
  /** The new container that was created last, even if somebody has removed it since. */
  readonly newId?: string;
  readonly wasRunning: boolean;
  readonly restartPolicy?: RestartPolicy;
}

export interface ReplacementPorts {
  readonly open: () => EngineAccess;
  readonly engine: EngineDescription;
  readonly writer: Writer;
  readonly clock: Clock;
  readonly random: Random;
  /** Called right before each changing request: whether this process may still make changes. */
  readonly mayChange: () => boolean | Promise<boolean>;
  /**
   * Called before each changing request; when it succeeds, the record must be stored. If it fails, the work stops
   * immediately.
   */
  readonly record: (progress: Progress) => Promise<Outcome<void>>;
  readonly onPull?: (event: PullEvent) => void;
  /** Ends the work immediately at any point; `recover` continues from there. */
  readonly signal: AbortSignal;
  /** Ends it with the old container, as far as the new one is not proved yet. */
  readonly cancel?: AbortSignal;
  /** Kept over all updates on this daemon, so that the second one does not ask for every container again. */
  readonly ties?: TiesCache;
  /** How long a daemon that cannot be reached is waited for; default 15 minutes. */
  readonly patienceMs?: number;
}

/** How an update ended. `changed` says whether anything on the host was touched, apart from pulled images. */
export type ReplacementResult =
  | {
      readonly kind: "Succeeded";
      readonly before: string;
      readonly after: string;
      /**
       * From the stop of the old container to the start of the new one; absent if it did not run, or another process
       * saw it.
       */
      readonly downtimeMs?: number;
      readonly warnings: readonly string[];
    }
  /** The container already runs this digest under this name. */
  | { readonly kind: "UpToDate" }
  /** The old container is back as it was. */
  | { readonly kind: "RolledBack"; readonly failure: Failure }
  /** The new container failed and was kept, as requested; the old one is stopped, under the name in the failure. */
  | { readonly kind: "Kept"; readonly failure: Failure }
  /** Nothing was changed, or the failure is RollbackFailed and says what is left. */
  | { readonly kind: "Failed"; readonly failure: Failure }
  | { readonly kind: "Superseded"; readonly failure: Failure }
  | { readonly kind: "Cancelled"; readonly failure: Failure }
  /** Something else changes this daemon: try again later. */
  | { readonly kind: "Busy"; readonly failure: Failure }
  /** It stopped in the middle: `recover` finishes or undoes it. */
  | { readonly kind: "Interrupted"; readonly failure: Failure };
