const SIGNALS = { SIGHUP: 129, SIGINT: 130, SIGTERM: 143 } as const;

export type StopSignal = keyof typeof SIGNALS;

export interface StopActions {
  /** Begins an orderly end. */
  readonly stop: (signal: StopSignal, exitCode: number) => void;
  /** The user does not want to wait for it. */
  readonly hurry: (exitCode: number) => void;
}

/** What the launcher sends for a signal that it received: see bin/node24.js. */
interface PassedOn {
  readonly signal: StopSignal;
}

/** The part of a process that signals reach. */
export interface SignalledProcess {
  on(event: string, listener: (message: unknown) => void): unknown;
  readonly send?: ((message: unknown) => unknown) | undefined;
  readonly channel?: { unref(): void } | null | undefined;
}

/**
 * Calls `stop` for the first of SIGHUP, SIGINT and SIGTERM, with its exit code, and `hurry` for each further SIGINT and
 * SIGTERM. If a launcher runs this process, the launcher passes on what it receives. Ctrl-C and most supervisors signal
 * both, which counts once.
 */
export function onStopSignal(process: SignalledProcess, { stop, hurry }: StopActions): void {
  const received = {
    SIGHUP: { here: 0, passedOn: 0 },
    SIGINT: { here: 0, passedOn: 0 },
    SIGTERM: { here: 0, passedOn: 0 },
  };
  let hasStopped = false;
  let wasAsked = false;
  const act = (signal: StopSignal) => {
    // A terminal that closes can send SIGHUP several times, and systemd sends it together with SIGTERM.
    const asks = signal !== "SIGHUP";
    if (!hasStopped) stop(signal, SIGNALS[signal]);
    else if (asks && wasAsked) hurry(SIGNALS[signal]);
    hasStopped = true;
    wasAsked ||= asks;
  };
  const count = (signal: StopSignal, way: "here" | "passedOn") => {
    const counts = received[signal];
    const before = Math.max(counts.here, counts.passedOn);
    counts[way]++;
    if (Math.max(counts.here, counts.passedOn) > before) act(signal);
  };
  for (const signal of ["SIGHUP", "SIGINT", "SIGTERM"] as const) process.on(signal, () => count(signal, "here"));
  if (process.send === undefined) return;
  process.on("message", (message) => {
    if (isPassedOn(message)) count(message.signal, "passedOn");
  });
  // Without its launcher, nobody could stop this process.
  process.on("disconnect", () => act("SIGTERM"));
  // The channel must not keep a process alive that has finished.
  process.channel?.unref();
  process.send({ takesSignals: true });
}

function isPassedOn(message: unknown): message is PassedOn {
  return (
    typeof message === "object" &&
    message !== null &&
    "signal" in message &&
    typeof message.signal === "string" &&
    Object.hasOwn(SIGNALS, message.signal)
  );
}
