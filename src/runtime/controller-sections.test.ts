import { beforeEach, describe, expect, it } from "vitest";
import { FakeClock, settle } from "../../test/support/fake-clock.ts";
import { MemoryLogger } from "../../test/support/memory-logger.ts";
import { DeadlineExceeded } from "../common/deadline.ts";
import { Controller, type ControllerOptions } from "./controller.ts";
import { Interrupted, type Run, ShuttingDown } from "./run.ts";
import { WorkQueue } from "./work-queue.ts";

const KEY = "ns/a";
const GRACE_MS = 10_000;
const BOUND_MS = 120_000;

let clock: FakeClock;
let queue: WorkQueue;
let stop: AbortController;
let logger: MemoryLogger;

beforeEach(() => {
  clock = new FakeClock();
  queue = new WorkQueue({ clock, random: () => 0 });
  stop = new AbortController();
  logger = new MemoryLogger();
});

interface Attempt {
  readonly run: Run;
  /** Of the run. */
  readonly signal: AbortSignal;
  /** Of its section. */
  section: AbortSignal | undefined;
  /** Whether the section has ended, and how. */
  result: unknown;
  /** Lets the section end. */
  end(): void;
}

/** Each run enters a section that is finished first, and continues until its signal fires if it is held after that. */
function start(
  options: Partial<ControllerOptions> & { readonly holdsAfter?: boolean; readonly ignores?: boolean } = {},
) {
  const { holdsAfter = false, ignores = false, ...more } = options;
  const attempts: Attempt[] = [];
  const controller = new Controller({
    name: "test",
    queue,
    workers: 1,
    deadlineMs: 60_000,
    graceMs: GRACE_MS,
    clock,
    logger,
    async reconcile(_key, signal, _logger, run) {
      const { promise: ended, resolve: end } = Promise.withResolvers<string>();
      const attempt: Attempt = { run, signal, section: undefined, result: undefined, end: () => end("done") };
      attempts.push(attempt);
      const work = run.finishFirst("the act", BOUND_MS, async (section) => {
        attempt.section = section;
        if (!ignores) section.addEventListener("abort", () => end("bound"), { once: true });
        return await ended;
      });
      attempt.result = await work.catch((error: unknown) => error);
      if (holdsAfter) await aborted(signal);
      return { kind: "done" };
    },
    ...more,
  });
  let hasStopped = false;
  void controller.run(stop.signal).then(() => {
    hasStopped = true;
  });
  return { controller, attempts, hasStopped: () => hasStopped };
}

function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    signal.addEventListener("abort", () => resolve(), { once: true });
  });
}

async function first(attempts: readonly Attempt[]): Promise<Attempt> {
  queue.add(KEY);
  await settle();
  return attempts[0] ?? expect.fail("nothing runs");
}

describe("a section that is finished first", () => {
  it("is not aborted by a change, which the run hears of immediately and which ends the run afterwards", async () => {
    const { controller, attempts } = start({ holdsAfter: true });
    const attempt = await first(attempts);
    controller.interrupt(KEY, "the host changed");
    await settle();
    expect(attempt.run.changed.reason).toEqual(expect.any(Interrupted));
    expect([attempt.signal.aborted, attempt.section?.aborted]).toEqual([false, false]);
    attempt.end();
    await settle();
    expect(attempt.result).toBe("done");
    expect(attempt.signal.reason).toEqual(expect.any(Interrupted));
    // The run over the change follows.
    expect(attempts).toHaveLength(2);
  });

  it("outlives the deadline of its run, which counts once it has ended, and is not reported as overdue", async () => {
    const { controller, attempts } = start({ holdsAfter: true });
    const attempt = await first(attempts);
    await clock.advance(100_000);
    expect([attempt.signal.aborted, controller.overdue]).toEqual([false, undefined]);
    attempt.end();
    await settle();
    expect(attempt.signal.reason).toEqual(expect.any(DeadlineExceeded));
  });

  it("ends at its own bound, and is overdue if it ignores that", async () => {
    const { controller, attempts } = start({ ignores: true });
    const attempt = await first(attempts);
    await clock.advance(BOUND_MS);
    expect(attempt.section?.reason).toEqual(expect.any(DeadlineExceeded));
    await clock.advance(6_000);
    expect(controller.overdue).toMatchObject({ key: KEY });
  });

  it("is waited for by a shutdown, beyond the grace period and up to its bound", async () => {
    const { attempts, hasStopped } = start();
    const attempt = await first(attempts);
    stop.abort();
    await clock.advance(GRACE_MS + 30_000);
    expect([hasStopped(), attempt.section?.aborted, attempt.run.stopping.aborted]).toEqual([false, false, true]);
    attempt.end();
    await settle();
    expect([hasStopped(), attempt.result]).toEqual([true, "done"]);
    expect(attempt.signal.reason).toEqual(expect.any(ShuttingDown));
  });

  it("holds a shutdown no longer than its bound", async () => {
    const { attempts, hasStopped } = start({ ignores: true });
    await first(attempts);
    stop.abort();
    await clock.advance(BOUND_MS);
    expect(hasStopped()).toBe(false);
    await clock.advance(6_000);
    expect(hasStopped()).toBe(true);
    expect(logger.lines).toMatchObject([{ level: "info" }, { level: "error", fields: { keys: [KEY] } }]);
  });

  it("does not begin in a run that was aborted, or once the program stops", async () => {
    const results: unknown[] = [];
    const begun: string[] = [];
    const { controller } = start({
      async reconcile(key, signal, _logger, run) {
        const [what, end] = key === KEY ? ["change", signal] : ["stop", run.stopping];
        await aborted(end);
        const work = run.finishFirst("the act", BOUND_MS, async () => begun.push(what));
        results.push(await work.catch((error: unknown) => error));
        return { kind: "done" };
      },
      workers: 2,
    });
    for (const key of [KEY, "ns/b"]) queue.add(key);
    await settle();
    stop.abort();
    controller.interrupt(KEY, "the host changed");
    await settle();
    expect(results).toEqual([expect.any(ShuttingDown), expect.any(Interrupted)]);
    expect(begun).toEqual([]);
  });
});

it("asks the leadership at the moment of an act", async () => {
  let transitions: number | undefined = 4;
  const leadership = {
    get isLeader() {
      return transitions !== undefined;
    },
    get transitions() {
      return transitions;
    },
    lease: "lease-1",
  };
  const { attempts } = start({ leadership });
  const { run, end } = await first(attempts);
  expect([run.leadership.isLeader, run.leadership.transitions]).toEqual([true, 4]);
  transitions = undefined;
  expect([run.leadership.isLeader, run.leadership.transitions]).toEqual([false, undefined]);
  end();
});
