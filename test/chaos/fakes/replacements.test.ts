import { expect, it } from "vitest";
import { watchAwaits } from "./awaits.ts";
import { Mortal } from "./mortal.ts";
import { Replacements, STORIES, type Story } from "./replacements.ts";

type Strike = (mortal: Mortal, world: Replacements) => void;

const kill: Strike = (mortal) => mortal.die();
const restart: Strike = (_, { daemon }) => daemon.restart();
const STRIKES: Readonly<Record<string, Strike>> = {
  "the process is killed": kill,
  "the process is killed and the daemon restarts": (...at) => {
    kill(...at);
    restart(...at);
  },
  "the daemon restarts": restart,
};

/**
 * Runs a process, and strikes at the first await whose state is not in `seen`. Says where that was.
 * @param stateOf awaits with the same state end the same
 */
async function strikeAtNewState(
  world: Replacements,
  strike: Strike,
  seen: Set<string>,
  stateOf = (mortal: Mortal) => `${world.state()} ${JSON.stringify(mortal.calls)}`,
): Promise<string | undefined> {
  const mortal = new Mortal();
  let where: string | undefined;
  await watchAwaits(
    () => Promise.race([world.process(mortal), mortal.death]),
    (place) => {
      const state = stateOf(mortal);
      if (seen.has(state)) return false;
      seen.add(state);
      where = place.text();
      strike(mortal, world);
      return true;
    },
  );
  return where;
}

async function expectEnd(world: Replacements, when: string): Promise<void> {
  await world.process(new Mortal());
  world.expectEnd(when);
}

const cases = STORIES.flatMap((story) =>
  Object.entries(STRIKES).map(([when, strike]) => ({ name: story.name, story, when, strike })),
);

it.each(cases)("$name ends as it should, at whichever await $when", async ({ story, when, strike }) => {
  const seen = new Set<string>();
  for (;;) {
    const world = new Replacements(story);
    const where = await strikeAtNewState(world, strike, seen);
    await expectEnd(world, `${when} at ${where}`);
    if (where === undefined) break;
  }
  console.log(`${story.name}: ${seen.size} cases in which ${when}, each with the same end`);
  expect(seen.size).toBeGreaterThan(20);
});

it.each(STORIES.slice(0, 2))(
  "$name ends as it should, if one process after the other is killed",
  async (story: Story) => {
    const seen = new Set<string>();
    const seenByNext = new Set<string>();
    let count = 0;
    for (let first: string | undefined = ""; first !== undefined; ) {
      const before = [...seen];
      // Only what a process has changed matters to the next one.
      for (let second: string | undefined = ""; second !== undefined; count++) {
        const world = new Replacements(story);
        const known = new Set(before);
        first = await strikeAtNewState(world, kill, known, () => world.state());
        for (const state of known) seen.add(state);
        second = first && (await strikeAtNewState(world, kill, seenByNext, () => world.state()));
        await expectEnd(world, `killed at ${first}, and the next one at ${second}`);
      }
    }
    console.log(`${story.name}: ${count} cases in which two processes are killed, each with the same end`);
    expect(count).toBeGreaterThan(20);
  },
);
