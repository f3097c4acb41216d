import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { systemClock } from "../../../src/common/clock.ts";
import type { Progress } from "../../../src/replacement/request.ts";
import { newTransactionId, placeName } from "../../../src/replacement/transaction-label.ts";
import { NAME, OFF, OutcomeWorld, rightBefore } from "./outcome-world.ts";
import { each, engines, onBoth } from "./world.ts";

type Step = Progress["step"];
/** What a person does with the real `docker` while the update is held. */
type Act = (world: RivalWorld) => Promise<unknown>;
/** Which containers are left: the old one, the new one or that of somebody else, with its state, and nothing else. */
type Left = "old" | "new" | "theirs" | "none" | "old exited" | "new created" | "theirs, and old kept";

const LABEL = "--label=theirs=yes";
/** Long enough to look twice. */
const QUICK = { health: { timeoutMs: 1, stableForMs: 100 } };
/** Longer than a busy machine needs to end a new container that exits: nobody waits for all of it. */
const FAILING = { health: { timeoutMs: 1, stableForMs: 60_000 } };
const KEPT = expect.stringMatching(/^outcome\.dockerhost-[0-9a-f]{12}-kept exited$/);

class RivalWorld extends OutcomeWorld {
  #old = "";

  /** Its restart policy is one that an update takes away meanwhile. */
  async begin(second: "good" | "exiting"): Promise<void> {
    this.#old = await this.run(NAME, [OFF, "--restart=always", "--label=rivals=yes"], this.image(second).name);
  }

  async has(left: Left): Promise<void> {
    const [who = "", state = "running"] = left.split(" ");
    const found = await this.containers(NAME);
    if (left === "none") return expect(found).toEqual([]);
    if (left === "theirs, and old kept") expect(found).toEqual([`${NAME} running`, KEPT]);
    else expect(found).toEqual([`${NAME} ${state}`]);
    const { Id, Config, Image, HostConfig } = await this.inspect(NAME);
    if (who.startsWith("theirs")) return expect(Config.Labels).toMatchObject({ theirs: "yes" });
    expect(HostConfig.RestartPolicy.Name).toBe("always");
    expect([Id === this.#old, Image === this.image("good").firstId]).toEqual(
      who === "old" ? [true, expect.any(Boolean)] : [false, false],
    );
  }
}

const docker =
  (...args: readonly string[]): Act =>
  (world) =>
    world.docker.cli(args);
const remove = docker("rm", "--force", NAME);
const stop = docker("stop", "--time=1", NAME);
const restart = docker("restart", "--time=1", NAME);
const prune = docker("container", "prune", "--force", "--filter=label=rivals");
const runTheirs: Act = (world) => world.run(NAME, [OFF, LABEL], world.image("good").firstId);
const replaceByTheirs: Act = async (world) => {
  await remove(world);
  await runTheirs(world);
};
/** The container that has this place in the update, whatever its transaction is called. */
const inPlace =
  (place: string, ...command: readonly string[]): Act =>
  async (world) => {
    const [found] = (await world.containers(NAME)).filter((line) => line.includes(`-${place}`));
    await world.docker.cli([...command, found?.split(" ")[0] ?? ""]);
  };

describe("an update on both engines, while somebody else", () => {
  const worlds = engines.map((engine) => new RivalWorld(engine, ["good", "exiting", "late"]));

  beforeAll(() => each(worlds, (world) => world.setUp()));
  afterAll(() => each(worlds, (world) => world.removeAll(NAME)));
  afterEach(() => each(worlds, (world) => world.reset()));

  const both = (name: string, test: (world: RivalWorld) => Promise<void>) => onBoth(worlds, name, test);

  const rows: readonly (readonly [what: string, at: Step, act: Act, kind: string, left: Left])[] = [
    ["removes the container", "Pull", remove, "Superseded", "none"],
    ["removes the container", "RenameOld", remove, "Superseded", "none"],
    ["removes the new container", "StartNew", remove, "Superseded", "old"],
    ["removes the new container", "Verify", remove, "Superseded", "old"],
    ["removes the new container by its name of the moment", "StopOld", inPlace("new", "rm"), "Superseded", "old"],
    ["removes the old container by its name of the moment", "Verify", inPlace("old", "rm"), "Succeeded", "new"],
    ["prunes all stopped containers", "RenameOld", prune, "Succeeded", "new"],
    ["prunes all stopped containers", "StartNew", prune, "Succeeded", "new"],
    ["stops the container", "Create", stop, "Superseded", "old exited"],
    ["stops the new container", "Verify", stop, "RolledBack", "old"],
    ["restarts the container", "StopOld", restart, "Succeeded", "new"],
    ["restarts the new container", "Verify", restart, "Succeeded", "new"],
    ["replaces the container", "Pull", replaceByTheirs, "Superseded", "theirs"],
    ["takes the name", "RenameNew", runTheirs, "Superseded", "theirs, and old kept"],
    ["replaces the new container", "Verify", replaceByTheirs, "Superseded", "theirs, and old kept"],
  ];
  it.each(rows)("%s before %s", (_what, at, act, kind, left) =>
    each(worlds, async (world) => {
      await world.begin("good");
      const result = await world.updateTo(
        "good",
        QUICK,
        rightBefore(at, () => act(world)),
      );
      expect(result).toMatchObject({ kind });
      await world.has(left);
      // It is nobody's unfinished business.
      expect(await world.recover()).toEqual([]);
      const { name, firstId } = world.image("good");
      if (kind !== "Succeeded") expect(await world.imageId(name)).toBe(firstId);
    }),
  );

  both("starts the old container again: it is stopped before the new one has to prove itself", async (world) => {
    await world.begin("good");
    const steps: Step[] = [];
    const { record } = rightBefore("RenameOld", () => world.docker.cli(["start", NAME]));
    const watched = (progress: Progress) => {
      steps.push(progress.step);
      return record(progress);
    };
    expect(await world.updateTo("good", QUICK, { record: watched })).toMatchObject({ kind: "Succeeded" });
    expect(steps[steps.indexOf("Verify") + 1]).toBe("StopOld");
    await world.has("new");
  });

  both("renames the container: it runs under their name, as before", async (world) => {
    await world.begin("good");
    const rename = () => world.docker.cli(["rename", NAME, `${NAME}-theirs`]);
    expect(await world.updateTo("good", {}, rightBefore("Create", rename))).toMatchObject({ kind: "Superseded" });
    expect(await world.containers(NAME)).toEqual([`${NAME}-theirs running`]);
  });

  both("takes the name while the old container is put back: theirs has it, and the old one is kept", async (world) => {
    await world.begin("exiting");
    const result = await world.updateTo(
      "exiting",
      FAILING,
      rightBefore("RenameBack", () => runTheirs(world)),
    );
    expect(result).toMatchObject({ kind: "Superseded", failure: { reason: "UpdateSuperseded" } });
    await world.has("theirs, and old kept");
    expect(await world.recover()).toEqual([]);
  });

  both("prunes the old container while a new one fails: that one stays, and the result says so", async (world) => {
    await world.begin("exiting");
    const result = await world.updateTo(
      "exiting",
      FAILING,
      rightBefore("Verify", () => prune(world)),
    );
    expect(result).toMatchObject({
      kind: "Failed",
      failure: { reason: "RollbackFailed", message: expect.stringContaining("somebody removed the old container") },
    });
    expect(await world.containers(NAME)).toHaveLength(1);
    expect(await world.recover()).toEqual([]);
  });

  both(
    "runs the new image in another container, and the update fails: the tag stays with that image",
    async (world) => {
      await world.begin("exiting");
      const { name, firstId } = world.image("exiting");
      const run: Act = () => world.run(`${NAME}-twin`, [], name);
      const result = await world.updateTo(
        "exiting",
        FAILING,
        rightBefore("Verify", () => run(world)),
      );
      expect(result).toMatchObject({ kind: "RolledBack" });
      expect((await world.inspect(NAME)).Image).toBe(firstId);
      const tagged = await world.imageId(name);
      expect(tagged).not.toBe(firstId);
      expect((await world.inspect(`${NAME}-twin`)).Image).toBe(tagged);
    },
  );

  both("has a container of the name that the new one needs: nothing is touched", async (world) => {
    await world.begin("good");
    const ports = world.ports({ random: () => 0.25 });
    const { Id } = await world.inspect(NAME);
    const txn = newTransactionId(Id, world.image("good").second, ports);
    await world.run(placeName(NAME, txn, "new"), [OFF], world.image("good").firstId);
    const check = await world.unchanged();
    const result = await world.updateTo("good", {}, { random: () => 0.25 });
    expect(result).toMatchObject({ kind: "Failed", failure: { reason: "ContainerNameTaken" } });
    await check();
  });

  both("moves the tag in the registry: exactly the digest is run", async (world) => {
    await world.begin("good");
    const { name } = world.image("good");
    const push = async () => {
      const before = await world.imageId(name);
      await world.docker.cli(["tag", world.image("late").firstId, name]);
      await world.docker.push(name);
      await world.docker.cli(["tag", before, name]);
    };
    expect(await world.updateTo("good", QUICK, rightBefore("Pull", push))).toMatchObject({ kind: "Succeeded" });
    await world.has("new");
    expect(await world.imageId(name)).toBe((await world.inspect(NAME)).Image);
  });

  both("moves the tag on the host before the container is created: nothing else is touched", async (world) => {
    await world.begin("good");
    const { name } = world.image("good");
    const third = world.image("late").firstId;
    const tag = () => world.docker.cli(["tag", third, name]);
    const result = await world.updateTo("good", {}, rightBefore("Create", tag));
    expect(result).toMatchObject({ kind: "Failed", failure: { reason: "ImageMismatch" } });
    await world.has("old");
    expect(await world.imageId(name)).toBe(third);
  });

  both("changes the container during a long pull: the plan is made again", async (world) => {
    await world.begin("good");
    let passed = 0;
    const clock = { ...systemClock, now: () => systemClock.now(), monotonic: () => systemClock.monotonic() + passed };
    const change = async () => {
      await world.docker.cli(["stop", "--time=1", NAME]);
      await world.docker.cli(["update", "--memory=64m", "--memory-swap=64m", NAME]);
      passed = 60_000;
    };
    const result = await world.updateTo("good", {}, { ...rightBefore("Pull", change), clock });
    expect(result).toMatchObject({ kind: "Succeeded" });
    await world.has("new created");
    expect((await world.inspect(NAME)).HostConfig).toMatchObject({ Memory: 64 * 1024 * 1024 });
  });

  /** Another controller. */
  const theirs = { writer: { owner: "another", term: 9 } } as const;

  both("completes the same update first: nothing is left of this one", async (world) => {
    await world.begin("good");
    const first = async () => expect(await world.updateTo("good", {}, theirs)).toMatchObject({ kind: "Succeeded" });
    expect(await world.updateTo("good", {}, rightBefore("Create", first))).toMatchObject({ kind: "Superseded" });
    await world.has("new");
    expect(await world.recover()).toEqual([]);
  });

  both("updates a container of the same daemon: it is waited for", async (world) => {
    await world.begin("good");
    const other = async () => {
      const ours = world.ports(theirs);
      const request = world.request(NAME, world.image("good").name, world.image("good").second);
      expect(await world.update(request, ours)).toMatchObject({ kind: "Busy", failure: { reason: "DaemonBusy" } });
      const recovered = await world.recover(ours);
      expect(recovered).toMatchObject([{ container: NAME, owner: "tests", result: { kind: "Busy" } }]);
    };
    expect(await world.updateTo("good", {}, rightBefore("StopOld", other))).toMatchObject({ kind: "Succeeded" });
    await world.has("new");
  });

  both(
    "has also planned an update and begins it first: this one gives way before it touches anything",
    async (world) => {
      await world.begin("good");
      const [created, released] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
      const held = rightBefore("HoldPolicy", () => {
        created.resolve();
        return released.promise;
      });
      const gate = rightBefore("Create", async () => {
        other = world.updateTo("good", {}, { ...theirs, ...held });
        await created.promise;
      });
      let other: ReturnType<RivalWorld["updateTo"]> | undefined;
      const result = await world.updateTo("good", {}, gate);
      released.resolve();
      expect([result, await other]).toMatchObject([
        { kind: "Busy", failure: { reason: "DaemonBusy" } },
        { kind: "Succeeded" },
      ]);
      await world.has("new");
      expect(await world.recover()).toEqual([]);
    },
  );
});
