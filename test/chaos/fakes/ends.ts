import type { End } from "./every-await.ts";
import type { Mortal } from "./mortal.ts";
import type { Stage } from "./situations.ts";

export const killed: End = {
  name: "killed, then another process",
  end: (mortal, { world }) => {
    mortal.die();
    world.restart();
  },
  // Its memory is lost.
  state: outerState,
};

export const stopped: End = {
  name: "stopped, then the same process",
  end: (mortal) => mortal.stop(),
  // Its memory stays, and depends on where it is and on every answer so far.
  state: (mortal, stage, place) => {
    const { daemon, registry } = stage.world;
    const requests = daemon.counters.requests() + registry.counters.requests();
    return `${place} ${requests} ${outerState(mortal, stage)}`;
  },
};

/** What is left of a process outside of it, with what it has asked for by then. */
function outerState({ calls }: Mortal, { world: { host, events } }: Stage): string {
  return JSON.stringify([host.status, events.length, calls]);
}
