import type { Kube } from "../env/kube.ts";
import type { SummaryRow } from "../support/summary.ts";
import { Arena, MOST_ATTACKS } from "./hostile/arena.ts";
import type { Attack } from "./hostile/attack.ts";
import { heldLists, heldVersions, patternBombs, silentHosts, silentLists } from "./hostile/daemon-attacks.ts";
import { giantTexts, manyImages } from "./hostile/registry-attacks.ts";
import { sshNoise } from "./hostile/ssh-attacks.ts";
import { seededRandom, shuffledForever } from "./seeded-random.ts";

export interface HostileOptions {
  readonly kube: Kube;
  readonly seed: number;
  readonly forMs: number;
}

const WINDOW_MS = 60_000;

/** Random mixtures of attacks, one after another for this long. */
export async function runHostile({ kube, seed, forMs }: HostileOptions): Promise<readonly SummaryRow[]> {
  const random = seededRandom(seed);
  const upTo = (most: number) => 1 + Math.floor(random() * most);
  const arena = await Arena.start(kube, WINDOW_MS);
  const kinds: readonly (() => Promise<Attack>)[] = [
    () => patternBombs(upTo(12)),
    () => heldVersions(upTo(100)),
    () => heldLists(upTo(100)),
    () => silentHosts(upTo(200)),
    () => silentLists(upTo(80)),
    () => giantTexts(upTo(6), 1 + upTo(99)),
    () => manyImages(arena.registry, upTo(10), upTo(990)),
    () => sshNoise(upTo(60)),
  ];
  const tally = new Map<string, { rounds: number; broken: SummaryRow[]; last: string }>();
  try {
    const next = shuffledForever(kinds, random);
    for (const end = performance.now() + forMs; performance.now() < end; ) {
      const chosen = new Set(Array.from({ length: upTo(MOST_ATTACKS) }, () => next.next().value));
      const attacks: Attack[] = [];
      for (const start of chosen) attacks.push(await start());
      for (const row of await arena.face(attacks)) {
        const known = tally.get(row.promise) ?? { rounds: 0, broken: [], last: "" };
        known.rounds++;
        known.last = row.seen;
        if (!row.kept) known.broken.push(row);
        tally.set(row.promise, known);
      }
    }
  } finally {
    await arena.stop();
  }
  return [...tally].map(([promise, { rounds, broken, last }]) => ({
    promise,
    seen:
      broken[0] === undefined ? `${rounds} times; last: ${last}` : `${broken.length} of ${rounds}: ${broken[0].seen}`,
    kept: broken.length === 0,
  }));
}
