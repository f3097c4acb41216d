import { type ChildProcess, type ForkOptions, fork } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import type { RoundReport } from "./contender-process.ts";
import type { ContenderTask, FleetFacts, FleetShape, FleetTraffic, Measurement } from "./protocol.ts";

/**
 * The settings of both contenders, which a deployed controller should have, too. By default, V8 lets garbage grow with
 * the machine's memory, which does not make this work faster but makes the process more than twice as large; and glibc
 * gives each thread that creates TLS contexts its own heap. None of the settings is a limit that a larger fleet could
 * hit.
 */
const CONTENDER_SETTINGS: ForkOptions = {
  execArgv: ["--max-semi-space-size=2", "--heap-growing-percent=40"],
  env: { ...process.env, MALLOC_ARENA_MAX: "1", MALLOC_MMAP_THRESHOLD_: "65536" },
};

export interface Fleet extends Disposable {
  readonly facts: FleetFacts;
  /** Returns the traffic since the last call. */
  takeTraffic(): Promise<FleetTraffic>;
}

export async function startFleet(shape: FleetShape): Promise<Fleet> {
  const child = startProcess("fleet-process.ts");
  return {
    facts: await ask<FleetFacts>(child, shape),
    takeTraffic: () => ask<FleetTraffic>(child, "traffic"),
    [Symbol.dispose]: () => child.kill(),
  };
}

export interface RunningContender extends Disposable {
  /** Checks every host once. */
  round(): Promise<Measurement>;
}

/**
 * Starts a contender and runs a round to warm it up.
 * @param file the bundle of the contenders
 */
export async function startContender(
  file: string,
  fleet: Fleet,
  task: Omit<ContenderTask, "facts">,
): Promise<RunningContender> {
  const child = fork(file, CONTENDER_SETTINGS);
  await ask<RoundReport>(child, { ...task, facts: fleet.facts });
  return {
    async round() {
      await fleet.takeTraffic();
      const report = await ask<RoundReport>(child, "round");
      return { ...report, traffic: await fleet.takeTraffic() };
    },
    [Symbol.dispose]: () => child.kill(),
  };
}

/** Starts a file of this folder. */
export function startProcess(file: string, options: ForkOptions = {}): ChildProcess {
  return fork(fileURLToPath(new URL(file, import.meta.url)), options);
}

/** Sends a message and waits for the answer. A child that fails prints its error on standard error. */
export async function ask<T>(child: ChildProcess, message: object | string): Promise<T> {
  const waiting = new AbortController();
  const { signal } = waiting;
  const died = once(child, "exit", { signal }).then(([code]) => {
    throw new Error(`${child.spawnargs.at(-1)} ended with ${String(code)} before it answered`);
  });
  try {
    const answered = once(child, "message", { signal });
    child.send(message);
    const [answer] = await Promise.race([answered, died]);
    return answer as T;
  } finally {
    waiting.abort();
  }
}
