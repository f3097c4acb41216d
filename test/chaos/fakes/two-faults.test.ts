import { expect, it } from "vitest";
import { seededRandom } from "../seeded-random.ts";
import { play, someOf } from "./pairs/explore.ts";
import { FAULTS } from "./pairs/faults.ts";
import { STORIES } from "./pairs/stories.ts";

const all = [...FAULTS.machines, ...FAULTS.persons];

/** Pairs that once ended in another way: what happened, and at which moment after the one before. */
const FOUND: readonly (readonly [story: string, ...plan: (readonly [at: number, fault: string])[]])[] = [
  ["an update", [5, "its answer is lost"], [2, "its answer is lost"]],
  ["an update with hooks that removes the old image", [5, "it is lost"]],
  ["an update with dependants", [10, "somebody removes the old one"]],
  ["an update with dependants", [14, "somebody runs another container under the name"]],
  ["an update with dependants", [9, "somebody removes the new one"], [10, "the process is killed before it"]],
  ["a rollback with dependants", [20, "somebody removes the old one"]],
  ["a rollback with dependants", [24, "somebody removes stopped containers"]],
  ["a rollback with dependants", [10, "the process is killed after it"], [5, "somebody stops the old one"]],
  ["a rollback with dependants", [12, "somebody removes stopped containers"], [9, "somebody removes the new one"]],
  [
    "a rollback with dependants",
    [29, "somebody runs another container under the name"],
    [11, "the daemon restarts after it"],
  ],
  [
    "a rollback with three networks",
    [12, "somebody runs another container under the name"],
    [2, "the machine restarts after it, with the process"],
  ],
  [
    "an update with three networks",
    [11, "somebody removes stopped containers"],
    [6, "the machine restarts after it, with the process"],
  ],
  [
    "a failed update whose container is kept",
    [11, "somebody removes stopped containers"],
    [2, "the process is killed before it"],
  ],
  [
    "an update with hooks that removes the old image",
    [6, "somebody cancels the update"],
    [2, "the process is killed before it"],
  ],
  ["a rollback", [8, "the process is killed after it"], [1, "somebody renames the new one"]],
  [
    "a failed update whose container is kept",
    [6, "the process is killed after it"],
    [6, "it is lost"],
    [11, "it is lost"],
  ],
  ["an update with three networks", [6, "somebody renames the new one"], [2, "it is lost"]],
  ["an update with three networks", [6, "somebody renames the new one"], [1, "the daemon restarts before it"]],
  ["an update with dependants", [10, "somebody removes stopped containers"], [11, "the process is killed before it"]],
  [
    "a rollback of an unhealthy one, restarted unless stopped",
    [9, "somebody removes the new one"],
    [2, "the machine restarts after it, with the process"],
  ],
  [
    "a rollback with dependants",
    [11, "somebody removes the new one"],
    [3, "somebody renames the old one"],
    [1, "the process is killed after it"],
  ],
  [
    "an update of a container that is restarted on failure",
    [6, "somebody cancels the update"],
    [3, "the daemon restarts before it"],
  ],
  ["a rollback", [19, "somebody removes the old one"], [1, "the process is killed before it"]],
  ["an update with dependants", [2, "somebody stops the old one"], [2, "the process is killed after it"]],
  [
    "a rollback with dependants",
    [23, "somebody removes the new one"],
    [8, "the machine restarts after it, with the process"],
  ],
  [
    "a failed update whose container is kept",
    [4, "somebody removes unused images"],
    [2, "the process is killed after it"],
  ],
  ["an update", [2, "somebody renames the old one"], [1, "somebody removes unused images"]],
  [
    "an update of a stopped container",
    [5, "somebody moves the tag to another image"],
    [2, "somebody renames the old one"],
  ],
  [
    "an update with hooks that removes the old image",
    [6, "somebody removes unused images"],
    [4, "somebody renames the old one"],
  ],
];

it.each(FOUND.map(([story, ...plan]) => ({ story, plan })))("$story ends as it should: $plan", async (row) => {
  const story = STORIES.find(({ name }) => name === row.story);
  const plan = row.plan.flatMap(([at, name]) =>
    all.filter((each) => each.name === name).map((fault) => ({ at, fault })),
  );
  if (story === undefined || plan.length !== row.plan.length) throw new Error("there is no such story or fault");
  const { violation, struck } = await play(story, plan);
  expect(violation).toBeUndefined();
  expect(struck).toBeGreaterThan(0);
});

/** `npm run soak -- --scenario two-faults` plays all pairs. */
it.each([
  { faults: 2, count: 150 },
  { faults: 3, count: 50 },
])("an update leaves a working container, and says how it ended, after $faults faults", async ({ faults, count }) => {
  const violations: string[] = [];
  let plays = 0;
  for await (const { violation } of someOf(faults, count, seededRandom(faults))) {
    plays++;
    if (violation !== undefined) violations.push(violation);
  }
  console.log(`${plays} updates with ${faults} faults each, ${violations.length} of which ended in another way`);
  expect(violations).toEqual([]);
  expect(plays).toBe(count);
});
