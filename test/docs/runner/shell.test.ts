import { realpath } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it, onTestFinished } from "vitest";
import { isRunning, recordOf } from "../../env/processes/process-record.ts";
import { eventually } from "../../support/eventually.ts";
import { temporaryFolder } from "../../support/temp-folder.ts";
import { Shell } from "./shell.ts";

async function shell(environment: Readonly<Record<string, string>> = {}): Promise<Shell> {
  const folder = await realpath(await temporaryFolder());
  const session = await Shell.start({
    folder,
    records: join(folder, "records"),
    environment: { PATH: "/usr/bin:/bin", HOME: folder, ...environment },
  });
  onTestFinished(() => session.close());
  return session;
}

describe("a shell", () => {
  it("keeps variables, folder and options from block to block", async () => {
    const session = await shell();
    await session.run("export NAME=edge\nmkdir sub\ncd sub\numask 077\n");
    expect(await session.run('echo "$NAME $(basename "$PWD") $(umask)"\n')).toBe("edge sub 0077\n");
  });

  it("gives what a block printed to both outputs", async () => {
    expect(await (await shell()).run("echo one\necho two >&2\ncat <<'EOF'\nthree\nEOF\n")).toBe("one\ntwo\nthree\n");
  });

  it.each([
    ["a command that fails", "echo before\nfalse\necho after\n"],
    ["a command that fails in a pipe", "echo before\nfalse | cat\necho after\n"],
    ["a variable that is not set", 'echo before\necho "$UNSET"\necho after\n'],
    ["a block that ends the session", "echo before\nexit 0\n"],
  ])("stops at %s, and reports what was printed", async (_, block) => {
    const session = await shell();
    await expect(session.run(block)).rejects.toThrow(/:\nbefore\n(?!after)/);
    await expect(session.run("echo more\n")).rejects.toThrow("has ended");
  });

  it("gives the commands no input, and hence does not lose the blocks to them", async () => {
    const session = await shell();
    expect(await session.run("cat\n")).toBe("");
    expect(await session.run("echo still here\n")).toBe("still here\n");
  });

  it("sees only the environment that it was given", async () => {
    expect(await (await shell({ OWN: "1" })).run("env | grep -cE '^(OWN|USER|LANG)='\n")).toBe("1\n");
  });

  it.each([
    ["is closed", async (session: Shell) => session.close()],
    ["stops at a block", async (session: Shell) => await session.run("false\n").catch(() => {})],
  ])("ends what a block left running when it %s", async (_, end) => {
    const session = await shell();
    const pid = Number(await session.run("sleep infinity &\necho $!\n"));
    const sleep = recordOf(pid);
    if (sleep === undefined) throw new Error("it was not left running");
    await end(session);
    await eventually(() => expect(isRunning(sleep)).toBe(false));
  });
});
