import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";
import stringWidth from "string-width";
import { describe, it } from "vitest";
import { DEFAULT_SOCKET } from "../src/docker/endpoint.ts";
import { sameEachRun, show, type TerminalSize } from "../test/support/terminal.ts";

const DEMO = fileURLToPath(new URL("main.ts", import.meta.url));

describe.skipIf(process.platform !== "linux").concurrent("the demo", { timeout: 60_000 }, () => {
  it.for<readonly [string, TerminalSize | undefined]>([
    ["80x24", { columns: 80, rows: 24 }],
    ["120x40", { columns: 120, rows: 40 }],
    ["piped", undefined],
  ])("fits and shows a host that fails: %s", async ([name, size], { expect }) => {
    const { code, text } = await show([DEMO, "--once"], { size });
    expect(code).toBe(0);
    const lines = text.trimEnd().split("\n");
    // On a screen of 40 rows, the line that says that it is live and the cursor come below.
    expect(lines.length).toBeLessThanOrEqual(36);
    expect(lines.filter((line) => stringWidth(line) > (size?.columns ?? 120))).toEqual([]);
    expect(text).toMatch(/\nsim-down .*False +ConnectionRefused /);
    // The conditions of one host that fails, which say the cause once.
    expect(text).toMatch(/\ndemo\/sim-down\n +TYPE +STATUS +REASON/);
    expect(text.split("the connection was refused").length).toBe(3);
    // A machine with Docker shows its own daemon as well.
    if (!existsSync(DEFAULT_SOCKET)) await expect(sameEachRun(text)).toMatchFileSnapshot(`golden/demo-${name}.txt`);
  });
});
