import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { FairPlaces } from "./fair-places.ts";

/** How many places each owner gets if owners come one after the other and take as many as they may. */
function takenBy(places: FairPlaces, owners: readonly string[]): number[] {
  return owners.map((owner) => {
    let held = 0;
    for (; places.hasRoomFor(owner); held++) places.take(owner);
    return held;
  });
}

describe("FairPlaces", () => {
  it("leaves room for an owner that comes later, and for the next one after that", () => {
    expect(takenBy(new FairPlaces({ each: 10, reserve: 10 }), ["a", "b", "c", "d", "e"])).toEqual([10, 5, 3, 1, 1]);
  });

  it("keeps a single place for others if no more are to be kept", () => {
    expect(takenBy(new FairPlaces({ each: 8, reserve: 1 }), ["a", "b", "c"])).toEqual([8, 1, 0]);
  });

  it("shares evenly between owners that come at the same time", () => {
    const places = new FairPlaces({ each: 10, reserve: 10 });
    const held = { a: 0, b: 0 };
    while (places.hasRoomFor("a") || places.hasRoomFor("b")) {
      for (const owner of ["a", "b"] as const) {
        if (!places.hasRoomFor(owner)) continue;
        places.take(owner);
        held[owner]++;
      }
    }
    expect(held).toEqual({ a: 7, b: 7 });
  });

  it("gives out a place again after it was left, and none if there are none", () => {
    const places = new FairPlaces({ each: 1, reserve: 1 });
    places.take("a");
    expect([places.hasRoomFor("a"), places.hasRoomFor("b"), places.isFull]).toEqual([false, true, false]);
    places.take("b");
    expect([places.hasRoomFor("c"), places.isFull]).toEqual([false, true]);
    places.leave("a");
    expect([places.hasRoomFor("a"), places.hasRoomFor("b")]).toEqual([true, false]);
    expect(new FairPlaces({ each: 0, reserve: 0 }).hasRoomFor("a")).toBe(false);
  });

  it("has room for a newcomer next to any number of owners whose places are overdue", () => {
    const places = new FairPlaces({ each: 10, reserve: 10 });
    const greedy = Array.from({ length: 50 }, (_, index) => `greedy-${index}`);
    const held = greedy.map((owner) => {
      const [count = 0] = takenBy(places, [owner]);
      for (let each = 0; each < count; each++) places.overdue(owner);
      return count;
    });
    // The first ones get what is free, and each one after them its equal share.
    expect(held.slice(0, 6)).toEqual([10, 6, 5, 4, 3, 2]);
    expect(held.slice(-3)).toEqual([1, 1, 1]);
    expect(places.isFull).toBe(false);
    // A newcomer finds room immediately, and again as soon as it has left.
    expect(takenBy(places, ["victim"])).toEqual([1]);
    places.leave("victim");
    expect(places.hasRoomFor("victim")).toBe(true);
    // An owner that has its share waits for its own places.
    expect(places.hasRoomFor("greedy-0")).toBe(false);
  });

  it("counts a place as free for good when it is left, whether or not it was overdue", () => {
    const places = new FairPlaces({ each: 1, reserve: 1 });
    for (const owner of ["a", "b"]) {
      places.take(owner);
      places.overdue(owner);
    }
    places.take("c");
    places.leave("a", true);
    places.leave("b", true);
    expect(takenBy(places, ["d", "e"])).toEqual([1, 0]);
    // A place that nobody holds has no effect.
    places.overdue("e");
    places.leave("e");
    expect(places.isFull).toBe(true);
  });

  const counts = fc.record({ each: fc.integer({ min: 1, max: 12 }), reserve: fc.integer({ min: 1, max: 12 }) });
  const step = fc.record({
    do: fc.constantFrom("take", "take", "overdue", "leave"),
    owner: fc.integer({ min: 0, max: 30 }).map((index) => `owner-${index}`),
  });

  it("keeps its limits for any actions of owners in any order", () => {
    fc.assert(
      fc.property(counts, fc.array(step, { maxLength: 300 }), (given, steps) => {
        const places = new FairPlaces(given);
        const total = given.each + given.reserve;
        const held = new Map<string, boolean[]>();
        const all = () => [...held.values()].flat();
        for (const { do: what, owner } of steps) {
          const own = held.get(owner) ?? [];
          held.set(owner, own);
          if (what === "take" && places.hasRoomFor(owner)) {
            places.take(owner);
            own.push(false);
          } else if (what === "overdue" && own.includes(false)) {
            places.overdue(owner);
            own[own.indexOf(false)] = true;
          } else if (what === "leave" && own.length > 0) {
            places.leave(owner, own.shift());
          }
          const fresh = all().filter((isOverdue) => !isOverdue).length;
          // There are never more in progress than there are places, and no owner holds more than it may have as the
          // only one.
          expect(fresh).toBeLessThanOrEqual(total);
          expect(own.length).toBeLessThanOrEqual(Math.max(given.each, Math.floor(total / 2), 1));
          // An owner that holds nothing waits only for places that are not overdue yet.
          expect(places.hasRoomFor("newcomer")).toBe(fresh < total);
          expect(places.isFull).toBe(fresh >= total);
        }
      }),
    );
  });

  it("lets each of any number of owners hold its equal share once the others' places are overdue", () => {
    fc.assert(
      fc.property(counts, fc.integer({ min: 1, max: 60 }), ({ each }, owners) => {
        const places = new FairPlaces({ each, reserve: each });
        let held = 0;
        let bound = 2 * each;
        for (let index = 0; index < owners; index++) {
          const owner = `owner-${index}`;
          const share = Math.max(1, Math.floor((2 * each) / (index + 2)));
          const [count = 0] = takenBy(places, [owner]);
          for (let place = 0; place < count; place++) places.overdue(owner);
          expect(count).toBeGreaterThanOrEqual(share);
          held += count;
          bound += share;
          expect(held).toBeLessThanOrEqual(bound);
        }
      }),
    );
  });
});
