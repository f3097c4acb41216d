import { recover } from "../../../../src/replacement/recover.ts";
import { LABEL, readPlaceName } from "../../../../src/replacement/transaction-label.ts";
import type { MemoryContainer } from "../../../support/memory-container.ts";
import { BEFORE, GOOD, imageOf } from "../../../support/memory-images.ts";
import type { World } from "./world.ts";

/** What is wrong with the end, in words; nothing if all is as it should be. */
export async function check(world: World): Promise<readonly string[]> {
  const problems = [...checkDaemon(world), ...checkStatus(world)];
  const { daemon, host } = world;
  const owner = `dockerhost-operator for the DockerHost with uid ${host.metadata.uid}`;
  const again = await recover(daemon.ports({ writer: { owner, term: 99 }, mayChange: () => false }));
  if (!again.ok || again.value.length > 0) problems.push(`something is left to recover: ${JSON.stringify(again)}`);
  return problems;
}

function checkDaemon(world: World): readonly string[] {
  const { daemon, story, old, persons } = world;
  const { policy = "always", withOthers, isStopped, spec } = story;
  const problems: string[] = [];
  const expect = (isRight: boolean, problem: string) => {
    if (!isRight) problems.push(problem);
  };
  const did = (...words: readonly string[]) => persons.some((each) => words.some((word) => each.startsWith(word)));
  const web = daemon.get("web");
  const mine = daemon.get("mine");
  const isForeign = web?.labels.foreign !== undefined;
  const own = isForeign ? undefined : web;
  const removed = (which: string) => did(`removes ${which}`) || did("removes stopped containers");
  const isGone = !daemon.containers.has(old);
  const isKeptAside = [...daemon.containers.values()].some(
    ({ id, name }) => id === old && readPlaceName(name)?.place === "kept",
  );
  // Nothing is lost unless a person removed the old one, or the new one after it had proved itself.
  if (own === undefined && mine === undefined && !isForeign)
    expect(removed("the old one") || (removed("the new one") && (isGone || isKeptAside)), "there is no container");
  const others = withOthers ? ["side", "client"] : [];
  for (const { name, id } of daemon.containers.values()) {
    const place = readPlaceName(name);
    const isKept = place?.place === "kept" && (story.ends === "Kept" || isForeign);
    expect(place === undefined || isKept, `${name} is left over`);
    expect(place !== undefined || ["web", "mine", ...others].includes(name), `${name} is unknown ${id}`);
  }
  const main = own ?? mine;
  const wanted = isStopped ? "exited" : "running";
  if (main !== undefined) {
    const isOld = main.id === old;
    if (!did("stops", "starts", "renames")) {
      const isNewStopped = isStopped && !isOld && main.state === "created";
      const isFailed = !isOld && isGone && story.digest !== GOOD;
      expect(
        main.state === wanted || isNewStopped || isFailed || story.ends === "Kept",
        `${main.name} is ${main.state}`,
      );
    }
    // A process that dies after the old one was removed leaves nothing that shows the policy of the new one.
    const isUnknown = !isOld && removed("the old one");
    expect(
      main.policy.Name === policy || isUnknown || did("renames") || story.ends === "Kept",
      `its policy is ${main.policy.Name}`,
    );
    expect(
      (did("moves the tag") && removed("the old one")) ||
        main.imageId === daemon.images.idOf(isOld ? BEFORE : story.digest),
      `it runs ${main.imageId}`,
    );
    const tag = daemon.tags.get(imageOf("web"));
    // A failed container that somebody has renamed stays, and the name of the image is not its. The same holds for an old
    // one if somebody has removed the new one once it had proved itself.
    const isAway = main === mine && (!isOld || did("removes the new one"));
    if (!did("moves the tag", "runs another") && !isAway) {
      // What is created from the name next must not be the image that has failed.
      const isFailed = !isOld && story.digest !== GOOD && tag === daemon.images.idOf(BEFORE);
      expect(tag === main.imageId || isFailed, `the tag is ${tag}`);
    }
    expect(
      isOld ||
        story.digest === GOOD ||
        story.ends === "Kept" ||
        did("stops the old", "removes the old", "removes stopped", "renames"),
      "it runs the failed image",
    );
    if (!did("disconnects"))
      expect(JSON.stringify(main.networks) === networksOf(world), `its networks are ${Object.keys(main.networks)}`);
    expect(!isOld || !Object.hasOwn(main.labels, LABEL), "the old one has a label");
  }
  if (spec?.removeOldImage !== true && !did("removes unused images"))
    expect(daemon.images.ids.has(daemon.images.idOf(BEFORE)), "the old image is gone");
  if (withOthers) expectOthers(world, main, expect);
  // A daemon that restarts between two requests starts what somebody has stopped, until the next look.
  if (!did("starts", "restarts", "runs another", "stops")) problems.push(...daemon.violations);
  const twins = [...daemon.containers.values()].filter(
    ({ name, state }) => /^(web|mine)/.test(name) && state === "running",
  );
  if (!did("renames", "runs another")) expect(twins.length <= 1, `two run: ${twins.map(({ name }) => name)}`);
  return problems;
}

function expectOthers(
  { daemon, persons }: World,
  main: MemoryContainer | undefined,
  expect: (isRight: boolean, problem: string) => void,
) {
  const side = daemon.get("side");
  const client = daemon.get("client");
  const mayBeStopped = persons.some((each) => each.startsWith("ends the container"));
  expect(client?.state === "running" || mayBeStopped, `client is ${client?.state}`);
  if (persons.length > 0) {
    expect(side !== undefined || persons.some((each) => each.startsWith("removes stopped")), "there is no side");
    return;
  }
  expect(side?.state === "running", `side is ${side?.state}`);
  expect(side?.networkMode === `container:${main?.id}`, "side is in another network");
}

function networksOf({ story }: World): string {
  return JSON.stringify(
    story.withNetworks ? { front: { Aliases: ["www"] }, middle: { Aliases: ["app"] }, back: {} } : {},
  );
}

function checkStatus(world: World): readonly string[] {
  const { daemon, story, old, persons, update } = world;
  if (update?.status === undefined) return ["there is no status"];
  const { phase, conditions = [] } = update.status;
  const { message = "", reason = "" } = conditions.find(({ type }) => type === "Ready") ?? {};
  const said = `${phase} ${reason}: ${message}`;
  const problems: string[] = [];
  const expect = (isRight: boolean, problem: string) => {
    if (!isRight) problems.push(`${problem}, and the status says ${said}`);
  };
  const ends = story.ends === "Kept" ? "Failed" : story.ends;
  // A daemon that restarts ends the command of a hook, which must not be run twice.
  const isHookEnded = reason === "HookFailed" && isBackAsBefore(world);
  if (persons.length === 0 && !isHookEnded)
    expect(phase === ends && !/[Ss]omebody/.test(message), "it ends in another way");
  const web = daemon.get("web");
  const isBack = isBackAsBefore(world);
  const kept = [...daemon.containers.values()].find(({ name }) => readPlaceName(name)?.place === "kept");
  if (kept !== undefined) expect(message.includes(kept.name), `${kept.name} is kept`);
  const mayBeRenamed = persons.some((each) => each.startsWith("renames"));
  // As if the person had done it right after the end.
  const isOver = !daemon.containers.has(old) && persons.some((each) => each.startsWith("removes"));
  switch (phase) {
    case "Succeeded":
      expect(web?.imageId === daemon.images.idOf(story.digest) || mayBeRenamed || isOver, "the new one is not there");
      break;
    case "RolledBack":
    case "Cancelled":
      expect(isBack || isOver || mayBeRenamed, "the old one is not back");
      break;
    case "Failed":
      if (message.startsWith("Nothing was changed"))
        expect(isBack || isOver || world.isTooLate || reason === "ContainerNotFound", "the old one is not there");
      if (reason === "RollbackFailed") {
        for (const { id, name, state, labels } of daemon.containers.values()) {
          // As if the person had done it right after the end.
          if (
            !name.startsWith("web") ||
            labels.foreign !== undefined ||
            persons.some((each) => each.startsWith("stops"))
          )
            continue;
          const is = state === "running" ? "running" : "stopped";
          expect(message.includes(`(${id.slice(0, 12)}, ${is})`), `${name} is ${state}`);
        }
      }
      break;
    case "Superseded":
      expect(persons.length > 0, "nobody did anything");
      break;
    default:
      problems.push(`the phase is ${phase}`);
  }
  return problems;
}

function isBackAsBefore({ daemon, old }: World): boolean {
  return daemon.get("web")?.id === old;
}
