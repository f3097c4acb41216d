import { expect, it } from "vitest";
import { type Crash, CrashPoints, isPort } from "./crash-points.ts";
import { type Ending, expectSame, type Situation, Stage, situations } from "./situations.ts";

const NEXT = ["another process", "the same process"] as const;

it.each(situations)(
  "%s ends the same, and nothing is reported twice, at whichever call or request a pass is interrupted",
  { timeout: 300_000 },
  async (situation) => {
    const stage = await Stage.start();
    const none = new CrashPoints(0, "aborted");
    const undisturbed = await endingOf(stage, situation, none, "another process");
    let crashes = 0;
    for (const [index, point] of none.passed.entries()) {
      for (const crash of crashesAt(point)) {
        for (const next of isPort(point) ? NEXT : NEXT.slice(0, 1)) {
          const ending = await endingOf(stage, situation, new CrashPoints(index + 1, crash), next);
          expectSame(`${crash} at ${point}, then ${next}`, ending, undisturbed);
          crashes++;
        }
      }
    }
    console.log(`${situation}: ${crashes} crashes at ${none.passed.length} points, the same status, no event twice`);
    expect(crashes).toBeGreaterThan(0);
  },
);

/** Is cut short at a point, and continues: in another process or in the same. */
async function endingOf(
  stage: Stage,
  situation: Situation,
  points: CrashPoints,
  next: (typeof NEXT)[number],
): Promise<Ending> {
  const { world } = stage;
  await stage.enter(situation, (resources) => points.through(resources));
  const undo = [world.daemon.counters, world.registry.counters].map((counters) => points.watch(counters));
  await stage.pass(points.signal).catch(() => undefined);
  for (const each of undo) each();
  // What continues passes further points.
  points.close();
  if (next === "another process") world.restart();
  await stage.pass();
  return stage.ending();
}

/** Only a status that cannot be stored is a crash: the status itself reports every other failed call. */
function crashesAt(point: string): readonly Crash[] {
  return point.startsWith("saveStatus ") ? ["aborted", "failed before", "failed after"] : ["aborted"];
}
