import { SharedTasks } from "./shared-tasks.ts";

export interface SharedRequestOptions<T> {
  /**
   * Whose turn is awaited. A request that another owner waits for is not joined, because that owner's turn may come
   * much later.
   */
  readonly owner: string;
  /** In wall-clock milliseconds. */
  readonly now: () => number;
  /** In wall-clock milliseconds; earlier requests do not count. */
  readonly notBefore: number;
  readonly signal: AbortSignal;
  /** Waits for the owner's turn, and then runs the task. */
  readonly turn: (signal: AbortSignal, task: () => Promise<T>) => Promise<T>;
  /** Returns an answer that another caller has found in the meantime. */
  readonly known: () => T | undefined;
}

/** Requests that wait for their turn. Callers that want the same at the same time share one request. */
export class SharedRequests<T> {
  readonly #waiting = new SharedTasks<T>();
  readonly #asking = new SharedTasks<T>();

  /** Rejects only with the reason of the signal. */
  ask(key: string, options: SharedRequestOptions<T>, request: (signal: AbortSignal) => Promise<T>): Promise<T> {
    const { owner, now, notBefore, signal, turn, known } = options;
    const ask = (waited: AbortSignal) => this.#asking.join(key, { now: now(), notBefore }, waited, request);
    return this.#waiting.join(JSON.stringify([owner, key]), { now: now(), notBefore }, signal, (waiting) =>
      turn(waiting, async () => known() ?? (await ask(waiting))),
    );
  }
}
