import type { Failure, Outcome } from "../api/failure.ts";
import { wasAnswered } from "../docker/classify-change.ts";
import type { Change } from "./arrival.ts";
import { interruption, taken } from "./failures.ts";
import type { Progress, ReplacementPorts } from "./request.ts";

type Ports = Pick<ReplacementPorts, "record" | "mayChange" | "signal">;

export type Reported = Change<void> & { readonly kind: "done" | "stop" };

/** Stores what is about to be done, and looks whether this process may still do it. */
export async function report({ record, mayChange, signal }: Ports, progress: Progress): Promise<Reported> {
  if (signal.aborted) return stopped("the program was asked to stop");
  const recorded = await record(progress);
  if (!recorded.ok) return { kind: "stop", failure: recorded.failure };
  if (!(await mayChange())) return { kind: "stop", failure: taken() };
  return { kind: "done", value: undefined };
}

/**
 * Makes one changing request. Its record is stored first, and this process must still be allowed to make changes right
 * before it is sent.
 */
export async function recordedChange<T>(
  ports: Ports,
  progress: Progress,
  send: () => Promise<Outcome<T>>,
): Promise<Change<T>> {
  const reported = await report(ports, progress);
  if (reported.kind !== "done") return reported;
  const sent = await send();
  if (sent.ok) return { kind: "done", value: sent.value };
  if (ports.signal.aborted) return stopped("the program was asked to stop");
  return { kind: wasAnswered(sent.failure) ? "refused" : "unknown", failure: sent.failure };
}

function stopped(why: string): { readonly kind: "stop"; readonly failure: Failure } {
  return { kind: "stop", failure: interruption(why) };
}
