import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { BROKEN, NAME, OFF, OutcomeWorld } from "./outcome-world.ts";
import { each, engines, onBoth } from "./world.ts";

describe("on both engines, a container", () => {
  const worlds = engines.map((engine) => new OutcomeWorld(engine, ["good", "done", "exiting", "flapping", "repaired"]));

  beforeAll(() => each(worlds, (world) => world.setUp()));
  afterAll(() => each(worlds, (world) => world.removeAll(NAME)));
  afterEach(() => each(worlds, (world) => world.reset()));

  const both = (name: string, test: (world: OutcomeWorld) => Promise<void>) => onBoth(worlds, name, test);

  it.each([
    ["that does its work once and ends well", "done", [], "ContainerExited", "exit code 0"],
    [
      "that ends well, and would be restarted only after a failure",
      "done",
      ["--restart=on-failure:3"],
      "ContainerExited",
      "exit code 0",
    ],
    [
      "that is restarted a few times and then given up",
      "exiting",
      ["--restart=on-failure:2"],
      "ContainerRestarting",
      "was restarted",
    ],
  ] as const)("%s is rolled back, and the result says so", (_, second, args, reason, text) =>
    each(worlds, async (world) => {
      const isBack = await world.started(second, ...args);
      const result = await world.updateTo(second, { health: { timeoutMs: 1, stableForMs: 60_000 } });
      const message = expect.stringContaining(text);
      expect(result).toMatchObject({ kind: "RolledBack", failure: { reason, message } });
      await isBack();
    }),
  );

  both("whose health check fails before it succeeds stays", async (world) => {
    await world.started("flapping");
    expect(await world.updateTo("flapping")).toMatchObject({ kind: "Succeeded" });
    expect(await world.containers(NAME)).toEqual([`${NAME} running`]);
  });

  it.each(["no", "always", "unless-stopped"])("that was stopped, with the policy %s, is not started", (policy) =>
    each(worlds, async (world) => {
      await world.started("good", `--restart=${policy}`);
      await world.docker.cli(["stop", "--time=1", NAME]);
      expect(await world.updateTo("good")).toMatchObject({ kind: "Succeeded" });
      expect(await world.containers(NAME)).toEqual([`${NAME} created`]);
      const { Image, HostConfig } = await world.inspect(NAME);
      expect(Image).not.toBe(world.image("good").firstId);
      expect(HostConfig.RestartPolicy.Name).toBe(policy);
      // Not even by the next start of the daemon.
      if (policy === "unless-stopped") {
        await world.docker.restart();
        expect(await world.containers(NAME)).toEqual([`${NAME} created`]);
      }
    }),
  );

  it.each(["always", "on-failure"])("that restarts in a loop, with the policy %s, is repaired", (policy) =>
    each(worlds, async (world) => {
      await world.run(NAME, [OFF, `--restart=${policy}`], world.image("repaired").name, BROKEN);
      expect(await world.updateTo("repaired")).toMatchObject({ kind: "Succeeded" });
      expect(await world.containers(NAME)).toEqual([`${NAME} running`]);
      expect((await world.inspect(NAME)).HostConfig.RestartPolicy.Name).toBe(policy);
    }),
  );

  both("that is paused stays as it is", async (world) => {
    await world.started("good");
    await world.docker.cli(["pause", NAME]);
    expect(await world.updateTo("good")).toMatchObject({ kind: "Failed", failure: { reason: "ContainerPaused" } });
    expect(await world.containers(NAME)).toEqual([`${NAME} paused`]);
    await world.docker.cli(["unpause", NAME]);
  });
});
