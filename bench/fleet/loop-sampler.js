/**
 * Is loaded into the controller in front of the bundle, and writes what delayed its event loop to the file that LOOP_SAMPLES
 * names when the process ends. It is JavaScript because Node needs 20 MiB more to strip types.
 */
import { readFileSync, writeFileSync } from "node:fs";

const INTERVAL_MS = 20;
/** At most as long as the delay, and as the CPU time of the main thread meanwhile. The rest is waiting for a core. */
const ownDelays = [];
/** The program begins its own measure just before it serves metrics, after it has loaded its code. */
let isServing = false;
let before = { at: performance.now(), cpuMs: cpuMs() };

setInterval(() => {
  const now = { at: performance.now(), cpuMs: cpuMs() };
  const delayMs = Math.max(0, now.at - before.at - INTERVAL_MS);
  if (isServing) ownDelays.push(Math.min(delayMs, now.cpuMs - before.cpuMs));
  else isServing = process.getActiveResourcesInfo().includes("TCPServerWrap");
  before = now;
}, INTERVAL_MS).unref();

process.on("exit", () => {
  const path = process.env.LOOP_SAMPLES;
  if (path === undefined) return;
  const [, waitedNs] = readFileSync(`/proc/self/task/${process.pid}/schedstat`, "utf8").split(" ");
  const sorted = ownDelays.toSorted((a, b) => a - b);
  const ownP99Ms = sorted[Math.floor(sorted.length * 0.99)] ?? 0;
  writeFileSync(path, JSON.stringify({ ownP99Ms, waitedSeconds: Number(waitedNs) / 1e9 }));
});

function cpuMs() {
  const { user, system } = process.threadCpuUsage();
  return (user + system) / 1_000;
}
