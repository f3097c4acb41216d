import type { ApiFailure } from "./api-error.ts";
import type { Requeue } from "./controller.ts";

/**
 * What the runtime tells whoever counts. Observers are called synchronously from the midst of the work: they must
 * neither throw nor wait.
 */
export interface RuntimeObserver {
  /** For the queue of the controller with this name. */
  queue(controller: string): WorkQueueObserver;
  controller(name: string, workers: number): ReconcileObserver;
}

export interface WorkQueueObserver {
  /** The key has become due; it was not before. */
  due(key: string): void;
  taken(key: string): void;
  done(key: string): void;
  /** The key was given a wait that grows. */
  backedOff(key: string): void;
  /** Nothing is due any more: the queue is shut down. */
  emptied(): void;
}

/** How one run has ended. */
export type RunEnd =
  | { readonly kind: "returned"; readonly requeue: Requeue; readonly timedOut: boolean }
  | { readonly kind: "threw"; readonly error: unknown; readonly timedOut: boolean }
  | { readonly kind: "interrupted" };

export interface ReconcileObserver {
  started(): void;
  /** Once for each run: it has ended, or goes on without its worker. */
  workerFreed(): void;
  ended(end: RunEnd, ms: number): void;
}

/** Why a list or a watch had to be begun anew: what failed, or how the watch ended otherwise. */
export type RestartCause = ApiFailure["kind"] | "Ended" | "Inactive";

export interface ReflectorObserver {
  restarted(cause: RestartCause): void;
  /** A list begins although the store has been filled before. */
  relisting(): void;
}

/** Calls to the API server. */
export interface RequestObserver {
  /** @param code the HTTP status; undefined where there was no answer */
  answered(method: string, code: number | undefined): void;
}
