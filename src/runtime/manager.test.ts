import { beforeEach, describe, expect, it } from "vitest";
import { FakeClock, settle } from "../../test/support/fake-clock.ts";
import { silentLogger } from "../common/logger.ts";
import { runManager } from "./manager.ts";

let clock: FakeClock;
let story: string[];
let stop: AbortController;
let sync: (synced: boolean) => void;

beforeEach(() => {
  clock = new FakeClock();
  story = [];
  stop = new AbortController();
});

function run(more: Partial<Parameters<typeof runManager>[0]> = {}) {
  const synced = new Promise<boolean>((resolve) => {
    sync = resolve;
  });
  return runManager(
    {
      clock,
      logger: silentLogger,
      reflectors: [
        {
          run: (signal) => untilAborted("reflector", signal),
          synced: (signal) => Promise.race([synced, fired(signal).then(() => false)]),
          refresh: async () => {
            story.push("refreshed");
          },
        },
      ],
      controllers: [{ run: (signal) => untilAborted("controller", signal) }],
      recorder: {
        flush: async () => {
          story.push("events flushed");
        },
      },
      ...more,
    },
    stop.signal,
  );
}

function fired(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    signal.addEventListener("abort", () => resolve(), { once: true });
  });
}

async function untilAborted(name: string, signal: AbortSignal): Promise<void> {
  story.push(`${name} started`);
  await fired(signal);
  await settle();
  story.push(`${name} stopped`);
}

describe("runManager", () => {
  it("starts workers once the stores are full, and stops everything in the reverse order", async () => {
    const managed = run();
    await settle();
    expect(story).toEqual(["reflector started"]);
    sync(true);
    await settle();
    expect(story).toEqual(["reflector started", "controller started"]);
    stop.abort();
    expect(await managed).toEqual({ ok: true, value: undefined });
    expect(story.slice(2)).toEqual(["controller stopped", "reflector stopped", "events flushed"]);
    expect(clock.pending).toBe(0);
  });

  it("gives up when the first lists take too long", async () => {
    const managed = run();
    await clock.advance(120_000);
    expect(await managed).toMatchObject({ ok: false });
    expect(story).toEqual(["reflector started", "reflector stopped", "events flushed"]);
  });

  it("stops while it waits for the first lists", async () => {
    const managed = run();
    await settle();
    stop.abort();
    expect(await managed).toMatchObject({ ok: true });
    expect(story).toEqual(["reflector started", "reflector stopped", "events flushed"]);
  });

  describe("with an election", () => {
    let lead: (leads: boolean) => void;
    const election = () => {
      const won = new Promise<boolean>((resolve) => {
        lead = resolve;
      });
      return {
        run: (signal: AbortSignal) => untilAborted("election", signal),
        elected: (signal: AbortSignal) => Promise.race([won, fired(signal).then(() => false)]),
      };
    };

    it("starts workers once this process leads, and gives the lease back once they have ended", async () => {
      const managed = run({ election: election() });
      sync(true);
      await settle();
      expect(story).toEqual(["reflector started", "election started"]);
      lead(true);
      await settle();
      // The last leader's last words may still be on their way to the stores.
      expect(story.slice(2)).toEqual(["refreshed", "controller started"]);
      stop.abort();
      expect(await managed).toEqual({ ok: true, value: undefined });
      expect(story.slice(4)).toEqual(["controller stopped", "election stopped", "reflector stopped", "events flushed"]);
    });

    it("ends in order as a standby", async () => {
      const managed = run({ election: election() });
      sync(true);
      await settle();
      stop.abort();
      expect(await managed).toEqual({ ok: true, value: undefined });
      expect(story.slice(2)).toEqual(["election stopped", "reflector stopped", "events flushed"]);
    });
  });
});
