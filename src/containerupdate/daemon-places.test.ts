import { describe, expect, it } from "vitest";
import { FakeClock } from "../../test/support/fake-clock.ts";
import { DaemonPlaces } from "./daemon-places.ts";

const MINUTE = 60_000;

function places() {
  const clock = new FakeClock();
  const woken: string[] = [];
  const daemons = new DaemonPlaces((key) => woken.push(key), clock);
  const take = (key: string, host = "fleet/edge-7", daemon = "engine E") => {
    const place = daemons.take({ key, host, daemon });
    return place.kind === "taken" ? place.free : place.again;
  };
  return { clock, woken, daemons, take };
}

function taken(place: (() => void) | object): () => void {
  if (typeof place === "function") return place as () => void;
  throw new Error("the daemon is busy");
}

describe("the place of an update on its daemon", () => {
  it("is for one update of a host at a time, no matter how long that takes", async () => {
    const { clock, woken, take } = places();
    const free = taken(take("fleet/a"));
    expect(take("fleet/b")).toEqual({ kind: "done" });
    await clock.advance(600 * MINUTE);
    expect(take("fleet/b")).toEqual({ kind: "done" });
    free();
    expect(woken).toEqual(["fleet/b"]);
    taken(take("fleet/b"))();
  });

  it("is waited for while another host has it, but not for longer than 5 minutes", async () => {
    const { clock, take } = places();
    taken(take("fleet/a"));
    expect(take("other/b", "other/same")).toEqual({ kind: "after", ms: 5 * MINUTE });
    await clock.advance(2 * MINUTE);
    expect(take("other/b", "other/same")).toEqual({ kind: "after", ms: 3 * MINUTE });
    await clock.advance(3 * MINUTE);
    const free = taken(take("other/b", "other/same"));
    expect(take("fleet/c")).toEqual({ kind: "done" });
    free();
    expect(take("other/d", "other/same")).toEqual({ kind: "after", ms: 5 * MINUTE });
  });

  it("is not kept from a host by another host that claims its daemon and always has new updates", async () => {
    const { clock, woken, take } = places();
    let free = taken(take("hostile/0", "hostile/h"));
    expect(take("fleet/a")).toEqual({ kind: "after", ms: 5 * MINUTE });
    for (let i = 1; i <= 5; i++) {
      await clock.advance(MINUTE);
      free();
      expect(woken.splice(0)).toEqual(["fleet/a"]);
      free = taken(take(`hostile/${i}`, "hostile/h"));
    }
    taken(take("fleet/a"));
  });

  it("is not affected by other daemons, and no longer by updates that are gone", () => {
    const { woken, daemons, take } = places();
    const free = taken(take("fleet/a"));
    taken(take("fleet/b", "fleet/edge-8", "engine F"));
    take("fleet/gone");
    daemons.leave("fleet/gone");
    free();
    expect(woken).toEqual([]);
  });
});
