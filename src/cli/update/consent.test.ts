import { PassThrough } from "node:stream";
import { describe, expect, it } from "vitest";
import { TextSink } from "../../../test/support/cli.ts";
import { canAsk, confirmed } from "./consent.ts";

function asked(answer: string | undefined, signal = new AbortController().signal) {
  const stdin = new PassThrough();
  if (answer !== undefined) stdin.end(answer);
  const stderr = new TextSink(true);
  return { stderr, answer: confirmed("Update now?", { stdin, stderr, signal }) };
}

describe("a prompt", () => {
  it.each(["y\n", "Y\n", "yes\n", " YES \r\n", "y"])("takes %j for yes", async (text) => {
    const { answer, stderr } = asked(text);
    expect(await answer).toBe(true);
    expect(stderr.text).toBe("Update now? [y/N] ");
  });

  it.each(["", "\n", "n\n", "yesterday\n", "no\ny\n"])("takes %j for no", async (text) => {
    expect(await asked(text).answer).toBe(false);
  });

  it("ends with Ctrl-C, and says that nothing was changed", async () => {
    const stop = new AbortController();
    const { answer, stderr } = asked(undefined, stop.signal);
    stop.abort(new Error("stopped"));
    await expect(answer).rejects.toThrow("stopped");
    expect(stderr.text).toBe("Update now? [y/N] \nNothing was changed.\n");
  });

  it("is not shown if nobody can read or answer it", () => {
    const stdin = new PassThrough();
    const terminal = Object.assign(new PassThrough(), { isTTY: true });
    expect(canAsk({ stdin, stderr: new TextSink(true) })).toBe(false);
    expect(canAsk({ stdin: terminal, stderr: new TextSink(false) })).toBe(false);
    expect(canAsk({ stdin: terminal, stderr: new TextSink(true) })).toBe(true);
  });
});
