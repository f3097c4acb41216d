import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { registryAuth } from "../../../src/dockerhost/updates/host-registry.ts";
import { setUpBinaries } from "../../env/binaries.ts";
import { SocketProxy } from "../../env/socket-proxy.ts";
import { eventually } from "../../support/eventually.ts";
import { FIRST_HEALTH_CHECK_MS, NAME, OFF, OutcomeWorld, rightBefore, SECOND } from "./outcome-world.ts";
import { each, engines, IDLE_COMMAND, onBoth } from "./world.ts";

describe("an update on both engines", () => {
  const worlds = engines.map((engine) => new OutcomeWorld(engine, Object.keys(SECOND) as (keyof typeof SECOND)[]));

  beforeAll(() => each(worlds, (world) => world.setUp()));
  afterAll(() => each(worlds, (world) => world.removeAll(NAME)));
  afterEach(() => each(worlds, (world) => world.reset()));

  const both = (name: string, test: (world: OutcomeWorld) => Promise<void>) => onBoth(worlds, name, test);

  describe("the new container", () => {
    both("that becomes healthy late stays", async (world) => {
      await world.started("late");
      expect(await world.updateTo("late")).toMatchObject({ kind: "Succeeded", downtimeMs: expect.any(Number) });
      expect(await world.inspect(NAME)).toMatchObject({ State: { Health: { Status: "healthy" } } });
    });

    both("without a health check stays once it has run for a while", async (world) => {
      await world.started("good");
      const result = await world.updateTo("good", { health: { timeoutMs: 1, stableForMs: 1_000 } });
      expect(result).toMatchObject({ kind: "Succeeded" });
      expect(await world.containers(NAME)).toEqual([`${NAME} running`]);
    });

    it.each([
      ["is never healthy", "unhealthy", [], "ContainerUnhealthy", FIRST_HEALTH_CHECK_MS],
      ["never ends to start", "starting", [], "HealthCheckTimedOut", 2_000],
      ["exits at once", "exiting", [], "ContainerExited", 1],
      ["restarts in a loop", "exiting", ["--restart=always"], "ContainerRestarting", 1],
      ["uses too much memory", "greedy", ["--memory=16m", "--memory-swap=16m"], "ContainerOutOfMemory", 1],
      ["cannot be started", "missing", [], "ContainerStartFailed", 1],
    ] as const)("that %s is rolled back, and the result says so", (_, second, args, reason, timeoutMs) =>
      each(worlds, async (world) => {
        const isBack = await world.started(second, ...args);
        const result = await world.updateTo(second, { health: { timeoutMs, stableForMs: 60_000 } });
        expect(result).toMatchObject({ kind: "RolledBack", failure: { reason } });
        await isBack();
        // The tag names the old image again.
        expect(await world.imageId(world.image(second).name)).toBe(world.image(second).firstId);
      }),
    );

    both("that fails is kept next to the old one if that is wanted", async (world) => {
      await world.started("exiting");
      const result = await world.updateTo("exiting", {
        onFailure: "Keep",
        health: { timeoutMs: 1, stableForMs: 60_000 },
      });
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
    both("when the registry does not have the digest", async (world) => {
      const isUntouched = await world.unchanging("good");
      const request = world.request(NAME, world.image("good").name, `sha256:${"0".repeat(64)}`);
      expect(await world.update(request)).toMatchObject({ kind: "Failed", failure: { reason: "ImageNotFound" } });
      await isUntouched();
    });

    it.each([
      [429, "", "RegistryRateLimited"],
      [401, "without credentials", "RegistryCredentialsRequired"],
      [401, "to credentials", "RegistryAccessDenied"],
      [403, "to credentials", "RegistryAccessDenied"],
      [503, "", "RegistryServerError"],
    ] as const)("when the registry answers %s %s", (status, to, reason) =>
      each(worlds, async (world) => {
        const headers = status === 401 ? { "WWW-Authenticate": 'Basic realm="tests"' } : {};
        const registry = createServer((_, response) => response.writeHead(status, headers).end("{}"));
        registry.listen(0, "127.0.0.1");
        await once(registry, "listening");
        try {
          const name = `localhost:${(registry.address() as AddressInfo).port}/refused:1`;
          await world.docker.cli(["tag", world.image("good").firstId, name]);
          const isUntouched = await world.unchanging("good");
          const login = registryAuth({ kind: "basic", username: "tests", password: "wrong" });
          const auth = to === "to credentials" ? { registryAuth: login } : {};
          const request = world.request(NAME, name, world.image("good").second, auth);
          expect(await world.update(request)).toMatchObject({ kind: "Failed", failure: { reason } });
          await isUntouched();
          await world.docker.cli(["image", "rm", name]);
        } finally {
          registry.close();
        }
      }),
    );

    both("when a proxy forbids changes", async (world) => {
      const { debian } = await setUpBinaries({ log: () => undefined, environment: process.env });
      const { socket, dockerd } = world.docker.facts;
      const policy = { kind: "sections", open: ["CONTAINERS", "IMAGES", "PING", "VERSION"] } as const;
      const proxy = await SocketProxy.start({ programs: debian, runFolder: dockerd.runFolder, socket, policy });
      try {
        const isUntouched = await world.unchanging("good");
        const result = await world.updateTo("good", {}, { open: () => world.open(`http://127.0.0.1:${proxy.port}`) });
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
    ] as const)("when %s", (_, args, reason) =>
      each(worlds, async (world) => {
        const isUntouched = await world.unchanging("good", ...args);
        expect(await world.updateTo("good")).toMatchObject({ kind: "Failed", failure: { reason } });
        await isUntouched();
      }),
    );

    both("when it runs another image than the update was made for, or that very digest", async (world) => {
      const isUntouched = await world.unchanging("good");
      expect(await world.updateTo("good", { replaces: `sha256:${"1".repeat(64)}` })).toMatchObject({
        kind: "Superseded",
      });
      const { name, first } = world.image("good");
      expect(await world.update(world.request(NAME, name, first))).toEqual({ kind: "UpToDate" });
      await isUntouched();
    });

    both("when this process may not change the host", async (world) => {
      const isUntouched = await world.unchanging("good");
      const result = await world.updateTo("good", {}, { mayChange: () => false });
      expect(result).toMatchObject({ kind: "Interrupted", failure: { reason: "LeadershipLost" } });
      await isUntouched();
    });
  });

  describe("somebody", () => {
    both("cancels it: the old one is back", async (world) => {
      const isBack = await world.started("good");
      const cancel = new AbortController();
      const ports = { ...rightBefore("Verify", async () => cancel.abort()), cancel: cancel.signal };
      const result = await world.updateTo("good", { health: { timeoutMs: 1, stableForMs: 3_600_000 } }, ports);
      expect(result).toMatchObject({ kind: "Cancelled" });
      await isBack();
    });

    it.each(["RenameOld", "StartNew"] as const)("restarts the daemon before %s", (step) =>
      each(worlds, async (world) => {
        await world.started("good", "--restart=always");
        const result = await world.updateTo(
          "good",
          {},
          rightBefore(step, () => world.docker.restart()),
        );
        expect(result.kind).toBe("Succeeded");
        expect(await world.containers(NAME)).toEqual([`${NAME} running`]);
        expect((await world.inspect(NAME)).HostConfig.RestartPolicy.Name).toBe("always");
      }),
    );
  });

  both("leaves the new image only the name that it was pulled for, and finds it by its digest", async (world) => {
    const { name, second } = await world.versions("outcome-names", [IDLE_COMMAND]);
    await world.run(NAME, [OFF], name);
    expect(await world.update(world.request(NAME, name, second))).toMatchObject({ kind: "Succeeded", warnings: [] });
    const shown = async (image: string) =>
      JSON.parse(await world.docker.cli(["image", "inspect", "--format", "{{json .RepoTags}}", image]));
    expect(await shown(name)).toEqual([name]);
    expect(await shown(`${name.replace(/:1$/, "")}@${second}`)).toEqual([name]);
  });

  both("removes the old image when asked, and only when nothing else needs it", async (world) => {
    await world.started("good");
    await world.docker.cli(["tag", world.image("good").firstId, `${world.image("good").name}-kept`]);
    const kept = await world.updateTo("good", { removeOldImage: true });
    expect(kept).toMatchObject({
      kind: "Succeeded",
      warnings: [expect.stringContaining(`${world.image("good").name}-kept`)],
    });
    await world.docker.cli(["tag", world.image("good").firstId, world.image("good").name]);
    await world.docker.cli(["image", "rm", `${world.image("good").name}-kept`]);
    await world.removeAll(NAME);
    const unneeded = await world.versions("outcome-unneeded", [IDLE_COMMAND]);
    await world.run(NAME, [OFF], unneeded.name);
    const request = world.request(NAME, unneeded.name, unneeded.second, { removeOldImage: true });
    expect(await world.update(request)).toMatchObject({ kind: "Succeeded", warnings: [] });
    await expect(world.docker.cli(["image", "inspect", unneeded.firstId])).rejects.toThrow(/No such image/i);
  });

  describe("lifecycle hooks", () => {
    const label = (hook: string, command: string) =>
      `--label=com.centurylinklabs.watchtower.lifecycle.${hook}=${command}`;

    both("run inside the old and the new container where that is wanted", async (world) => {
      await world.started(
        "good",
        "--volume=/hooks",
        label("pre-update", "echo $HOSTNAME > /hooks/pre"),
        label("post-update", "echo $HOSTNAME > /hooks/post"),
      );
      const before = await world.inspect(NAME);
      expect(await world.updateTo("good", { hooks: "Labels" })).toMatchObject({ kind: "Succeeded", warnings: [] });
      const after = await world.inspect(NAME);
      const read = (file: string) => world.docker.cli(["exec", NAME, "/bin/busybox", "cat", `/hooks/${file}`]);
      expect(await read("pre")).toBe(`${before.Id.slice(0, 12)}\n`);
      expect(await read("post")).toBe(`${after.Id.slice(0, 12)}\n`);
    });

    both("that need a shell which the image does not have fail before anything is touched", async (world) => {
      const { docker } = world;
      const image = world.nameOf("outcome-no-shell");
      const made = async (version: string) => {
        await docker.cli([
          "import",
          "--change",
          IDLE_COMMAND,
          "--change",
          `LABEL version=${version}`,
          docker.facts.rootfs,
          image,
        ]);
        return await docker.push(image);
      };
      const second = await made("2");
      await docker.cli(["image", "rm", image]);
      await made("1");
      await world.run(NAME, [OFF, label("pre-update", "true")], image);
      const isUntouched = await world.unchanged();
      const result = await world.update(world.request(NAME, image, second, { hooks: "Labels" }));
      const message = expect.stringContaining(
        `The pre-update hook of container ${NAME} could not be run, because its image has no /bin/sh`,
      );
      expect(result).toMatchObject({ kind: "Failed", failure: { reason: "HookFailed", message } });
      await isUntouched();
    });

    both("that never end are given up after their timeout, or when the update is cancelled", async (world) => {
      const timeout = label("pre-update-timeout", "0.02");
      const isUntouched = await world.unchanging("good", label("pre-update", "exec /bin/busybox sleep 3600"), timeout);
      expect(await world.updateTo("good", { hooks: "Labels" })).toMatchObject({
        kind: "Failed",
        failure: { reason: "HookFailed", message: expect.stringContaining("still ran after 1s200ms") },
      });
      await isUntouched();
      await world.removeAll(NAME);
      const isStillUntouched = await world.unchanging(
        "good",
        label("pre-update", "> /begun; exec /bin/busybox sleep 3600"),
        label("pre-update-timeout", "60"),
      );
      const cancel = new AbortController();
      const updated = world.updateTo("good", { hooks: "Labels" }, { cancel: cancel.signal });
      await eventually(async () => {
        await world.docker.cli(["exec", NAME, "/bin/busybox", "test", "-f", "/begun"]);
      });
      cancel.abort();
      expect(await updated).toMatchObject({ kind: "Cancelled", failure: { reason: "UpdateCancelled" } });
      await isStillUntouched();
    });

    it.each([
      [75, "Labels", { kind: "Failed", failure: { reason: "HookSkipped" } }],
      [
        3,
        "Labels",
        { kind: "Failed", failure: { reason: "HookFailed", message: expect.stringContaining("(exit code 3)") } },
      ],
      [3, "Disabled", { kind: "Succeeded" }],
    ] as const)("that end with %s, with hooks %s", (code, hooks, expected) =>
      each(worlds, async (world) => {
        const isUntouched = await world.unchanging("good", label("pre-update", `exit ${code}`));
        expect(await world.updateTo("good", { hooks })).toMatchObject(expected);
        if (hooks === "Labels") await isUntouched();
      }),
    );
  });
});
