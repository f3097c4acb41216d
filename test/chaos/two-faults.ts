import type { SummaryRow } from "../support/summary.ts";
import { allPairs, type Ended, someOf } from "./fakes/pairs/explore.ts";
import { FAULTS } from "./fakes/pairs/faults.ts";
import { STORIES } from "./fakes/pairs/stories.ts";
import { seededRandom } from "./seeded-random.ts";

/**
 * Plays updates on a daemon in memory: every fault at every change, and after it every second one at every change until
 * the end. Then some with three faults, by chance. Prints each that does not end as it should.
 */
export async function runTwoFaults({
  seed,
  triples,
}: {
  seed: number;
  triples: number;
}): Promise<readonly SummaryRow[]> {
  const rows: SummaryRow[] = [];
  const play = async (what: string, plays: AsyncGenerator<Ended>) => {
    let [count, broken] = [0, 0];
    for await (const { violation } of plays) {
      count++;
      if (violation === undefined) continue;
      broken++;
      console.log(violation);
    }
    const seen = `${count} plays, ${broken} of which end in another way`;
    rows.push({ promise: `${what} leaves a working container`, seen, kept: broken === 0 });
    console.error(`${what}: ${seen}`);
  };
  const all = [...FAULTS.machines, ...FAULTS.persons];
  for (const story of STORIES) await play(story.name, allPairs(story, all, all));
  await play("three faults", someOf(3, triples, seededRandom(seed)));
  return rows;
}
