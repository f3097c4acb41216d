import { describe, expect, it } from "vitest";
import { InstantClock } from "../../test/support/instant-clock.ts";
import { intercepted } from "../../test/support/intercepted.ts";
import { losing } from "../../test/support/losing.ts";
import { MemoryDaemon } from "../../test/support/memory-daemon.ts";
import { BEFORE, GOOD, imageOf } from "../../test/support/memory-images.ts";
import { advised } from "../api/failure.ts";
import { failure, success } from "../common/result.ts";
import { EngineError } from "../docker/fleet-modem.ts";
import type { HookName, Labels } from "./hook-labels.ts";
import { runHook } from "./hooks.ts";
import { replace } from "./replace.ts";
import { ReplacementConnection } from "./replacement-connection.ts";
import { Transaction } from "./transaction.ts";

const OURS = "dockerhost.dev/lifecycle.";
const WATCHTOWER = "com.centurylinklabs.watchtower.lifecycle.";

interface Exec {
  readonly Running: boolean;
  readonly ExitCode?: number | null;
}
const ended = (code: number): Exec => ({ Running: false, ExitCode: code });
const RUNNING: Exec = { Running: true, ExitCode: null };
const NOT_BEGUN: Exec = { Running: false, ExitCode: null };

/** @param execs what the daemon shows of the command, one after the other; the last one stays */
async function ran(labels: Labels, execs: readonly (Exec | undefined)[] = [ended(0)], hook: HookName = "pre-update") {
  const daemon = new MemoryDaemon();
  const id = daemon.run("web");
  const clock = new InstantClock();
  const users: unknown[] = [];
  const recorded: string[] = [];
  let looks = 0;
  const open = () => {
    const access = daemon.access();
    const prepareExec: typeof access.changes.prepareExec = (container, command, user) => {
      users.push(user);
      return access.changes.prepareExec(container, command, user);
    };
    return intercepted({ ...access, changes: { ...access.changes, prepareExec } }, async (request, send) =>
      request === "inspectExec" ? success(execs[looks++] ?? execs.at(-1)) : await send(),
    );
  };
  const { signal } = new AbortController();
  const ports = daemon.ports({
    ...{ open, clock, signal },
    record: async ({ phase, step }) => {
      recorded.push(`${phase} ${step}`);
      return success(undefined);
    },
  });
  using connection = new ReplacementConnection(ports);
  const proof = () => ({ wasRunning: true, imageId: "", healthTimeoutMs: 0, stableForMs: 0 });
  const transaction = new Transaction({ ports, connection, txn: "0123456789ab", members: [], proof });
  const change = await runHook(transaction, { id, name: "web", labels }, hook, { clock, signal });
  const commands = daemon.hooks.map((text) => text.replace(/ in .*$/, ""));
  const result = change.kind === "done" ? "done" : `${change.kind} ${change.failure.reason}`;
  const message = change.kind === "done" ? "" : change.failure.message;
  return { result, message, commands, user: users[0], recorded, waitedMs: clock.monotonic() };
}

describe("a hook", () => {
  it.each<readonly [string, Labels, readonly string[]]>([
    ["no label", {}, []],
    ["an empty label", { [`${OURS}pre-update`]: "" }, []],
    ["our label", { [`${OURS}pre-update`]: "drain" }, ["drain"]],
    ["Watchtower's label", { [`${WATCHTOWER}pre-update`]: "drain" }, ["drain"]],
    ["both labels", { [`${WATCHTOWER}pre-update`]: "theirs", [`${OURS}pre-update`]: "ours" }, ["ours"]],
    ["Watchtower's label, which ours turns off", { [`${WATCHTOWER}pre-update`]: "a", [`${OURS}pre-update`]: "" }, []],
    ["the label for another moment", { [`${OURS}post-update`]: "warm-up" }, []],
  ])("with %s", async (_, labels, commands) => {
    expect(await ran(labels)).toMatchObject({ result: "done", commands });
  });

  const drain = { [`${OURS}pre-update`]: "drain", [`${OURS}post-update`]: "warm-up" };

  it("is recorded as a part of its phase before each request", async () => {
    expect((await ran(drain)).recorded).toEqual(["Replacing Hook", "Replacing Hook"]);
    expect((await ran(drain, [ended(0)], "post-update")).recorded).toEqual(["Verifying Hook", "Verifying Hook"]);
    expect((await ran({})).recorded).toEqual([]);
  });

  it.each<readonly [string, HookName, readonly (Exec | undefined)[], string, string]>([
    ["succeeds", "pre-update", [ended(0)], "done", ""],
    ["runs for a while", "pre-update", [RUNNING, RUNNING, ended(0)], "done", ""],
    ["has not begun yet", "pre-update", [NOT_BEGUN, RUNNING, ended(1)], "refused HookFailed", "failed (exit code 1)"],
    ["has not begun, and fails soon", "pre-update", [{ Running: false }, ended(126)], "refused HookFailed", "code 126"],
    [
      "misses a program",
      "pre-update",
      [ended(127)],
      "refused HookFailed",
      "(exit code 127, a program in it was not found)",
    ],
    ["fails", "post-update", [ended(1)], "refused HookFailed", "The post-update hook of container web failed"],
    ["asks to skip the update", "pre-update", [ended(75)], "refused HookSkipped", "asked to skip the update"],
    ["cannot skip what is done", "post-update", [ended(75)], "refused HookFailed", "failed (exit code 75)"],
    ["vanishes with its container", "pre-update", [RUNNING, undefined], "refused HookFailed", "vanished"],
    ["never ends", "pre-update", [RUNNING], "refused HookFailed", "still ran after 1m"],
    ["never begins", "pre-update", [NOT_BEGUN], "refused HookFailed", "still ran after 1m"],
  ])("that %s (%s)", async (_, hook, execs, result, message) => {
    const end = await ran(drain, execs, hook);
    expect(end.result).toBe(result);
    expect(end.message).toContain(message);
  });

  it.each([
    [
      "runExec",
      'OCI runtime exec failed: exec failed: unable to start container process: exec: "/bin/sh": stat /bin/sh: no such file or directory: unknown',
      "could not be run, because its image has no /bin/sh. Correct the command in the container's label",
    ],
    [
      "runExec",
      'OCI runtime exec failed: exec: "/bin/sh": executable file not found in $PATH',
      "could not be run, because its image has no /bin/sh. ",
    ],
    [
      "prepareExec",
      "unable to find user nobody: no matching entries in passwd file",
      "could not be run: The daemon answered 400: unable to find user nobody: no matching entries in passwd file. ",
    ],
  ])("that the daemon cannot run (%s: %s) says which and why", async (refusing, words, expected) => {
    for (const hook of ["pre-update", "post-update"] as const) {
      const daemon = new MemoryDaemon();
      daemon.run("web", { [`${OURS}${hook}`]: "drain" });
      const reply = { status: 400, headers: { "api-version": "1.45" }, body: Buffer.from("") };
      const cause = new EngineError("/exec", reply, "POST");
      const refused = failure(advised("HookFailed", `The daemon answered 400: ${words}`, cause));
      const open = () =>
        intercepted(daemon.access(), async (request, send) => (request === refusing ? refused : await send()));
      const result = await replace(daemon.request("web", GOOD, { hooks: "Labels" }), daemon.ports({ open }));
      const says = result.kind === "Failed" ? result.failure.message : "warnings" in result ? result.warnings[0] : "";
      const text = `The ${hook} hook of container web ${expected}`;
      expect(says).toContain(hook === "pre-update" ? text : text.replace(/[.] .*$/s, ""));
      expect(daemon.list).toEqual(["web running"]);
    }
  });

  it.each([
    [undefined, 60_000],
    ["2", 120_000],
    [" 2 ", 120_000],
    ["0.5", 30_000],
    ["0", 3_600_000],
    ["61", 3_600_000],
    ["999999999999999999999", 3_600_000],
    ["", 60_000],
    [" ", 60_000],
    ["-1", 60_000],
    ["soon", 60_000],
    ["1e3", 60_000],
    ["0x10", 60_000],
    ["Infinity", 60_000],
  ])("with a timeout of %j minutes may take %d ms", async (minutes, expected) => {
    const timeout = minutes === undefined ? {} : { [`${OURS}pre-update-timeout`]: minutes };
    const { result, waitedMs } = await ran({ ...drain, ...timeout }, [RUNNING]);
    expect([result, waitedMs]).toEqual(["refused HookFailed", expected]);
  });

  it.each<readonly [string, Labels, string]>([
    ["the container's", {}, ""],
    ["a user", { [`${OURS}uid`]: "1000" }, "1000"],
    ["a user and a group", { [`${OURS}uid`]: "1000", [`${OURS}gid`]: "50" }, "1000:50"],
    ["root in a group", { [`${WATCHTOWER}gid`]: "50" }, "0:50"],
    ["a user of ours before Watchtower's", { [`${WATCHTOWER}uid`]: "1", [`${OURS}uid`]: "2" }, "2"],
  ])("runs as %s", async (_, labels, user) => {
    expect((await ran({ ...drain, ...labels })).user).toBe(user);
  });

  it.each(
    [["prepareExec"], ["runExec"], ["runExec", "runExec"], ["prepareExec", "prepareExec", "runExec"]].flatMap(
      (requests) => [true, false].map((isCarriedOut) => ({ requests, isCarriedOut })),
    ),
  )("is run exactly once if there is no answer to $requests, carried out: $isCarriedOut", async (lose) => {
    const daemon = new MemoryDaemon();
    daemon.run("web", drain);
    const { open, left } = losing(daemon, lose.requests, lose.isCarriedOut);
    const result = await replace(daemon.request("web", GOOD, { hooks: "Labels" }), daemon.ports({ open }));
    expect(result).toMatchObject({ kind: "Succeeded", warnings: [] });
    expect(left).toEqual([]);
    expect(daemon.hooks).toEqual([`drain in ${BEFORE}`, `warm-up in ${GOOD}`]);
  });

  describe("that never ends, and an update that is cancelled meanwhile", () => {
    const endless = { [`${OURS}pre-update-timeout`]: "60", [`${OURS}post-update-timeout`]: "60" };

    /** @param from the look at the running command at which the update is cancelled; 0 is before its request */
    async function cancelled(hook: HookName, from: number) {
      const daemon = new MemoryDaemon();
      daemon.run("web", { [`${OURS}${hook}`]: "wait", ...endless });
      const clock = new InstantClock();
      const cancel = new AbortController();
      let looks = 0;
      const open = () =>
        intercepted(daemon.access(), async (request, send) => {
          const isLook = request === "inspectExec";
          if ((isLook ? ++looks : 0) === from && (isLook || request === (hook === "pre-update" ? "tag" : "start")))
            cancel.abort();
          return isLook ? success(RUNNING) : await send();
        });
      const ports = daemon.ports({ open, clock, cancel: cancel.signal });
      const result = await replace(daemon.request("web", GOOD, { hooks: "Labels" }), ports);
      return { daemon, result, waitedMs: clock.monotonic() };
    }

    it.each([0, 1, 3])("puts nothing back that was not touched, and does not wait for it (%i)", async (from) => {
      const { daemon, result, waitedMs } = await cancelled("pre-update", from);
      expect(result).toMatchObject({ kind: "Cancelled", failure: { reason: "UpdateCancelled" } });
      expect(daemon.hooks).toHaveLength(from === 0 ? 0 : 1);
      expect(daemon.list).toEqual(["web running"]);
      expect(daemon.get("web")?.imageId).toBe(BEFORE);
      expect(daemon.tags.get(imageOf("web"))).toBe(BEFORE);
      expect(waitedMs).toBeLessThan(60_000);
    });

    it.each([1, 3])("keeps the new container, says so and does not wait for it (%i)", async (from) => {
      const { daemon, result, waitedMs } = await cancelled("post-update", from);
      const warnings = [expect.stringContaining("The post-update hook of container web was not waited for")];
      expect(result).toMatchObject({ kind: "Succeeded", warnings });
      expect(daemon.list).toEqual(["web running"]);
      expect(daemon.get("web")?.imageId).toBe(GOOD);
      expect(waitedMs).toBeLessThan(120_000);
    });
  });
});
