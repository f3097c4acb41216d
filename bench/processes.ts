import { type ChildProcess, type ForkOptions, fork } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import type { RoundReport } from "./contender-process.ts";
import type { ContenderTask, FleetFacts, FleetShape, FleetTraffic, Measurement } from "./protocol.ts";

/**
 * How both contenders are started, and how a controller is to be deployed. By default V8 lets garbage grow with the
 * machine's memory, which makes this work no faster and the process more than twice as large; and every thread that
 * makes TLS contexts gets a heap of its own from glibc. None of this is a limit that a larger fleet could hit.
 */
const CONTENDER_SETTINGS: ForkOptions = {
  execArgv: ["--max-semi-space-size=2", "--heap-growing-percent=20"],
  env: { ...process.env, MALLOC_ARENA_MAX: "1" },
};

export interface Fleet extends Disposable {
  readonly facts: FleetFacts;
  /** What the fleet was asked since the last call. */
  takeTraffic(): Promise<FleetTraffic>;
}

export async function startFleet(shape: FleetShape): Promise<Fleet> {
  const child = start("fleet-process.ts");
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

/** Starts a contender and lets it warm up for a round. */
export async function startContender(fleet: Fleet, task: Omit<ContenderTask, "facts">): Promise<RunningContender> {
  const child = start("contender-process.ts", CONTENDER_SETTINGS);
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

function start(file: string, options: ForkOptions = {}): ChildProcess {
  return fork(fileURLToPath(new URL(file, import.meta.url)), options);
}

/** Sends a message and waits for the answer; the child's own error is on its standard error. */
async function ask<T>(child: ChildProcess, message: object | string): Promise<T> {
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
