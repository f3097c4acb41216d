/** Counts what the notifier does. Called synchronously; it must neither throw nor wait. */
export interface NotifyObserver {
  /** An attempt to deliver a message ended. */
  attempted(result: "delivered" | "failed" | "refused"): void;
  /** This number of changes were delivered, or will never be. */
  settled(result: "delivered" | "dropped", changes: number): void;
}

/** The state of the notifier, which is read at each scrape. */
export interface NotifierState {
  /** The number of objects with changes that were not delivered yet. */
  readonly waiting: number;
  /** Why the last attempt failed; undefined if it did not. */
  readonly problem: string | undefined;
}
