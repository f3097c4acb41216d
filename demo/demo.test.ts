import { existsSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import stringWidth from "string-width";
import { describe, it } from "vitest";
import { DEFAULT_SOCKET } from "../src/docker/endpoint.ts";
import { sameEachRun, show, type TerminalSize } from "../test/support/terminal.ts";

const DEMO = fileURLToPath(new URL("main.ts", import.meta.url));

describe.skipIf(process.platform !== "linux").concurrent("the demo", { timeout: 300_000 }, () => {
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

  it("shows a note about a manifest that breaks while it is live", async ({ expect }) => {
    let isBroken = false;
    const { code, text } = await show([DEMO], {
      size: { columns: 200, rows: 40 },
      interruptWhen: (shown) => {
        const folder = /edit the manifests in (\S+) and watch/.exec(shown)?.[1];
        if (folder !== undefined && !isBroken) {
          isBroken = true;
          writeFileSync(join(folder, "broken.yaml"), "kind: DockerHost\nmetadata: [\n");
        }
        return shown.includes("/broken.yaml: is not valid YAML");
      },
    });
    expect(code).toBe(0);
    expect(text).toMatch(/\n\/\S+\/broken\.yaml: is not valid YAML: .* at line 3, column 1\n/);
  });
});
