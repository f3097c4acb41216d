import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { success } from "../../../src/common/result.ts";
import type { Progress, ReplacementPorts } from "../../../src/replacement/request.ts";
import { setUpBinaries } from "../../env/binaries.ts";
import { SocketProxy } from "../../env/socket-proxy.ts";
import { engines, IDLE_COMMAND, ReplacementWorld, type VersionedImage } from "./world.ts";

const NAME = "outcome";
const OFF = "--network=none";
const shell = (script: string) => `CMD ${JSON.stringify(["/bin/sh", "-c", script])}`;
const idle = "trap 'exit 0' TERM INT; /bin/busybox sleep infinity & wait";
const health = (script: string, flags = "--interval=1s --retries=1") => `HEALTHCHECK ${flags} CMD ${script}`;

/** Second versions of an image whose first one just idles. */
const SECOND = {
  good: [IDLE_COMMAND],
  late: [shell(`(/bin/busybox sleep 2; > /ready) & ${idle}`), health("/bin/busybox test -f /ready")],
  unhealthy: [IDLE_COMMAND, health("/bin/busybox false")],
  starting: [IDLE_COMMAND, health("/bin/busybox false", "--interval=1s --start-period=1h")],
  exiting: [shell("exit 7")],
  greedy: ['CMD ["/bin/busybox", "dd", "if=/dev/zero", "of=/dev/null", "bs=256M", "count=1000"]'],
  missing: ['CMD ["/bin/no-such-program"]'],
} as const;
type Second = keyof typeof SECOND;

describe.each(engines)("an update on $label", (engine) => {
  const world = new ReplacementWorld(engine);
  const { docker } = world;
  const images = new Map<Second, VersionedImage>();
  const image = (second: Second) => {
    const found = images.get(second);
    if (found === undefined) throw new Error(`no image ${second}`);
    return found;
  };

  beforeAll(async () => {
    await world.removeAll(NAME);
    for (const second of Object.keys(SECOND) as Second[]) {
      images.set(second, await world.versions(`outcome-${second}`, [], [IDLE_COMMAND], SECOND[second]));
    }
  });

  afterAll(() => world.removeAll(NAME));

  afterEach(async () => {
    await world.removeAll(NAME);
    for (const { name, firstId } of images.values()) await docker.cli(["tag", firstId, name]);
  });

  const update = (second: Second, overrides = {}, ports: Partial<ReplacementPorts> = {}) =>
    world.update(world.request(NAME, image(second).name, image(second).second, overrides), world.ports(ports));

  /** Does something right before a step is taken. */
  function rightBefore(wanted: Progress["step"], act: () => Promise<unknown>): Pick<ReplacementPorts, "record"> {
    let isDone = false;
    return {
      record: async ({ step }) => {
        if (step === wanted && !isDone) {
          isDone = true;
          await act();
        }
        return success(undefined);
      },
    };
  }

  async function started(second: Second, ...args: readonly string[]) {
    const id = await world.run(NAME, [OFF, ...args], image(second).name);
    /** The same container, running, and nothing else. */
    return async () => {
      expect(await world.containers(NAME)).toEqual([`${NAME} running`]);
      expect((await world.inspect(NAME)).Id).toBe(id);
    };
  }

  describe("the new container", () => {
    it("that becomes healthy late stays", async () => {
      await started("late");
      expect(await update("late")).toMatchObject({ kind: "Succeeded", downtimeMs: expect.any(Number) });
      expect(await world.inspect(NAME)).toMatchObject({ State: { Health: { Status: "healthy" } } });
    });

    it("without a health check stays once it has run for a while", async () => {
      await started("good");
      const result = await update("good", { health: { timeoutMs: 1, stableForMs: 1_000 } });
      expect(result).toMatchObject({ kind: "Succeeded" });
      expect(await world.containers(NAME)).toEqual([`${NAME} running`]);
    });

    it.each([
      ["is never healthy", "unhealthy", [], "ContainerUnhealthy"],
      ["never ends to start", "starting", [], "HealthCheckTimedOut"],
      ["exits at once", "exiting", [], "ContainerExited"],
      ["restarts in a loop", "exiting", ["--restart=always"], "ContainerRestarting"],
      ["uses too much memory", "greedy", ["--memory=16m", "--memory-swap=16m"], "ContainerOutOfMemory"],
      ["cannot be started", "missing", [], "ContainerStartFailed"],
    ] as const)("that %s is rolled back, and the result says so", async (_, second, args, reason) => {
      const isBack = await started(second, ...args);
      const result = await update(second, { health: { timeoutMs: 3_000, stableForMs: 10_000 } });
      expect(result).toMatchObject({ kind: "RolledBack", failure: { reason } });
      await isBack();
      // The tag names the old image again.
      const id = await docker.cli(["image", "inspect", "--format", "{{.Id}}", image(second).name]);
      expect(id.trim()).toBe(image(second).firstId);
    });

    it("that fails is kept next to the old one if that is wanted", async () => {
      await started("exiting");
      const result = await update("exiting", { onFailure: "Keep", health: { timeoutMs: 1_000, stableForMs: 5_000 } });
      expect(result).toMatchObject({ kind: "Kept", failure: { reason: "ContainerExited" } });
      expect(await world.containers(NAME)).toEqual([
        `${NAME} exited`,
        expect.stringMatching(/^outcome\.dockerhost-[0-9a-f]{12}-kept exited$/),
      ]);
      // It is nobody's unfinished business.
      expect(await world.recover()).toEqual([]);
    });
  });

  describe("nothing is touched", () => {
    it("when the registry does not have the digest", async () => {
      const isUntouched = await started("good");
      const request = world.request(NAME, image("good").name, `sha256:${"0".repeat(64)}`);
      expect(await world.update(request)).toMatchObject({ kind: "Failed", failure: { reason: "ImageNotFound" } });
      await isUntouched();
    });

    it.each([
      [429, {}, "RegistryRateLimited"],
      [401, { "WWW-Authenticate": 'Basic realm="tests"' }, "RegistryCredentialsRequired"],
      [503, {}, "RegistryServerError"],
    ] as const)("when the registry answers %s", async (status, headers, reason) => {
      const registry = createServer((_, response) => response.writeHead(status, headers).end("{}"));
      registry.listen(0, "127.0.0.1");
      await once(registry, "listening");
      try {
        const name = `localhost:${(registry.address() as AddressInfo).port}/refused:1`;
        await docker.cli(["tag", image("good").firstId, name]);
        const isUntouched = await started("good");
        const request = world.request(NAME, name, image("good").second);
        expect(await world.update(request)).toMatchObject({ kind: "Failed", failure: { reason } });
        await isUntouched();
        await docker.cli(["image", "rm", name]);
      } finally {
        registry.close();
      }
    });

    it("when a proxy forbids changes", async () => {
      const { debian } = await setUpBinaries({ log: () => undefined, environment: process.env });
      const { socket, dockerd } = docker.facts;
      const policy = { kind: "sections", open: ["CONTAINERS", "IMAGES", "PING", "VERSION"] } as const;
      const proxy = await SocketProxy.start({ programs: debian, runFolder: dockerd.runFolder, socket, policy });
      try {
        const isUntouched = await started("good");
        const result = await update("good", {}, { open: () => world.open(`http://127.0.0.1:${proxy.port}`) });
        expect(result).toMatchObject({ kind: "Failed", failure: { reason: "PermissionDenied" } });
        await isUntouched();
      } finally {
        await proxy.stop();
      }
    });

    it.each([
      ["it is removed when it stops", ["--rm"], "ContainerAutoRemoved"],
      ["it is a task of Swarm", ["--label", "com.docker.swarm.task.id=x"], "SwarmManaged"],
      ["it carries the connection", ["--label", "dockerhost.dev/carries-connection=true"], "CarriesConnection"],
    ] as const)("when %s", async (_, args, reason) => {
      const isUntouched = await started("good", ...args);
      expect(await update("good")).toMatchObject({ kind: "Failed", failure: { reason } });
      await isUntouched();
    });

    it("when it runs another image than the update was made for, or that very digest", async () => {
      const isUntouched = await started("good");
      expect(await update("good", { replaces: `sha256:${"1".repeat(64)}` })).toMatchObject({ kind: "Superseded" });
      const { name, first } = image("good");
      expect(await world.update(world.request(NAME, name, first))).toEqual({ kind: "UpToDate" });
      await isUntouched();
    });

    it("when this process may not change the host", async () => {
      const isUntouched = await started("good");
      const result = await update("good", {}, { mayChange: () => false });
      expect(result).toMatchObject({ kind: "Interrupted", failure: { reason: "LeadershipLost" } });
      await isUntouched();
    });
  });

  describe("somebody else", () => {
    it("removes the container meanwhile: it stays removed", async () => {
      await started("good");
      const result = await update(
        "good",
        {},
        rightBefore("StopOld", () => docker.cli(["rm", "--force", NAME])),
      );
      expect(result).toMatchObject({ kind: "Superseded" });
      expect(await world.containers(NAME)).toEqual([]);
    });

    it("replaces the container meanwhile: theirs stays", async () => {
      await started("good");
      const replaced = async () => {
        await docker.cli(["rm", "--force", NAME]);
        await world.run(NAME, [OFF, "--label=theirs=yes"], image("good").firstId);
      };
      expect(await update("good", {}, rightBefore("StopOld", replaced))).toMatchObject({ kind: "Superseded" });
      expect(await world.containers(NAME)).toEqual([`${NAME} running`]);
      expect((await world.inspect(NAME)).Config.Labels).toMatchObject({ theirs: "yes" });
    });

    it("restarts the container meanwhile: it is updated", async () => {
      await started("good");
      const result = await update(
        "good",
        {},
        rightBefore("StopOld", () => docker.cli(["restart", "--time=1", NAME])),
      );
      expect(result).toMatchObject({ kind: "Succeeded" });
      expect(await world.containers(NAME)).toEqual([`${NAME} running`]);
    });

    it("removes the new one while it is verified: the old one is back", async () => {
      const isBack = await started("good");
      const remove = () => docker.cli(["rm", "--force", NAME]);
      expect(await update("good", {}, rightBefore("Verify", remove))).toMatchObject({ kind: "Superseded" });
      await isBack();
    });

    it("updates a container of the same daemon: it is waited for", async () => {
      await started("good");
      const theirs = rightBefore("StopOld", async () => {
        const ours = world.ports({ writer: { owner: "another", term: 9 } });
        const request = world.request(NAME, image("good").name, image("good").second);
        expect(await world.update(request, ours)).toMatchObject({ kind: "Busy", failure: { reason: "DaemonBusy" } });
        const recovered = await world.recover(ours);
        expect(recovered).toMatchObject([{ container: NAME, owner: "tests", result: { kind: "Busy" } }]);
      });
      expect(await update("good", {}, theirs)).toMatchObject({ kind: "Succeeded" });
      expect(await world.containers(NAME)).toEqual([`${NAME} running`]);
    });

    it("cancels it: the old one is back", async () => {
      const isBack = await started("good");
      const cancel = new AbortController();
      const ports = { ...rightBefore("Verify", async () => cancel.abort()), cancel: cancel.signal };
      const result = await update("good", { health: { timeoutMs: 1, stableForMs: 20_000 } }, ports);
      expect(result).toMatchObject({ kind: "Cancelled" });
      await isBack();
    });

    it.each(["RenameOld", "StartNew"] as const)("restarts the daemon before %s", async (step) => {
      await started("good", "--restart=always");
      const result = await update(
        "good",
        {},
        rightBefore(step, () => docker.restart()),
      );
      expect(result.kind).toBe("Succeeded");
      expect(await world.containers(NAME)).toEqual([`${NAME} running`]);
      expect((await world.inspect(NAME)).HostConfig.RestartPolicy.Name).toBe("always");
    });
  });

  it("removes the old image when asked, and only when nothing else needs it", async () => {
    await started("good");
    await docker.cli(["tag", image("good").firstId, `${image("good").name}-kept`]);
    const kept = await update("good", { removeOldImage: true });
    expect(kept).toMatchObject({
      kind: "Succeeded",
      warnings: [expect.stringContaining(`${image("good").name}-kept`)],
    });
    await docker.cli(["tag", image("good").firstId, image("good").name]);
    await docker.cli(["image", "rm", `${image("good").name}-kept`]);
    await world.removeAll(NAME);
    const unneeded = await world.versions("outcome-unneeded", [IDLE_COMMAND]);
    await world.run(NAME, [OFF], unneeded.name);
    const request = world.request(NAME, unneeded.name, unneeded.second, { removeOldImage: true });
    expect(await world.update(request)).toMatchObject({ kind: "Succeeded", warnings: [] });
    await expect(docker.cli(["image", "inspect", unneeded.firstId])).rejects.toThrow(/No such image/i);
  });

  describe("lifecycle hooks", () => {
    const label = (hook: string, command: string) =>
      `--label=com.centurylinklabs.watchtower.lifecycle.${hook}=${command}`;

    it("run inside the old and the new container where that is wanted", async () => {
      await started(
        "good",
        "--volume=/hooks",
        label("pre-update", "echo $HOSTNAME > /hooks/pre"),
        label("post-update", "echo $HOSTNAME > /hooks/post"),
      );
      const before = await world.inspect(NAME);
      expect(await update("good", { hooks: "Labels" })).toMatchObject({ kind: "Succeeded", warnings: [] });
      const after = await world.inspect(NAME);
      const read = (file: string) => docker.cli(["exec", NAME, "/bin/busybox", "cat", `/hooks/${file}`]);
      expect(await read("pre")).toBe(`${before.Id.slice(0, 12)}\n`);
      expect(await read("post")).toBe(`${after.Id.slice(0, 12)}\n`);
    });

    it.each([
      [75, "Labels", { kind: "Failed", failure: { reason: "HookSkipped" } }],
      [
        3,
        "Labels",
        { kind: "Failed", failure: { reason: "HookFailed", message: expect.stringContaining("(exit code 3)") } },
      ],
      [3, "Disabled", { kind: "Succeeded" }],
    ] as const)("that end with %s, with hooks %s", async (code, hooks, expected) => {
      const isUntouched = await started("good", label("pre-update", `exit ${code}`));
      expect(await update("good", { hooks })).toMatchObject(expected);
      if (hooks === "Labels") await isUntouched();
    });
  });

  describe("dependants", () => {
    const dependants = [`${NAME}-network`, `${NAME}-pid`, `${NAME}-ipc`, `${NAME}-volumes`];

    async function startAll() {
      const { name } = image("exiting");
      const own = ["project=shop", "service=web"].map((label) => `--label=com.docker.compose.${label}`);
      await world.run(NAME, [OFF, ...own, "--ipc=shareable", "--volume=/shared"], name);
      await world.run(`${NAME}-network`, [`--network=container:${NAME}`], name);
      await world.run(`${NAME}-pid`, [OFF, `--pid=container:${NAME}`], name);
      await world.run(`${NAME}-ipc`, [OFF, `--ipc=container:${NAME}`], name);
      await world.run(`${NAME}-volumes`, [OFF, `--volumes-from=${NAME}`], name);
      const labels = ["project=shop", "service=worker", "depends_on=web:service_started:true"];
      await world.run(`${NAME}-compose`, [OFF, ...labels.map((label) => `--label=com.docker.compose.${label}`)], name);
      await world.run(`${NAME}-watchtower`, [OFF, `--label=com.centurylinklabs.watchtower.depends-on=${NAME}`], name);
      await docker.cli(["exec", NAME, "/bin/sh", "-c", "echo kept > /shared/file"]);
    }
    const all = [NAME, ...dependants, `${NAME}-compose`, `${NAME}-watchtower`].toSorted();
    const idsOf = async () =>
      new Map(await Promise.all(all.map(async (name) => [name, await world.inspect(name)] as const)));

    it("work afterwards: those that share something are replaced, the others restarted", async () => {
      await startAll();
      const was = await idsOf();
      expect(await update("good")).toMatchObject({ kind: "Succeeded", warnings: [] });
      expect(await world.containers(NAME)).toEqual(all.map((name) => `${name} running`));
      const is = await idsOf();
      const id = is.get(NAME)?.Id;
      expect(is.get(`${NAME}-network`)?.HostConfig.NetworkMode).toBe(`container:${id}`);
      expect(is.get(`${NAME}-pid`)?.HostConfig.PidMode).toBe(`container:${id}`);
      expect(is.get(`${NAME}-ipc`)?.HostConfig.IpcMode).toBe(`container:${id}`);
      expect(await docker.cli(["exec", `${NAME}-volumes`, "/bin/busybox", "cat", "/shared/file"])).toBe("kept\n");
      expect(await docker.cli(["exec", `${NAME}-pid`, "/bin/busybox", "ps"])).toContain("sleep infinity");
      for (const name of [`${NAME}-compose`, `${NAME}-watchtower`]) {
        expect(is.get(name)?.Id).toBe(was.get(name)?.Id);
        expect(is.get(name)?.State).not.toEqual(was.get(name)?.State);
      }
      await docker.cli(["restart", "--time=1", `${NAME}-network`]);
    });

    it("take the new image if they are created from the same name, and have the old one after a rollback", async () => {
      const dependant = `${NAME}-network`;
      for (const [second, kind] of [
        ["good", "Succeeded"],
        ["exiting", "RolledBack"],
      ] as const) {
        const { name, firstId } = image(second);
        await world.run(NAME, [OFF], name);
        await world.run(dependant, [`--network=container:${NAME}`], name);
        expect(await update(second)).toMatchObject({ kind });
        const [main, other] = [await world.inspect(NAME), await world.inspect(dependant)];
        expect(other.Image).toBe(main.Image);
        expect(main.Image === firstId).toBe(kind === "RolledBack");
        expect(other.Config.Image).toBe(name);
        expect(other.HostConfig.NetworkMode).toBe(`container:${main.Id}`);
        await world.removeAll(NAME);
      }
    });

    it("are as before when it is rolled back", async () => {
      await startAll();
      const was = await idsOf();
      const result = await update("exiting", { health: { timeoutMs: 1, stableForMs: 5_000 } });
      // Those that share something with it cannot even be started.
      expect(result).toMatchObject({
        kind: "RolledBack",
        failure: { reason: expect.stringMatching(/^Container(Exited|StartFailed)$/) },
      });
      expect(await world.containers(NAME)).toEqual(all.map((name) => `${name} running`));
      const is = await idsOf();
      for (const name of all) expect(is.get(name)?.Id).toBe(was.get(name)?.Id);
      await docker.cli(["restart", "--time=1", `${NAME}-network`]);
    });
  });
});
