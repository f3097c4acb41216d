import { afterAll, afterEach, beforeAll, describe, expect } from "vitest";
import { NAME, OFF, OutcomeWorld } from "./outcome-world.ts";
import { each, engines, onBoth } from "./world.ts";

describe("dependants of a container that is updated on both engines", () => {
  const worlds = engines.map((engine) => new OutcomeWorld(engine, ["good", "exiting"]));

  beforeAll(() => each(worlds, (world) => world.setUp()));
  afterAll(() => each(worlds, (world) => world.removeAll(NAME)));
  afterEach(() => each(worlds, (world) => world.reset()));

  const both = (name: string, test: (world: OutcomeWorld) => Promise<void>) => onBoth(worlds, name, test);

  const dependants = [`${NAME}-network`, `${NAME}-pid`, `${NAME}-ipc`, `${NAME}-chain`, `${NAME}-volumes`];

  async function startAll(world: OutcomeWorld) {
    const { name } = world.image("exiting");
    const own = ["project=shop", "service=web"].map((label) => `--label=com.docker.compose.${label}`);
    await world.run(NAME, [OFF, ...own, "--ipc=shareable", "--volume=/shared"], name);
    await world.run(`${NAME}-network`, [`--network=container:${NAME}`], name);
    await world.run(`${NAME}-pid`, [OFF, `--pid=container:${NAME}`], name);
    await world.run(`${NAME}-ipc`, [OFF, `--ipc=container:${NAME}`], name);
    await world.run(`${NAME}-chain`, [OFF, `--pid=container:${NAME}-network`], name);
    await world.run(`${NAME}-volumes`, [OFF, `--volumes-from=${NAME}`], name);
    const labels = ["project=shop", "service=worker", "depends_on=web:service_started:true"];
    await world.run(`${NAME}-compose`, [OFF, ...labels.map((label) => `--label=com.docker.compose.${label}`)], name);
    await world.run(`${NAME}-watchtower`, [OFF, `--label=com.centurylinklabs.watchtower.depends-on=${NAME}`], name);
    await world.docker.cli(["exec", NAME, "/bin/sh", "-c", "echo kept > /shared/file"]);
  }
  const all = [NAME, ...dependants, `${NAME}-compose`, `${NAME}-watchtower`].toSorted();
  const idsOf = async (world: OutcomeWorld) =>
    new Map(await Promise.all(all.map(async (name) => [name, await world.inspect(name)] as const)));

  both("work afterwards: those that share something are replaced, the others restarted", async (world) => {
    await startAll(world);
    await world.run(`${NAME}-zz-stopped`, [`--network=container:${NAME}`], world.image("exiting").name, [], true);
    const was = await idsOf(world);
    expect(await world.updateTo("good")).toMatchObject({ kind: "Succeeded", warnings: [] });
    const stopped = `${NAME}-zz-stopped created`;
    expect(await world.containers(NAME)).toEqual([...all.map((name) => `${name} running`), stopped].toSorted());
    const is = await idsOf(world);
    const id = is.get(NAME)?.Id;
    expect(is.get(`${NAME}-network`)?.HostConfig.NetworkMode).toBe(`container:${id}`);
    expect(is.get(`${NAME}-pid`)?.HostConfig.PidMode).toBe(`container:${id}`);
    expect(is.get(`${NAME}-chain`)?.HostConfig.PidMode).toBe(`container:${is.get(`${NAME}-network`)?.Id}`);
    expect(is.get(`${NAME}-ipc`)?.HostConfig.IpcMode).toBe(`container:${id}`);
    expect(await world.docker.cli(["exec", `${NAME}-volumes`, "/bin/busybox", "cat", "/shared/file"])).toBe("kept\n");
    expect(await world.docker.cli(["exec", `${NAME}-pid`, "/bin/busybox", "ps"])).toContain("sleep infinity");
    for (const name of [`${NAME}-compose`, `${NAME}-watchtower`]) {
      expect(is.get(name)?.Id).toBe(was.get(name)?.Id);
      expect(is.get(name)?.State).not.toEqual(was.get(name)?.State);
    }
    await world.docker.cli(["restart", "--time=1", `${NAME}-network`]);
    // It was not running, but can be started as before.
    await world.docker.cli(["start", `${NAME}-zz-stopped`]);
  });

  both(
    "take the new image if they are created from the same name, and have the old one after a rollback",
    async (world) => {
      const dependant = `${NAME}-network`;
      for (const [second, kind, stableForMs] of [
        ["good", "Succeeded", 0],
        // On a busy machine, the new container and its dependant may both have begun before it exits.
        ["exiting", "RolledBack", 60_000],
      ] as const) {
        const { name, firstId } = world.image(second);
        await world.run(NAME, [OFF], name);
        await world.run(dependant, [`--network=container:${NAME}`], name);
        expect(await world.updateTo(second, { health: { timeoutMs: 1, stableForMs } })).toMatchObject({ kind });
        const [main, other] = [await world.inspect(NAME), await world.inspect(dependant)];
        expect(other.Image).toBe(main.Image);
        expect(main.Image === firstId).toBe(kind === "RolledBack");
        expect(other.Config.Image).toBe(name);
        expect(other.HostConfig.NetworkMode).toBe(`container:${main.Id}`);
        await world.removeAll(NAME);
      }
    },
  );

  both("are as before when it is rolled back", async (world) => {
    await startAll(world);
    const was = await idsOf(world);
    const result = await world.updateTo("exiting", { health: { timeoutMs: 1, stableForMs: 60_000 } });
    // Those that share something with it cannot even be started, and the result shows why.
    expect(result).toMatchObject({ kind: "RolledBack", failure: { reason: "ContainerExited" } });
    expect(await world.containers(NAME)).toEqual(all.map((name) => `${name} running`));
    const is = await idsOf(world);
    for (const name of all) expect(is.get(name)?.Id).toBe(was.get(name)?.Id);
    await world.docker.cli(["restart", "--time=1", `${NAME}-network`]);
  });
});
