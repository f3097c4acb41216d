import { PassThrough } from "node:stream";
import { describe, expect, it } from "vitest";
import { fakeCli, TextSink } from "../../../test/support/cli.ts";
import { LeftDaemon, NEW } from "../../../test/support/left-daemon.ts";
import { OWNER } from "./daemon.ts";
import { settleUnfinished } from "./settle-unfinished.ts";

const options = { healthTimeout: 60_000 };

function atTerminal(answer: string) {
  const stdin = Object.assign(new PassThrough(), { isTTY: true });
  stdin.end(answer);
  return { ...fakeCli(), stdin, stderr: new TextSink(true, 200) };
}

describe("an update that an earlier command left unfinished", () => {
  it("is undone first if the user agrees", async () => {
    const daemon = new LeftDaemon(OWNER);
    const context = atTerminal("y\n");
    expect(await settleUnfinished(daemon, "edge-7", options, context)).toBeUndefined();
    expect(daemon.names).toEqual(["web"]);
    expect(context.stderr.text).toContain("edge-7: the unfinished update of web was undone.");
  });

  it("is not touched if the person does not agree, or in a dry run", async () => {
    const daemon = new LeftDaemon(OWNER);
    expect(await settleUnfinished(daemon, "edge-7", options, atTerminal("\n"))).toBe(1);
    expect(await settleUnfinished(daemon, "edge-7", { ...options, dryRun: true }, fakeCli())).toBe(1);
    expect(daemon.names).toHaveLength(2);
  });

  it("gets time to end before it is undone with --yes, since another command may still carry it out", async () => {
    const daemon = new LeftDaemon(OWNER);
    const settled = settleUnfinished(daemon, "edge-7", { ...options, yes: true }, fakeCli());
    await daemon.clock.advance(85_000);
    expect(daemon.names).toHaveLength(2);
    await daemon.clock.advance(10_000);
    expect(await settled).toBeUndefined();
    expect(daemon.names).toEqual(["web"]);
  });

  it("is not touched if the other command ends it in that time", async () => {
    const daemon = new LeftDaemon(OWNER);
    const context = fakeCli();
    const settled = settleUnfinished(daemon, "edge-7", { ...options, yes: true }, context);
    await daemon.clock.advance(10_000);
    daemon.end(NEW);
    await daemon.clock.advance(10_000);
    expect(await settled).toBeUndefined();
    expect(context.stderr.text).not.toContain("undone.");
  });

  it("is not touched if a controller has begun it", async () => {
    const daemon = new LeftDaemon("fleet/dockerhost-operator");
    const settled = settleUnfinished(daemon, "edge-7", { ...options, yes: true }, fakeCli());
    await expect(settled).rejects.toThrow("begun by fleet/dockerhost-operator");
    expect(daemon.names).toHaveLength(2);
  });

  it("is taken over from a controller only if a person asks for it, sees who has begun it, and agrees", async () => {
    const daemon = new LeftDaemon("fleet/dockerhost-operator");
    const taking = { ...options, takeOver: true };
    const refused = atTerminal("n\n");
    expect(await settleUnfinished(daemon, "edge-7", taking, refused)).toBe(1);
    expect(refused.stderr.text).toContain("an update of web, begun by fleet/dockerhost-operator, is unfinished");
    expect(await settleUnfinished(daemon, "edge-7", { ...taking, dryRun: true }, fakeCli())).toBe(1);
    expect(daemon.names).toHaveLength(2);
    expect(await settleUnfinished(daemon, "edge-7", taking, atTerminal("y\n"))).toBeUndefined();
    expect(daemon.names).toEqual(["web"]);
  });

  it("gets time to end before it is taken over with --yes", async () => {
    const daemon = new LeftDaemon("fleet/dockerhost-operator");
    const settled = settleUnfinished(daemon, "edge-7", { ...options, takeOver: true, yes: true }, fakeCli());
    await daemon.clock.advance(85_000);
    expect(daemon.names).toHaveLength(2);
    await daemon.clock.advance(10_000);
    expect(await settled).toBeUndefined();
    expect(daemon.names).toEqual(["web"]);
  });
});
