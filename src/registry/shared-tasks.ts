/** Work in progress by key. A caller that wants the same result joins it. */
export class SharedTasks<T> {
  readonly #running = new Map<string, SharedTask<T>>();

  /**
   * Joins the work with this key if it was started at `notBefore` or later; otherwise starts it. Rejects with the
   * reason of `signal` when the caller aborts; the work itself is aborted when its last caller is gone.
   */
  join(
    key: string,
    times: { readonly now: number; readonly notBefore: number },
    signal: AbortSignal,
    run: (signal: AbortSignal) => Promise<T>,
  ): Promise<T> {
    const running = this.#running.get(key);
    if (running?.isJoinable(times.notBefore)) return running.join(signal);
    const task: SharedTask<T> = new SharedTask(times.now, run, () => {
      if (this.#running.get(key) === task) this.#running.delete(key);
    });
    this.#running.set(key, task);
    return task.join(signal);
  }

  get size(): number {
    return this.#running.size;
  }
}

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

class SharedTask<T> {
  readonly #startedAt: number;
  readonly #controller = new AbortController();
  readonly #result: Promise<T>;
  #waiting = 0;

  constructor(startedAt: number, run: (signal: AbortSignal) => Promise<T>, onEnd: () => void) {
    this.#startedAt = startedAt;
    this.#result = run(this.#controller.signal);
    // Callers see a rejection through join; here it only marks the end.
    this.#result.then(onEnd, onEnd);
  }

  /** Without callers, the work is being aborted. */
  isJoinable(notBefore: number): boolean {
    return this.#startedAt >= notBefore && !this.#controller.signal.aborted;
  }

  async join(signal: AbortSignal): Promise<T> {
    this.#waiting++;
    const { promise: aborted, reject } = Promise.withResolvers<never>();
    const leave = () => reject(signal.reason);
    if (signal.aborted) leave();
    signal.addEventListener("abort", leave, { once: true });
    try {
      return await Promise.race([aborted, this.#result]);
    } finally {
      signal.removeEventListener("abort", leave);
      if (--this.#waiting === 0) this.#controller.abort();
    }
  }
}
