import { spawn } from "node:child_process";
import { join } from "node:path";
import type { Readable } from "node:stream";
import { fileURLToPath } from "node:url";
import type { TestCounts } from "./summary-reporter.ts";

/** Arguments of one vitest process that runs at the same time as those of the other lanes. */
export type Lane = readonly string[];

/**
 * A whole run takes three processes, because tests on servers often wait, while unit tests compute. Each project on servers
 * has servers of its own, so that a test can stop one without the other lanes noticing.
 */
export const WHOLE_RUN: readonly Lane[] = [
  ["--project", "integration"],
  ["--project", "others"],
  ["--project", "unit", "--project", "chart-and-clients"],
];

const root = fileURLToPath(new URL("..", import.meta.url));
const VITEST = join(root, "node_modules/vitest/vitest.mjs");
const SUMMARY = join(root, "test/summary-reporter.ts");

export interface LanesResult {
  readonly exitCode: number;
  readonly counts: TestCounts;
}

/** Runs the lanes to their end; a lane that ends without its counts is one failure. */
export async function runLanes(lanes: readonly Lane[]): Promise<LanesResult> {
  // A single lane may draw on the terminal; the lines of several are printed as they come.
  const results = await Promise.all(lanes.map((lane) => runLane(lane, lanes.length === 1)));
  const sum = (key: keyof TestCounts) => results.reduce((total, { counts }) => total + counts[key], 0);
  return {
    exitCode: Math.max(...results.map(({ exitCode }) => exitCode)),
    counts: { passed: sum("passed"), failed: sum("failed"), skipped: sum("skipped") },
  };
}

function runLane(lane: Lane, drawsOnTerminal: boolean): Promise<LanesResult> {
  const output = drawsOnTerminal ? "inherit" : "pipe";
  const color = process.stdout.isTTY && !drawsOnTerminal ? { FORCE_COLOR: "1" } : {};
  const child = spawn(process.execPath, [VITEST, "run", "--reporter=default", `--reporter=${SUMMARY}`, ...lane], {
    cwd: root,
    stdio: ["inherit", output, output, "ipc"],
    env: { ...process.env, ...color },
  });
  if (child.stdout !== null) copyLines(child.stdout, process.stdout);
  if (child.stderr !== null) copyLines(child.stderr, process.stderr);
  let counts: TestCounts = { passed: 0, failed: 0, skipped: 0 };
  child.on("message", (message) => {
    counts = message as TestCounts;
  });
  const stop = () => child.kill("SIGTERM");
  process.on("SIGTERM", stop);
  return new Promise((resolve, reject) => {
    child.once("error", reject);
    child.once("close", (code) => {
      process.off("SIGTERM", stop);
      const exitCode = code ?? 1;
      const failed = exitCode === 0 ? counts.failed : counts.failed || 1;
      resolve({ exitCode, counts: { ...counts, failed } });
    });
  });
}

/** Whole lines only, so that those of several lanes do not mix. */
function copyLines(source: Readable, target: NodeJS.WritableStream): void {
  let rest = "";
  source.setEncoding("utf8");
  source.on("data", (chunk: string) => {
    const end = chunk.lastIndexOf("\n") + 1;
    if (end > 0) target.write(rest + chunk.slice(0, end));
    rest = end > 0 ? chunk.slice(end) : rest + chunk;
  });
  source.once("end", () => {
    if (rest !== "") target.write(`${rest}\n`);
  });
}
