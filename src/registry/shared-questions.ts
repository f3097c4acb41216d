import { SharedTasks } from "./shared-tasks.ts";

export interface QuestionOptions<T> {
  /** Whose turn is waited for: a question that another owner waits with is not joined, since theirs may come much later. */
  readonly owner: string;
  /** Wall-clock milliseconds. */
  readonly now: () => number;
  /** What was asked earlier, in wall-clock milliseconds, does not count. */
  readonly notBefore: number;
  readonly signal: AbortSignal;
  /** Waits for the owner's turn, and then does the task. */
  readonly turn: (signal: AbortSignal, task: () => Promise<T>) => Promise<T>;
  /** What somebody has found out meanwhile. */
  readonly known: () => T | undefined;
}

/** Questions that wait for their turn, and are asked once for all who want the same at the same time. */
export class SharedQuestions<T> {
  readonly #waiting = new SharedTasks<T>();
  readonly #asking = new SharedTasks<T>();

  /** Rejects only with the reason of the signal. */
  ask(key: string, options: QuestionOptions<T>, question: (signal: AbortSignal) => Promise<T>): Promise<T> {
    const { owner, now, notBefore, signal, turn, known } = options;
    const ask = (waited: AbortSignal) => this.#asking.join(key, { now: now(), notBefore }, waited, question);
    return this.#waiting.join(JSON.stringify([owner, key]), { now: now(), notBefore }, signal, (waiting) =>
      turn(waiting, async () => known() ?? (await ask(waiting))),
    );
  }
}
