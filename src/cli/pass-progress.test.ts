import { describe, expect, it } from "vitest";
import { TextSink } from "../../test/support/cli.ts";
import { FakeClock } from "../../test/support/fake-clock.ts";
import { startProgress } from "./pass-progress.ts";

function start(names: string[], { terminal = true, total = 8 } = {}) {
  const clock = new FakeClock();
  const stderr = new TextSink(terminal);
  const progress = startProgress({ stderr, clock, total, open: () => names });
  return { clock, stderr, progress };
}

describe("the progress of a long pass", () => {
  it("says after two seconds what it is waiting for, and again every ten", async () => {
    const names = ["fleet/a", "fleet/silent"];
    const { clock, stderr } = start(names);
    await clock.advance(1_999);
    expect(stderr.text).toBe("");
    await clock.advance(1);
    names.shift();
    await clock.advance(10_000);
    expect(stderr.text).toBe(
      "Checking 8 hosts: 6 done, waiting for fleet/a, fleet/silent (2 s)\n" +
        "Checking 8 hosts: 7 done, waiting for fleet/silent (12 s)\n",
    );
  });

  it("breaks long names to the width of the terminal", async () => {
    const { clock, stderr } = start(["a", "b", "c"].map((letter) => `fleet/${letter.repeat(90)}`));
    await clock.advance(2_000);
    const lines = stderr.text.trimEnd().split("\n");
    expect(lines.filter((line) => line.length > 80)).toEqual([]);
    expect(lines.join("")).toContain("(2 s)");
  });

  it("names a few hosts only", async () => {
    const { clock, stderr } = start(["a", "b", "c", "d", "e"]);
    await clock.advance(2_000);
    expect(stderr.text).toBe("Checking 8 hosts: 3 done, waiting for a, b, c and 2 more (2 s)\n");
  });

  it.each([
    ["where there is no terminal", ["a"], false],
    ["when nothing is open", [], true],
  ])("is silent %s", async (_when, names, terminal) => {
    const { clock, stderr } = start(names, { terminal });
    await clock.advance(60_000);
    expect(stderr.text).toBe("");
  });

  it("ends with the pass, and leaves no timer behind", async () => {
    const { clock, stderr, progress } = start(["a"], { total: 1 });
    await clock.advance(2_000);
    expect(stderr.text).toBe("Checking 1 host: 0 done, waiting for a (2 s)\n");
    progress[Symbol.dispose]();
    await clock.advance(60_000);
    expect(clock.pending).toBe(0);
    expect(stderr.text.split("\n").length).toBe(2);
  });
});
