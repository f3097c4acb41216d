import { describe, expect, it } from "vitest";
import { FairPlaces } from "./fair-places.ts";

/** How many each of the owners gets that come one after the other and take all they may. */
function takenBy(places: FairPlaces, owners: readonly string[]): number[] {
  return owners.map((owner) => {
    let held = 0;
    for (; places.hasRoomFor(owner); held++) places.take(owner);
    return held;
  });
}

describe("FairPlaces", () => {
  it("leaves room for whoever comes later, and for whoever comes after that", () => {
    expect(takenBy(new FairPlaces({ each: 10, reserve: 10 }), ["a", "b", "c", "d", "e"])).toEqual([10, 5, 3, 1, 1]);
  });

  it("keeps a single place for others where no more are to be kept", () => {
    expect(takenBy(new FairPlaces({ each: 8, reserve: 1 }), ["a", "b", "c"])).toEqual([8, 1, 0]);
  });

  it("shares evenly between those who come at once", () => {
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

  it("gives a place again once it is left, and none where there are none", () => {
    const places = new FairPlaces({ each: 1, reserve: 1 });
    places.take("a");
    expect([places.hasRoomFor("a"), places.hasRoomFor("b"), places.isFull]).toEqual([false, true, false]);
    places.take("b");
    expect([places.hasRoomFor("c"), places.isFull]).toEqual([false, true]);
    places.leave("a");
    expect([places.hasRoomFor("a"), places.hasRoomFor("b")]).toEqual([true, false]);
    expect(new FairPlaces({ each: 0, reserve: 0 }).hasRoomFor("a")).toBe(false);
  });
});
