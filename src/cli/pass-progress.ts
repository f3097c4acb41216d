import type { Clock } from "../common/clock.ts";
import type { CliStream } from "./context.ts";
import { writeMessage } from "./wrap.ts";

export interface ProgressOptions {
  readonly stderr: CliStream;
  readonly clock: Clock;
  readonly total: number;
  /** The hosts that are not finished, in the order in which they were started. */
  readonly open: () => readonly string[];
}

/** A pass that ends sooner is not announced. */
const FIRST_MS = 2_000;
const NEXT_MS = 10_000;
const MAX_NAMES = 3;

/** Shows a person at a terminal, on standard error, what a long pass is waiting for. Ends when it is disposed of. */
export function startProgress({ stderr, clock, total, open }: ProgressOptions): Disposable {
  if (stderr.isTTY !== true) return { [Symbol.dispose]: () => undefined };
  const began = clock.monotonic();
  const report = () => {
    const names = open();
    const more = names.length > MAX_NAMES ? ` and ${names.length - MAX_NAMES} more` : "";
    const seconds = Math.round((clock.monotonic() - began) / 1_000);
    const hosts = total === 1 ? "1 host" : `${total} hosts`;
    const waiting = `waiting for ${names.slice(0, MAX_NAMES).join(", ")}${more} (${seconds} s)`;
    if (names.length > 0) writeMessage(stderr, `Checking ${hosts}: ${total - names.length} done, ${waiting}`);
    cancel = clock.after(NEXT_MS, report);
  };
  let cancel = clock.after(FIRST_MS, report);
  return { [Symbol.dispose]: () => cancel() };
}
