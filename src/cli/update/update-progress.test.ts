import { describe, expect, it } from "vitest";
import { TextSink } from "../../../test/support/cli.ts";
import { FakeClock } from "../../../test/support/fake-clock.ts";
import { layerLine, PullSummary } from "../../replacement/pull-summary.ts";
import { SafeStream } from "../safe-stream.ts";
import { UpdateProgress } from "./update-progress.ts";

const MB = 1_000_000;

describe("a pull", () => {
  it("counts what was downloaded, also while layers are extracted", () => {
    const pull = new PullSummary();
    pull.add({ layer: "aaa", state: "complete" });
    pull.add({ layer: "bbb", state: "downloading", current: 5 * MB, total: 20 * MB });
    pull.add({ layer: "ccc", state: "waiting" });
    expect(pull.text).toBe("1 of 3 layers, 5.0 MB of 20.0 MB");
    pull.add({ layer: "bbb", state: "verifying" });
    pull.add({ layer: "bbb", state: "extracting", current: 1, total: 20 * MB });
    expect(pull.text).toBe("1 of 3 layers, 20.0 MB of 20.0 MB");
    pull.add({ layer: "bbb", state: "complete" });
    pull.add({ layer: "ccc", state: "complete" });
    expect(pull.text).toBe("3 of 3 layers, 20.0 MB of 20.0 MB");
  });

  it("forgets layers beyond a thousand", () => {
    const pull = new PullSummary();
    for (let i = 0; i < 2_000; i++) pull.add({ layer: `layer-${i}`, state: "waiting" });
    expect(pull.layers).toHaveLength(1_000);
  });

  it.each(["verifying", "downloaded", "extracting"] as const)("has a full bar for a layer that is %s", (state) => {
    for (const total of [0, 100]) {
      expect(layerLine({ layer: "3f2a9c1d0b44", state, current: total, total })).toBe(
        `3f2a9c1d0b44  [####################]  ${state}`,
      );
    }
  });

  it("has a bar for each layer", () => {
    const layer = { layer: "3f2a9c1d0b44", state: "downloading", current: 12 * MB, total: 48 * MB } as const;
    expect(layerLine(layer)).toBe("3f2a9c1d0b44  [#####               ]  12.0 MB of 48.0 MB");
    expect(layerLine({ ...layer, state: "waiting", current: 0, total: 0 })).toContain(
      "[                    ]  waiting",
    );
  });
});

describe("the progress of an update", () => {
  it("is one line for each phase and one each minute without a terminal", async () => {
    const clock = new FakeClock();
    const stderr = new TextSink();
    {
      using progress = new UpdateProgress("web", stderr, clock);
      progress.onStep({ phase: "Pulling", step: "Pull" });
      for (let seconds = 0; seconds < 130; seconds++) {
        progress.onPull({ layer: "aaa", state: "downloading", current: seconds * MB, total: 200 * MB });
        await clock.advance(1_000);
      }
      progress.onStep({ phase: "Pulling", step: "Tag" });
      progress.onStep({ phase: "Replacing", step: "Create" });
      progress.note("Stopping");
    }
    await clock.advance(600_000);
    expect(stderr.text).toBe(
      [
        "web: pulling the image (0 s)",
        "web: pulling the image, 0 of 1 layer, 59.0 MB of 200.0 MB (60 s)",
        "web: pulling the image, 0 of 1 layer, 119.0 MB of 200.0 MB (120 s)",
        "web: creating the new container (130 s)",
        "Stopping",
        "",
      ].join("\n"),
    );
  });

  it("is drawn in place on a terminal, within its width, and is gone at the end", async () => {
    const clock = new FakeClock();
    const terminal = new TextSink(true, 60);
    {
      using progress = new UpdateProgress("web", new SafeStream(terminal), clock);
      progress.onStep({ phase: "Pulling", step: "Pull" });
      for (let i = 0; i < 12; i++) progress.onPull({ layer: `layer-${i}`, state: "waiting" });
      await clock.advance(200);
      progress.note(`${"n".repeat(300)} END`);
    }
    const screen = shownOn(terminal.text);
    expect(screen.now).toEqual([]);
    expect(screen.tallest).toContain("  and 4 more layers");
    for (const line of screen.tallest) expect(line.length).toBeLessThan(60);
    expect(screen.tallest.join("\n")).toMatch(/n+\n.*END$/);
    expect(terminal.text).not.toContain("\ufffd");
  });

  it("names each step that may take long, once", async () => {
    const clock = new FakeClock();
    const stderr = new TextSink();
    using progress = new UpdateProgress("web", stderr, clock);
    const steps = [
      ["Replacing", "Hook"],
      ["Replacing", "Hook"],
      ["Replacing", "Create"],
      ["Replacing", "HoldPolicy"],
      ["Replacing", "StopOld"],
      ["Replacing", "RenameOld"],
      ["Replacing", "RenameNew"],
      ["Replacing", "StartNew"],
      ["Verifying", "Verify"],
      ["Verifying", "Hook"],
      ["Verifying", "Restart"],
      ["Verifying", "RemoveImage"],
      ["Verifying", "RemoveOld"],
      ["RollingBack", "Tag"],
      ["RollingBack", "StopNew"],
      ["RollingBack", "StartOld"],
    ] as const;
    for (const [phase, step] of steps) progress.onStep({ phase, step });
    expect(stderr.text.trimEnd().split("\n")).toEqual([
      "web: running the pre-update hook (0 s)",
      "web: creating the new container (0 s)",
      "web: stopping the old container (0 s)",
      "web: starting the new container (0 s)",
      "web: waiting for the new container to prove itself (0 s)",
      "web: running the post-update hook (0 s)",
      "web: restarting what depends on it (0 s)",
      "web: removing what is no longer needed (0 s)",
      "web: putting the old container back (0 s)",
    ]);
  });
});

const ESCAPE = "\u001b";
const CODES = new RegExp(`${ESCAPE}\\[(\\d*)([AJK])|([^${ESCAPE}\\n]+)|(\\n)`, "g");

/** What a terminal shows that knows only the codes that are used. */
function shownOn(text: string): { readonly now: readonly string[]; readonly tallest: readonly string[] } {
  const rows: string[] = [];
  let tallest: readonly string[] = [];
  let row = 0;
  for (const [, up, code, words, newline] of text.matchAll(CODES)) {
    if (code === "A") row -= Number(up);
    else if (code === "J") rows.length = row;
    else if (words !== undefined) rows[row] = words;
    else if (newline !== undefined) row++;
    if (rows.length > tallest.length) tallest = [...rows];
  }
  return { now: rows, tallest };
}
