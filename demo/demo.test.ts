import { spawn } from "node:child_process";
import { fileURLToPath } from "node:url";
import stringWidth from "string-width";
import { expect, it } from "vitest";

const DEMO = fileURLToPath(new URL("main.ts", import.meta.url));

it.skipIf(process.platform !== "linux")("the demo fits a terminal of 80 columns and 40 rows", async () => {
  const command = `stty cols 80 rows 40; exec ${process.execPath} ${DEMO} --once`;
  const env = { PATH: process.env.PATH, HOME: "/nonexistent", TERM: "xterm", NO_COLOR: "1" };
  const child = spawn("script", ["-qec", command, "/dev/null"], { env, stdio: ["ignore", "pipe", "ignore"] });
  let text = "";
  child.stdout.on("data", (chunk: Buffer) => {
    text += chunk.toString();
  });
  expect(await new Promise((resolve) => child.on("close", resolve))).toBe(0);
  const lines = text.replaceAll("\r", "").trimEnd().split("\n");
  // Live, the line that says so and the cursor come below.
  expect(lines.length).toBeLessThanOrEqual(36);
  expect(lines.filter((line) => stringWidth(line) > 80)).toEqual([]);
  expect(text).toMatch(/\nsim-down +False +ConnectionRefused /);
  // The conditions of one host that fails, which say the cause once.
  expect(text).toMatch(/\ndemo\/sim-down\r?\n +TYPE +STATUS +REASON/);
  expect(text.split("the connection was refused").length).toBe(3);
});
