import type { Outcome } from "../api/failure.ts";
import type { Change } from "./arrival.ts";
import type { EngineAccess, Progress, ReplacementPhase } from "./request.ts";
import type { Transaction } from "./transaction.ts";

const MAX_TRIES = 3;

/** Makes a change that may be made twice without harm again if its answer was lost. */
export async function repeat<T>(
  transaction: Transaction,
  phase: ReplacementPhase,
  step: Progress["step"],
  send: (access: EngineAccess) => Promise<Outcome<T>>,
): Promise<Change<T>> {
  for (let tries = 1; ; tries++) {
    const change = await transaction.change(phase, step, send);
    if (change.kind !== "unknown" || tries >= MAX_TRIES || (await transaction.look()).kind !== "end") return change;
  }
}
