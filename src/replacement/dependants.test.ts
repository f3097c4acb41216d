import { describe, expect, it } from "vitest";
import type { ListedDetails } from "../docker/engine-details.ts";
import { cannotStartAgain, dependantsOf, MAX_DEPENDANTS } from "./dependants.ts";
import type { Ties } from "./ties.ts";

const NONE: Ties = { shares: [], volumesFrom: [], links: [], added: {} };
const network = (of: string): Partial<Ties> => ({ shares: [{ what: "network", of }] });
const processes = (of: string): Partial<Ties> => ({ shares: [{ what: "processes", of }] });

/** Each container by its name, in the order of the daemon's list; its id is the repeated first letter. */
function dependants(of: string, containers: Readonly<Record<string, Partial<Ties>>>): readonly string[] {
  const listed = Object.keys(containers).map(
    (name): ListedDetails => ({
      id: name.charAt(0).repeat(64),
      name,
      image: "web:1",
      imageId: "sha256:1",
      state: "running",
      labels: {},
    }),
  );
  const target = listed.find(({ name }) => name === of);
  if (target === undefined) throw new Error(`no container ${of}`);
  const others = listed.filter((each) => each !== target);
  const ties = new Map(listed.map(({ id, name }) => [id, { ...NONE, ...containers[name] }]));
  return dependantsOf(target, others, ties).map(({ container, because }) => `${container.name} ${because}`);
}

describe("the dependants of a container", () => {
  it("are those that share something with it, use its volumes or are linked to it", () => {
    const found = dependants("web", {
      web: {},
      a: network("web"),
      b: processes("w".repeat(64)),
      c: { volumesFrom: ["w".repeat(12)] },
      d: { links: ["web"] },
      e: { links: ["other"] },
      f: network("w".repeat(11)),
    });
    expect(found).toEqual([
      "a shares the network of web",
      "b shares the processes of web",
      "c uses the volumes of web",
      "d is linked to web",
    ]);
  });

  it("include those of its dependants, and none that depends on something else", () => {
    const chain = { c: { links: ["b"] }, b: network("a"), a: {}, x: network("y"), y: {} };
    expect(dependants("a", chain)).toEqual(["b shares the network of a", "c is linked to b"]);
    expect(dependants("b", chain)).toEqual(["c is linked to b"]);
  });

  it.each([
    ["the last one first", { d: { ...network("a"), volumesFrom: ["c"] }, c: processes("b"), b: network("a"), a: {} }],
    ["the last one in the middle", { b: network("a"), d: { ...network("a"), links: ["c"] }, c: processes("b"), a: {} }],
    ["in their order", { a: {}, b: network("a"), c: processes("b"), d: { ...network("a"), links: ["b", "c"] } }],
  ])("come after all those on which they depend, if the daemon lists %s", (_, containers) => {
    expect(dependants("a", containers).map((line) => line.charAt(0))).toEqual(["b", "c", "d"]);
  });

  it("are bounded in number", () => {
    const others = Object.fromEntries(
      Array.from({ length: 300 }, (_, index) => [String.fromCodePoint(0x4e00 + index), network("a")]),
    );
    expect(dependants("a", { a: {}, ...others })).toHaveLength(MAX_DEPENDANTS + 1);
  });

  it("are each named once if names form a circle", () => {
    const circle = { a: {}, b: { ...network("a"), volumesFrom: ["c"] }, c: { volumesFrom: ["b"] } };
    expect(
      dependants("a", circle)
        .map((line) => line.charAt(0))
        .toSorted(),
    ).toEqual(["b", "c"]);
  });
});

describe("a dependant that runs", () => {
  const web: ListedDetails = {
    id: "w".repeat(64),
    name: "web",
    image: "web:1",
    imageId: "sha256:1",
    state: "exited",
    labels: {},
  };
  const side: ListedDetails = { ...web, id: "s".repeat(64), name: "side", state: "running" };

  it.each<readonly [string, Partial<Ties>, Partial<ListedDetails>, string | undefined]>([
    ["shares the network of a stopped one", network(web.id), {}, "shares the network of web, which is stopped"],
    ["shares the processes of a stopped one", processes(web.id), {}, "shares the processes of web, which is stopped"],
    ["is linked to a stopped one", { links: ["web"] }, {}, "is linked to web, which is stopped"],
    ["uses the volumes of a stopped one", { volumesFrom: ["web"] }, {}, undefined],
    ["shares the network of one that runs", network(web.id), { state: "running" }, undefined],
    ["shares the network of one that restarts", network(web.id), { state: "restarting" }, undefined],
    ["shares the network of another one", network("x".repeat(64)), {}, undefined],
  ])("and %s", (_, ties, source, expected) => {
    const problem = cannotStartAgain([{ ...web, ...source }, side], new Map([[side.id, { ...NONE, ...ties }]]));
    if (expected === undefined) expect(problem).toBeUndefined();
    else expect(problem).toContain(expected);
  });

  it("does not matter if it is stopped as well", () => {
    const stopped = { ...side, state: "exited" };
    expect(cannotStartAgain([web, stopped], new Map([[side.id, { ...NONE, ...network(web.id) }]]))).toBeUndefined();
  });
});
