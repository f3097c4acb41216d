import { setTimeout as sleep } from "node:timers/promises";
import type { Kube } from "../env/kube.ts";
import { LOOPBACK, Program } from "../integration/program.ts";
import type { SummaryRow } from "../support/summary.ts";
import { ChaosFleet } from "./chaos-fleet.ts";
import { settle } from "./settle.ts";

export interface ForeignSecretsOptions {
  readonly kube: Kube;
  readonly large: number;
  readonly small: number;
}

const MOST_MIB = 30;
const SAMPLES = 20;
const BETWEEN_SAMPLES_MS = 500;

/** What Secrets that no host names cost a controller: one that watched while they came, and one that starts with them. */
export async function runForeignSecrets({ kube, large, small }: ForeignSecretsOptions): Promise<readonly SummaryRow[]> {
  const fleet = await ChaosFleet.start(kube, 5);
  const start = async () => {
    const program = await Program.controller(kube, fleet.namespace.name, LOOPBACK);
    const left = await settle(() => fleet.unsettled(), 60_000);
    if (left.length > 0) throw new Error(left.join("; "));
    return program;
  };
  const programs: Program[] = [];
  try {
    const before = await start();
    programs.push(before);
    const without = await residentMiB(before);
    await createSecrets(fleet, "small", small, "x".repeat(100));
    // As much as the API server takes.
    await createSecrets(fleet, "large", large, "x".repeat(1_000_000));
    const watched = await residentMiB(before);
    await before.stop();
    const after = await start();
    programs.push(after);
    const started = await residentMiB(after);
    const row = (what: string, mib: number): SummaryRow => ({
      promise: `${large} Secrets of 1 MB and ${small} small ones: under ${MOST_MIB} MiB more, ${what}`,
      seen: `${without.toFixed(0)} MiB without, ${mib.toFixed(0)} MiB with them`,
      kept: mib - without < MOST_MIB,
    });
    return [row("while they come", watched), row("at a start", started)];
  } finally {
    for (const program of programs) await program.stop();
    await fleet.stop();
  }
}

async function createSecrets(fleet: ChaosFleet, prefix: string, count: number, blob: string): Promise<void> {
  let next = 0;
  const work = async () => {
    for (let index = next++; index < count; index = next++) {
      await fleet.api.create(fleet.secrets, { metadata: { name: `${prefix}-${index}` }, stringData: { blob } });
    }
  };
  await Promise.all(Array.from({ length: 8 }, work));
}

/** The least of some samples: what is not garbage. */
async function residentMiB(program: Program): Promise<number> {
  const samples: number[] = [];
  for (let sample = 0; sample < SAMPLES; sample++) {
    const bytes = /^process_resident_memory_bytes (\S+)$/m.exec(await program.metrics())?.[1];
    samples.push(Number(bytes) / 2 ** 20);
    await sleep(BETWEEN_SAMPLES_MS);
  }
  return Math.min(...samples);
}
