import { beforeEach, describe, expect, it } from "vitest";
import { FakeClock, settle } from "../../test/support/fake-clock.ts";
import { MemoryLogger } from "../../test/support/memory-logger.ts";
import { Announcement } from "../common/announcement.ts";
import { type FollowedCollection, type ManagerOptions, runManager } from "./manager.ts";

let clock: FakeClock;
let story: string[];
let stop: AbortController;
let logger: MemoryLogger;
let collection: FakeCollection;

beforeEach(() => {
  clock = new FakeClock();
  story = [];
  logger = new MemoryLogger();
  collection = new FakeCollection();
  stop = new AbortController();
});

/** A collection whose lists succeed, fail or stay away as a test says. */
class FakeCollection implements FollowedCollection {
  readonly path: string;
  readonly isDispensable: boolean;
  isCurrent = false;
  readonly #answered = new Announcement();

  constructor(path = "reflector", isDispensable = false) {
    this.path = path;
    this.isDispensable = isDispensable;
  }

  answer(isCurrent: boolean): void {
    this.isCurrent = isCurrent;
    this.#answered.notify();
  }

  run = (signal: AbortSignal) => untilAborted(this.path, signal);

  async settled(signal: AbortSignal): Promise<boolean> {
    if (!this.isCurrent) await this.#answered.next(signal);
    return this.isCurrent;
  }

  async synced(signal: AbortSignal): Promise<boolean> {
    while (!this.isCurrent && !signal.aborted) await this.#answered.next(signal);
    return this.isCurrent;
  }

  async refresh(signal: AbortSignal): Promise<boolean> {
    if (this.isDispensable) return true;
    this.isCurrent = false;
    story.push(`${this.path} refreshed`);
    await this.#answered.next(signal);
    return this.isCurrent;
  }

  forget(): void {
    story.push(`${this.path} forgotten`);
  }
}

function run(more: Partial<ManagerOptions> = {}) {
  return runManager(
    {
      clock,
      logger,
      reflectors: [collection],
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
    collection.answer(true);
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

  it("does not lead before it is permitted to", async () => {
    const permission = Promise.withResolvers<void>();
    const managed = run({ permitted: permission.promise });
    collection.answer(true);
    await settle();
    expect(story).toEqual(["reflector started"]);
    permission.resolve();
    await settle();
    expect(story).toEqual(["reflector started", "controller started"]);
    stop.abort();
    await managed;
  });

  it("ends immediately if it is not permitted to lead, even while lists arrive", async () => {
    const managed = run({ permitted: Promise.reject(new Error("too old")) });
    await expect(managed).rejects.toThrow("too old");
    await settle();
    expect(story).toEqual(["reflector started", "reflector stopped", "events flushed"]);
    expect(clock.pending).toBe(0);
  });

  it("prepares the workers once the stores are full, and starts them when they are prepared", async () => {
    const prepared = Promise.withResolvers<void>();
    const prepare = () => {
      story.push("prepared");
      return prepared.promise;
    };
    const managed = run({ prepare });
    await settle();
    expect(story).toEqual(["reflector started"]);
    collection.answer(true);
    await settle();
    expect(story).toEqual(["reflector started", "prepared"]);
    prepared.resolve();
    await settle();
    expect(story).toEqual(["reflector started", "prepared", "controller started"]);
    stop.abort();
    await managed;
  });

  it("ends without workers if it is stopped while it prepares them", async () => {
    const prepared = Promise.withResolvers<void>();
    const managed = run({ prepare: () => prepared.promise });
    collection.answer(true);
    await settle();
    stop.abort();
    prepared.resolve();
    expect(await managed).toEqual({ ok: true, value: undefined });
    expect(story).toEqual(["reflector started", "reflector stopped", "events flushed"]);
  });

  it("stops everything if the workers cannot be prepared", async () => {
    collection.answer(true);
    await expect(run({ prepare: () => Promise.reject(new Error("no such file")) })).rejects.toThrow("no such file");
    expect(story).toEqual(["reflector started", "reflector stopped", "events flushed"]);
    expect(clock.pending).toBe(0);
  });

  describe("with collections that cannot be listed", () => {
    const warned = () => logger.lines.filter(({ level }) => level === "warn").map(({ fields }) => fields.paths);

    it("starts without them, and names them", async () => {
      const [other, secrets] = [new FakeCollection("other"), new FakeCollection("secrets", true)];
      const managed = run({ reflectors: [other, collection, secrets] });
      collection.answer(true);
      secrets.answer(true);
      await settle();
      expect(story).not.toContain("controller started");
      other.answer(false);
      await settle();
      expect(story.slice(3)).toEqual(["other forgotten", "controller started"]);
      expect(warned()).toEqual([["other"]]);
      stop.abort();
      await managed;
      expect(clock.pending).toBe(0);
    });

    it("does not wait long for one that neither answers nor fails", async () => {
      const managed = run({ reflectors: [new FakeCollection("silent"), collection] });
      await clock.advance(5_000);
      collection.answer(true);
      await clock.advance(9_999);
      expect(story).not.toContain("controller started");
      await clock.advance(1);
      expect(story.slice(2)).toEqual(["silent forgotten", "controller started"]);
      stop.abort();
      await managed;
      expect(clock.pending).toBe(0);
    });

    it("waits for the first that can be listed, no matter how often the others fail", async () => {
      const other = new FakeCollection("other");
      const managed = run({ reflectors: [other, collection] });
      for (const failed of [other, collection, other, collection]) failed.answer(false);
      await clock.advance(119_000);
      expect(story).not.toContain("controller started");
      other.answer(true);
      await settle();
      expect(story.slice(2)).toEqual(["reflector forgotten", "controller started"]);
      stop.abort();
      expect(await managed).toMatchObject({ ok: true });
    });

    it("does not count what it can work without as listed", async () => {
      const secrets = new FakeCollection("secrets", true);
      const managed = run({ reflectors: [collection, secrets] });
      secrets.answer(true);
      collection.answer(false);
      await clock.advance(120_000);
      expect(await managed).toEqual({ ok: false, failure: "No collection could be listed within 2m." });
    });
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

    it("is prepared when it takes part, so that a new leader does not have to wait", async () => {
      const managed = run({ election: election(), prepare: async () => void story.push("prepared") });
      collection.answer(true);
      await settle();
      expect(story).toEqual(["reflector started", "prepared", "election started"]);
      stop.abort();
      await managed;
    });

    it("starts workers once this process leads, and gives the lease back once they have ended", async () => {
      const managed = run({ election: election() });
      collection.answer(true);
      await settle();
      expect(story).toEqual(["reflector started", "election started"]);
      lead(true);
      await settle();
      collection.answer(true);
      await settle();
      // The last leader's last words may still be on their way to the stores.
      expect(story.slice(2)).toEqual(["reflector refreshed", "controller started"]);
      stop.abort();
      expect(await managed).toEqual({ ok: true, value: undefined });
      expect(story.slice(4)).toEqual(["controller stopped", "election stopped", "reflector stopped", "events flushed"]);
    });

    it("begins as a leader with what can be listed", async () => {
      const other = new FakeCollection("other");
      const managed = run({ election: election(), reflectors: [other, collection] });
      for (const listed of [other, collection]) listed.answer(true);
      await settle();
      lead(true);
      await settle();
      other.answer(false);
      collection.answer(true);
      await settle();
      expect(story.slice(5)).toEqual(["other forgotten", "controller started"]);
      stop.abort();
      await managed;
    });

    it("gives the lease back and ends when nothing can be listed", async () => {
      const managed = run({ election: election() });
      collection.answer(true);
      await settle();
      lead(true);
      await settle();
      collection.answer(false);
      await clock.advance(30_000);
      expect(await managed).toEqual({
        ok: false,
        failure: "No collection could be listed within 30s. The lease is released, so that another process can lead.",
      });
      expect(story.slice(3)).toEqual(["election stopped", "reflector stopped", "events flushed"]);
      expect(clock.pending).toBe(0);
    });

    it("ends in order as a standby", async () => {
      const managed = run({ election: election() });
      collection.answer(true);
      await settle();
      stop.abort();
      expect(await managed).toEqual({ ok: true, value: undefined });
      expect(story.slice(2)).toEqual(["election stopped", "reflector stopped", "events flushed"]);
    });
  });
});
