import type { ApiFailure } from "./api-error.ts";
import type { Requeue } from "./requeue.ts";

/**
 * Receives what the runtime reports for metrics. Observers are called synchronously in the middle of work, so they must
 * neither throw nor wait.
 */
export interface RuntimeObserver {
  /** Returns the observer of the queue of the controller with this name. */
  queue(controller: string): WorkQueueObserver;
  controller(name: string, workers: number): ReconcileObserver;
}

export interface WorkQueueObserver {
  /** The key has become due, and was not before. */
  due(key: string): void;
  taken(key: string): void;
  done(key: string): void;
  /** The key was delayed by a backoff. */
  backedOff(key: string): void;
  /** Nothing is due any more, because the queue was shut down. */
  emptied(): void;
}

/** Says how a run ended. */
export type RunEnd =
  | { readonly kind: "returned"; readonly requeue: Requeue; readonly timedOut: boolean }
  | { readonly kind: "threw"; readonly error: unknown; readonly timedOut: boolean }
  | { readonly kind: "interrupted" };

export interface ReconcileObserver {
  started(): void;
  /** Is called once for each run, when it has ended or continues without its worker. */
  workerFreed(): void;
  ended(end: RunEnd, ms: number): void;
}

/** Says why a list or a watch had to be restarted: what failed, or how the watch ended otherwise. */
export type RestartCause = ApiFailure["kind"] | "Ended" | "Inactive";

export interface ReflectorObserver {
  restarted(cause: RestartCause): void;
  /** A list starts although the store has already been filled. */
  relisting(): void;
}

/** Counts calls to the API server. */
export interface RequestObserver {
  /** @param code the HTTP status; undefined if there was no answer */
  answered(method: string, code: number | undefined): void;
}
