import { expect } from "vitest";
import { watchAwaits } from "./awaits.ts";
import { Mortal } from "./mortal.ts";
import { type Ending, expectSame, type Situation, Stage } from "./situations.ts";

/** Ends a pass at an await, and says who continues. */
export interface End {
  readonly name: string;
  readonly end: (mortal: Mortal, stage: Stage) => void;
  /** What the rest of the story depends on: awaits with the same state end the same, and only the first is tried. */
  readonly state: (mortal: Mortal, stage: Stage, place: string) => string;
}

/** Ends passes at awaits until no state is left at which none was ended. */
export async function endAtEveryAwait(situation: Situation, end: End): Promise<void> {
  const stage = await Stage.start();
  const undisturbed = await stage.undisturbed(situation);
  const states = new Set<string>();
  const places = new Set<string>();
  let awaits = 0;
  for (;;) {
    const found = await endAtNewState(stage, situation, end, states);
    awaits = Math.max(awaits, found.awaits);
    expectSame(`${end.name}, at await ${found.awaits}, ${found.where}`, found.ending, undisturbed);
    if (found.where === undefined) break;
    places.add(found.where);
  }
  // Otherwise the awaits were not seen.
  expect(awaits).toBeGreaterThan(20);
  console.log(
    `${situation}, ${end.name}: ${awaits} awaits, ${states.size} states at ${places.size} places, the same status, no event twice`,
  );
}

interface Found {
  /** Where it ended; undefined if all states were known. */
  readonly where: string | undefined;
  readonly awaits: number;
  readonly ending: Ending;
}

async function endAtNewState(stage: Stage, situation: Situation, end: End, states: Set<string>): Promise<Found> {
  const mortal = new Mortal();
  await stage.enter(situation, (resources) => mortal.through(resources));
  let awaits = 0;
  let where: string | undefined;
  await watchAwaits(
    () => Promise.race([stage.pass(mortal.signal), mortal.death]),
    (place) => {
      awaits++;
      const state = end.state(mortal, stage, place.key);
      if (states.has(state)) return false;
      states.add(state);
      where = place.text();
      end.end(mortal, stage);
      return true;
    },
  ).catch(() => undefined);
  if (where !== undefined) await stage.pass();
  return { where, awaits, ending: stage.ending() };
}
