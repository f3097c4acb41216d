import { LABEL } from "../../../../src/replacement/transaction-label.ts";
import type { MemoryContainer } from "../../../support/memory-container.ts";
import { imageOf, OTHER } from "../../../support/memory-images.ts";
import type { Fault, World } from "./world.ts";

/** What machines do. The end is the same as if they had not. */
const MACHINES: readonly Fault[] = [
  { name: "the process is killed before it", strike: ({ die }) => die() },
  {
    name: "the process is killed after it",
    strike: async ({ send, die }) => {
      await send();
      return await die();
    },
  },
  { name: "it is lost", strike: ({ lost }) => lost() },
  {
    name: "its answer is lost",
    strike: async ({ send, lost }) => {
      await send();
      return await lost();
    },
  },
  {
    name: "the daemon restarts before it",
    strike: ({ world: { daemon }, lost }) => {
      daemon.restart();
      return lost();
    },
  },
  {
    name: "the daemon restarts after it",
    strike: async ({ world: { daemon }, send, lost }) => {
      await send();
      daemon.restart();
      return await lost();
    },
  },
  {
    name: "the machine restarts after it, with the process",
    strike: async ({ world: { daemon }, send, die }) => {
      await send();
      daemon.restart();
      return await die();
    },
  },
];

type Which = "the old one" | "the new one";

function find({ daemon, old }: World, which: Which): MemoryContainer | undefined {
  if (which === "the old one") return daemon.containers.get(old);
  return [...daemon.containers.values()].find(
    ({ id, labels, name }) => id !== old && Object.hasOwn(labels, LABEL) && /^web/.test(name),
  );
}

type Act = (world: World, container: MemoryContainer) => void;

function person(name: string, applies: (world: World) => boolean, act: (world: World) => void): Fault {
  return {
    name: `somebody ${name}`,
    isByPerson: true,
    applies,
    strike: ({ world, send }) => {
      world.persons.push(name);
      act(world);
      return send();
    },
  };
}

function onContainer(
  verb: string,
  applies: (container: MemoryContainer, world: World) => boolean,
  act: Act,
): readonly Fault[] {
  return (["the old one", "the new one"] as const).map((which) =>
    person(
      `${verb} ${which}`,
      (world) => {
        const container = find(world, which);
        return container !== undefined && applies(container, world);
      },
      (world) => {
        const container = find(world, which);
        if (container !== undefined) act(world, container);
      },
    ),
  );
}

const PERSONS: readonly Fault[] = [
  ...onContainer(
    "stops",
    ({ state }) => state === "running",
    ({ daemon }, { id }) => daemon.set(id, { state: "exited", isStopped: true }),
  ),
  ...onContainer(
    "removes",
    () => true,
    ({ daemon }, { id }) => daemon.containers.delete(id),
  ),
  ...onContainer(
    "starts",
    ({ state }) => state !== "running",
    ({ daemon }, { id }) => daemon.startByHand(id),
  ),
  ...onContainer(
    "restarts",
    ({ state }) => state === "running",
    ({ daemon }, { id }) => daemon.startByHand(id),
  ),
  ...onContainer(
    "renames",
    (_, { daemon }) => daemon.get("mine") === undefined,
    ({ daemon }, { id }) => daemon.set(id, { name: "mine" }),
  ),
  ...onContainer(
    "disconnects a network of",
    ({ networks }) => Object.hasOwn(networks, "back"),
    ({ daemon }, { id, networks: { back: _, ...networks } }) => daemon.set(id, { networks }),
  ),
  person(
    "runs another container under the name",
    ({ daemon }) => daemon.get("web") === undefined,
    ({ daemon }) => daemon.run("web", { foreign: "yes" }),
  ),
  person(
    "ends the container that is only restarted",
    ({ daemon }) => daemon.get("client")?.state === "running",
    ({ daemon }) => daemon.set(daemon.get("client")?.id ?? "", { state: "exited", isStopped: true }),
  ),
  person(
    "moves the tag to another image",
    () => true,
    ({ daemon }) => daemon.tagByHand(OTHER, imageOf("web")),
  ),
  person(
    "removes unused images",
    () => true,
    ({ daemon }) => daemon.pruneImages(),
  ),
  person(
    "removes stopped containers",
    ({ daemon }) => daemon.list.some((each) => !each.endsWith("running")),
    ({ daemon }) => daemon.prune(),
  ),
  {
    name: "somebody cancels the update",
    isByPerson: true,
    strike: ({ world, send }) => {
      const { update } = world;
      world.persons.push("cancels the update");
      if (update !== undefined) world.updates.put({ ...update, spec: { ...Object(update.spec), cancel: true } });
      return send();
    },
  },
];

export const FAULTS = { machines: MACHINES, persons: PERSONS };
