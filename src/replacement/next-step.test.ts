import { describe, expect, it } from "vitest";
import { after, type Direction, directionOf, heldPolicy, type Member, nextStep, type StepName } from "./next-step.ts";

function member(name: string, { policy = "always", wasRunning = true } = {}): Member {
  return {
    name,
    main: name === "web",
    wasRunning,
    restartPolicy: { Name: policy },
    old: { id: `old-${name}`, place: "name", isUp: wasRunning, isHeld: false },
    new: { id: "", place: "none", isUp: false, wasStarted: false, isHeld: false },
  };
}

/** All states on the way of a direction, with the steps between them. */
function walk(direction: Direction, start: readonly Member[]) {
  const states = [start];
  const steps: string[] = [];
  for (let members = start; ; ) {
    const next = nextStep(direction, members);
    if (next === undefined) return { states, steps, end: members };
    if (steps.length > 50) throw new Error(`no end: ${steps.join(" ")}`);
    steps.push(`${next.step} ${next.member.name}`);
    members = after(members, next, `new-${next.member.name}`);
    states.push(members);
  }
}

/** The step, and what follows it. */
function walkBack(start: readonly Member[]) {
  const back = walk("back", start);
  const clear = walk("clear", back.end);
  return { states: [...back.states, ...clear.states], steps: [...back.steps, ...clear.steps], end: clear.end };
}

/** What runs under the own name of each, and what is left in addition to it. */
function outcome(members: readonly Member[]) {
  return members.map(({ name, old, new: fresh }) => ({
    name,
    running: [
      ...(old.place === "name" && old.isUp ? ["old"] : []),
      ...(fresh.place === "name" && fresh.isUp ? ["new"] : []),
    ],
    beside: [
      ...(old.place === "old" ? ["old"] : []),
      ...(fresh.place === "new" || fresh.place === "failed" ? ["new"] : []),
    ],
    isHeld: old.place === "name" && old.isHeld,
  }));
}

const groups = [
  ["one container", [member("web")]],
  ["a container that a daemon's restart leaves alone", [member("web", { policy: "unless-stopped" })]],
  ["one with dependants", [member("web"), member("side"), member("second", { policy: "no" })]],
] as const;

describe("the creation", () => {
  it("is of all new containers, and of nothing else", () => {
    expect(walk("create", [member("web"), member("side")]).steps).toEqual(["Create web", "Create side"]);
  });
});

describe("the way forward", () => {
  it("touches no running container before the new one exists, and removes nothing", () => {
    expect(walk("forward", [member("web")]).steps).toEqual([
      "Create web",
      "HoldPolicy web",
      "StopOld web",
      "RenameOld web",
      "RenameNew web",
      "StartNew web",
    ]);
  });

  it("stops dependants before what they depend on, and starts them after it", () => {
    const { steps } = walk("forward", [member("web"), member("side")]);
    const of = (step: StepName) => steps.filter((each) => each.startsWith(`${step} `));
    expect(of("StopOld")).toEqual(["StopOld side", "StopOld web"]);
    expect(of("StartNew")).toEqual(["StartNew web", "StartNew side"]);
    expect(steps.indexOf("Create side")).toBeLessThan(steps.indexOf("StopOld side"));
  });

  it("starts no container that did not run", () => {
    const { steps } = walk("forward", [member("web", { wasRunning: false })]);
    expect(steps).toEqual(["Create web", "HoldPolicy web", "RenameOld web", "RenameNew web"]);
  });

  it.each([
    ["no", false],
    ["unless-stopped", false],
    ["on-failure", true],
    ["always", true],
  ] as const)("with the restart policy %s removes it: %s", (policy, isHeld) => {
    expect(walk("forward", [member("web", { policy })]).steps.includes("HoldPolicy web")).toBe(isHeld);
  });
});

describe("the finish", () => {
  const end = walk("forward", [member("web"), member("side")]).end;
  const stopped = (members: readonly Member[]) =>
    members.map((each) => ({ ...each, new: { ...each.new, isUp: false } }));

  it("only removes what is old, dependants first, if all new ones run", () => {
    expect(walk("finish", end).steps).toEqual(["RemoveOld side", "RemoveOld web"]);
  });

  it("first starts those that ended with their daemon, even if their old ones are already gone", () => {
    expect(walk("finish", stopped(end)).steps).toEqual([
      "StartNew web",
      "StartNew side",
      "RemoveOld side",
      "RemoveOld web",
    ]);
    const side = end.find(({ name }) => name === "side");
    if (side === undefined) throw new Error("it has a dependant");
    const removed = after(end, { step: "RemoveOld", member: side });
    expect(walk("finish", stopped(removed)).steps).toEqual(["StartNew web", "StartNew side", "RemoveOld web"]);
    expect(walk("finish", stopped(walk("finish", end).end)).steps).toEqual(["StartNew web", "StartNew side"]);
  });

  it("starts none that did not run", () => {
    const idle = walk("forward", [member("web", { wasRunning: false })]).end;
    expect(walk("finish", idle).steps).toEqual(["RemoveOld web"]);
  });
});

describe("the way back", () => {
  it("restores the policy while the name still shows it, and removes the new container last", () => {
    const { end } = walk("forward", [member("web")]);
    expect(walkBack(end).steps).toEqual([
      "HoldNew web",
      "StopNew web",
      "SetAside web",
      "RestorePolicy web",
      "RenameBack web",
      "StartOld web",
      "RemoveNew web",
    ]);
  });

  it("leaves an old container stopped, without its policy, whose name somebody else has", () => {
    const forward = walk("forward", [member("web")]).end;
    const restored = walk("back", forward).states.find(([state]) => state?.old.isHeld === false) ?? [];
    const kept = walk("keep", restored);
    expect(kept.steps).toEqual(["HoldPolicy web", "KeepOld web"]);
    expect(walkBack(kept.end).steps).toEqual(["RemoveNew web"]);
    expect(directionOf(kept.end.map((each) => ({ ...each, new: { ...each.new, place: "none" } })))).toBeUndefined();
  });

  it.each([
    ["always", "unless-stopped"],
    ["on-failure", "no"],
  ])("has the policy %s replaced by %s meanwhile", (policy, held) => {
    expect(heldPolicy(member("web", { policy }))).toEqual({ Name: held });
  });
});

describe.each(groups)("a crash after any step, with %s", (_, members) => {
  const forward = walk("forward", members);
  const ways = {
    forward,
    finish: walk("finish", forward.end),
    ...Object.fromEntries(forward.states.map((state, index) => [`back from step ${index}`, walkBack(state)])),
  };
  const cases = Object.entries(ways).flatMap(([way, { states }]) => states.map((state, at) => ({ way, at, state })));

  it.each(cases)("$way, $at", ({ state }) => {
    let end = state;
    // A direction may end in a state that asks for another: forward asks for finish, once the new ones are proved.
    for (let direction = directionOf(end); direction !== undefined; direction = directionOf(end)) {
      end = (direction === "back" ? walkBack(end) : walk(direction, end)).end;
      // A container that does not run has not proved itself.
      const isProved = end.every((each) => !each.wasRunning || each.new.isUp);
      if (direction === "forward") end = (isProved ? walk("finish", end) : walkBack(end)).end;
    }
    const results = outcome(end);
    const [first] = results;
    // Nothing is found of a transaction that has not created anything; otherwise, all old containers or all new ones
    // are found.
    expect(["old", "new"]).toContain(first?.running[0]);
    for (const { running, beside } of results) {
      expect(running).toEqual(first?.running);
      expect(beside).toEqual([]);
    }
    // The way back restores a policy that was removed.
    if (first?.running[0] === "old") {
      expect(results.map(({ isHeld }) => isHeld)).toEqual(results.map(() => false));
    }
  });
});

describe("what is found on a daemon", () => {
  const base = member("web");
  const found = (newPlace: Member["new"]["place"], oldPlace: Member["old"]["place"]): Member => ({
    ...base,
    old: { ...base.old, place: oldPlace },
    new: { ...base.new, place: newPlace, id: "new-web" },
  });
  it.each([
    ["new", "name", "back"],
    ["new", "old", "back"],
    ["name", "old", "forward"],
    ["name", "gone", undefined],
    ["name", "kept", undefined],
    ["failed", "name", "back"],
    ["failed", "old", "back"],
    ["none", "old", "back"],
    ["none", "name", undefined],
    ["none", "kept", undefined],
    ["none", "gone", undefined],
    ["elsewhere", "old", "back"],
  ] as const)("new %s, old %s: %s", (newPlace, oldPlace, direction) => {
    expect(directionOf([found(newPlace, oldPlace)])).toBe(direction);
  });

  it("goes back if a record shows that the policy of an old container was removed", () => {
    const held = { ...base.old, isHeld: true };
    expect(directionOf([{ ...base, old: held }])).toBe("back");
    expect(walkBack([{ ...base, old: held }]).steps).toEqual(["RestorePolicy web"]);
  });

  it.each([
    ["somebody removed the new one", "none", { isUp: false }, true, "back"],
    ["that did not run before", "none", { isUp: false }, false, undefined],
    [
      "somebody renamed the new one, and the policy was removed",
      "elsewhere",
      { isUp: false, isHeld: true },
      true,
      "back",
    ],
    ["the renamed one may stay, so a stop is a user's", "elsewhere", { isUp: false }, true, undefined],
  ] as const)("starts a stopped old container again: %s", (_, place, old, wasRunning, direction) => {
    const stopped = { ...base, wasRunning, old: { ...base.old, ...old }, new: { ...base.new, place } };
    expect(directionOf([stopped])).toBe(direction);
  });

  it("does not leave a renamed container held forever", () => {
    const fresh = { ...base.new, place: "elsewhere", wasStarted: true } as const;
    expect(directionOf([{ ...base, old: { ...base.old, isHeld: true }, new: fresh }])).toBeUndefined();
  });

  it("puts an old container back that has no new one, if the new ones of others have to stay", () => {
    const web = { ...found("none", "old"), old: { ...base.old, place: "old", isUp: false, isHeld: true } } as const;
    const side = { ...found("name", "gone"), name: "side", main: false, old: { ...base.old, place: "gone" } } as const;
    expect(walk("stay", [web, side]).steps).toEqual([
      "RestorePolicy web",
      "RenameBack web",
      "StartOld web",
      "StartNew side",
    ]);
  });

  it("stops an old container that was started with its daemon before it is kept", () => {
    const started = { ...found("new", "old"), old: { ...base.old, place: "old", isUp: true } } as const;
    expect(walk("keep", [started]).steps).toEqual(["HoldPolicy web", "StopOld web", "KeepOld web"]);
  });

  it("goes back unless every new one has its name, and finishes once any old one is gone", () => {
    const side = { ...found("new", "old"), name: "side", main: false };
    expect(directionOf([found("name", "old"), side])).toBe("back");
    expect(directionOf([found("name", "gone"), { ...side, new: { ...side.new, place: "name" } }])).toBe("finish");
  });
});
