import type { Random } from "../../../../src/common/random.ts";
import { check } from "./check.ts";
import { FAULTS } from "./faults.ts";
import { STORIES, type Story } from "./stories.ts";
import { type Fault, type Planned, World } from "./world.ts";

/** About as many moments as stories have, and as are left after a fault. */
const [MOMENTS, MOMENTS_LEFT] = [30, 12];

export interface Ended {
  /** How many of the faults have struck. */
  readonly struck: number;
  /** Whether a fault could not change anything at its moment. */
  readonly isPointless: boolean;
  /** Whether it ends as another play of the same story did. */
  readonly isKnown: boolean;
  /** The moments after the last fault. */
  readonly moments: number;
  /** What is wrong with the end, and how it came about. */
  readonly violation: string | undefined;
}

/**
 * Plays a story once, with these faults.
 * @param known what processes have left in earlier plays
 */
export async function play(story: Story, plan: readonly Planned[], known?: Set<string>): Promise<Ended> {
  const world = new World(story, plan, known);
  let problems: readonly string[];
  try {
    await world.run();
    problems = world.isPointless || world.isKnown ? [] : await check(world);
  } catch (error) {
    problems = [error instanceof Error ? (error.stack ?? error.message) : String(error)];
  }
  const { struck, isPointless, isKnown, moments, log, daemon } = world;
  const planned = plan.map(({ fault, at }) => `${at} ${fault.name}`).join("; ");
  const parts = [`${story.name}: ${planned}`, ...problems, ...log, daemon.changes.join(", "), daemon.list.join(", ")];
  const violation = problems.length === 0 ? undefined : parts.join("\n  ");
  return { struck, isPointless, isKnown, moments, violation };
}

/** Every fault at every moment of a story, and after each of them every second one at every moment until the end. */
export async function* allPairs(
  story: Story,
  firsts: readonly Fault[],
  seconds: readonly Fault[],
): AsyncGenerator<Ended> {
  const { moments } = await play(story, []);
  const [left, leftBySecond] = [new Set<string>(), new Set<string>()];
  for (const fault of firsts) {
    for (let at = 1; at <= moments; at++) {
      const single = await play(story, [{ fault, at }], left);
      if (!single.isPointless) yield single;
      if (single.isPointless || single.isKnown) continue;
      for (const second of seconds) {
        for (let next = 1; next <= single.moments; next++) {
          const plan = [
            { fault, at },
            { fault: second, at: next },
          ];
          const ended = await play(story, plan, leftBySecond);
          if (!ended.isPointless) yield ended;
        }
      }
    }
  }
}

/** Some of all stories with this many faults, by chance, as often as all of the faults have struck. */
export async function* someOf(faults: number, count: number, random: Random): AsyncGenerator<Ended> {
  const all = [...FAULTS.machines, ...FAULTS.persons];
  for (let played = 0; played < count; ) {
    const [story = pick(STORIES, random)] = played < STORIES.length ? STORIES.slice(played) : [];
    const plan = Array.from({ length: faults }, (_, index) => ({
      fault: pick(all, random),
      at: 1 + Math.floor(random() * (index === 0 ? MOMENTS : MOMENTS_LEFT)),
    }));
    const ended = await play(story, plan);
    if (ended.isPointless || ended.struck < faults) continue;
    played++;
    yield ended;
  }
}

function pick<T>(items: readonly T[], random: Random): T {
  return items[Math.floor(random() * items.length)] as T;
}
