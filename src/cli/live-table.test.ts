import { describe, expect, it } from "vitest";
import { TextSink } from "../../test/support/cli.ts";
import { condition, dockerHost } from "../../test/support/docker-host.ts";
import { FakeClock } from "../../test/support/fake-clock.ts";
import type { DockerHostObject } from "../api/docker-host.ts";
import { Store } from "../runtime/store.ts";
import { LiveTable } from "./live-table.ts";

function start(stop = new AbortController()) {
  const clock = new FakeClock();
  const hosts = new Store<DockerHostObject>();
  const stdout = new TextSink(true);
  const table = new LiveTable({ hosts, stdout, clock, signal: stop.signal, colour: false, notes: () => ["a\nnote"] });
  table.start();
  /** What was drawn since the last look, a frame each. */
  const frames = () => stdout.text.split("\u001b[H").slice(1);
  const clear = () => {
    stdout.text = "";
  };
  return { clock, hosts, frames, clear, stop, table };
}

const host = (status: "True" | "False", resourceVersion: string) =>
  dockerHost({ resourceVersion, status: { conditions: [condition("Ready", status, "Succeeded")] } });

describe("LiveTable", () => {
  it("draws immediately, in place, and clears what was there before", () => {
    const { frames } = start();
    const [frame, ...more] = frames();
    expect(more).toEqual([]);
    expect(frame).toContain("a note\u001b[K\n\u001b[K\nNAME  HOST  READY");
    expect(frame?.endsWith("\u001b[K\n\u001b[K\nPress Ctrl-C to quit.\u001b[K\n\u001b[J")).toBe(true);
  });

  it("draws no more than the screen holds, for it would scroll", () => {
    const hosts = new Store<DockerHostObject>();
    const notes = () => Array.from({ length: 30 }, (_, index) => `${index} `.padEnd(50, "x"));
    const stdout = Object.assign(new TextSink(true), { columns: 50, rows: 24 });
    const { signal } = new AbortController();
    new LiveTable({ hosts, stdout, clock: new FakeClock(), signal, colour: false, notes }).start();
    // The rest of the notes, an empty line and the header are left out.
    expect(stdout.text.split("\u001b[K\n").slice(19)).toEqual([
      `19 ${"x".repeat(47)}`,
      "... and 12 more lines; enlarge the terminal",
      "",
      "Press Ctrl-C to quit.",
      "\u001b[J",
    ]);
  });

  it("draws the notes immediately after they changed, even while hosts change", () => {
    const { hosts, frames, clear, table } = start();
    clear();
    hosts.upsert(host("False", "1"));
    table.refresh();
    expect(frames().length).toBe(1);
    expect(frames()[0]?.startsWith("a note")).toBe(true);
  });

  it("draws changes that come together once", async () => {
    const { clock, hosts, frames, clear } = start();
    clear();
    hosts.upsert(host("False", "1"));
    hosts.upsert(host("True", "2"));
    expect(frames()).toEqual([]);
    await clock.advance(100);
    expect(frames().length).toBe(1);
    expect(frames()[0]).toContain("True");
  });

  it("draws while hosts change all the time", async () => {
    const { clock, hosts, frames, clear } = start();
    clear();
    for (let version = 1; version <= 8; version++) {
      hosts.upsert(host(version % 2 === 0 ? "True" : "False", String(version)));
      await clock.advance(50);
    }
    expect(frames().length).toBe(4);
  });

  it("draws now and then without a change, since ages grow", async () => {
    const { clock, frames, clear } = start();
    clear();
    await clock.advance(30_000);
    expect(frames().length).toBe(3);
  });

  it("ends with its signal, and leaves no timer behind", async () => {
    const { clock, hosts, frames, clear, stop } = start();
    stop.abort();
    clear();
    hosts.upsert(host("True", "1"));
    await clock.advance(60_000);
    expect(frames()).toEqual([]);
    expect(clock.pending).toBe(0);
  });

  it("does not begin when it is to end already", () => {
    const stop = new AbortController();
    stop.abort();
    const { clock, frames } = start(stop);
    expect(frames()).toEqual([]);
    expect(clock.pending).toBe(0);
  });
});
