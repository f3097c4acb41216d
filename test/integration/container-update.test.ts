import { mkdtemp, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, inject, it } from "vitest";
import type { ContainerUpdateObject } from "../../src/api/container-update.ts";
import { CommandFailed, execute } from "../env/binaries/run-command.ts";
import { connectEnvironment } from "../env/environment.ts";
import { eventually } from "../support/eventually.ts";
import { acceptedChanges, KEY, startWebhookReceiver, type WebhookReceiver } from "../support/webhook-receiver.ts";
import { TestNamespace } from "./cluster.ts";
import { LOOPBACK, PROGRAM, Program } from "./program.ts";
import { CuttingProxy } from "./replacement/cutting-proxy.ts";
import { engines, IDLE_COMMAND, ReplacementWorld, type VersionedImage } from "./replacement/world.ts";

const environment = inject("environment");
const { kube } = connectEnvironment(environment);
const ENDS = 'CMD ["/bin/busybox", "false"]';

type Phase = NonNullable<ContainerUpdateObject["status"]>["phase"];

/** The updates of one namespace. */
class Updates {
  readonly namespace: TestNamespace;

  constructor(namespace: TestNamespace) {
    this.namespace = namespace;
  }

  async create(name: string, spec: object): Promise<void> {
    await this.namespace.apply({
      apiVersion: "dockerhost.dev/v1alpha1",
      kind: "ContainerUpdate",
      metadata: { name },
      spec: { health: { timeout: "20s", stableFor: "1s" }, ...spec },
    });
  }

  get(name: string): Promise<ContainerUpdateObject> {
    return this.namespace.containerUpdate(name);
  }

  /** Waits for one of the phases; fails with what it has instead. */
  async reaches(name: string, ...phases: readonly Phase[]): Promise<ContainerUpdateObject> {
    let update: ContainerUpdateObject | undefined;
    await eventually(async () => {
      update = await this.get(name);
      expect(phases, JSON.stringify(update.status)).toContain(update.status?.phase);
    });
    if (update === undefined) throw new Error("there is no update");
    return update;
  }

  async waitsFor(name: string, reason: string): Promise<ContainerUpdateObject> {
    await eventually(async () => expect(ready(await this.get(name))?.reason).toBe(reason));
    return await this.get(name);
  }
}

function ready({ status }: ContainerUpdateObject) {
  return status?.conditions?.find(({ type }) => type === "Ready");
}

describe("ContainerUpdates", () => {
  const worlds = Object.fromEntries(engines.map((engine) => [engine.key, new ReplacementWorld(engine)]));
  const images = new Map<string, { good: VersionedImage; bad: VersionedImage }>();
  let namespace: TestNamespace;
  let updates: Updates;
  let socket: string;
  let proxy: CuttingProxy;
  let receiver: WebhookReceiver;
  let folder: string;
  let notify: { readonly url: string; readonly key: string };
  const programs: Program[] = [];

  const world = (key: string) => {
    const found = worlds[key];
    if (found === undefined) throw new Error(`no engine ${key}`);
    return found;
  };
  const image = (key: string, what: "good" | "bad") => {
    const found = images.get(key)?.[what];
    if (found === undefined) throw new Error(`no images of ${key}`);
    return found;
  };
  const specOf = (key: string, container: string, what: "good" | "bad" = "good") => {
    const { name, second } = image(key, what);
    return { hostRef: { name: key }, container, image: name, digest: second };
  };

  /** On the first version, from which an earlier update may have moved the tag. */
  async function started(key: string, container: string, what: "good" | "bad" = "good", ...args: readonly string[]) {
    const { name, firstId } = image(key, what);
    await world(key).docker.cli(["tag", firstId, name]);
    return await world(key).run(container, ["--network=none", ...args], name);
  }

  async function start(): Promise<Program> {
    const rights = { watchNamespaces: [namespace.name], updates: { enabled: true } } as const;
    const program = await Program.startController(kube, rights, [
      ...LOOPBACK,
      ...["--notify", notify.url, "--notify-key-file", notify.key, "--notify-window", "100ms"],
      ...["--updates", "--allowed-sockets", socket],
      ...["--health-addr", "127.0.0.1:0", "--metrics-addr", "127.0.0.1:0"],
      ...["--enable-leader-election", "--leader-election-namespace", namespace.name],
      ...["--leader-election-lease-duration", "3s", "--leader-election-renew-deadline", "2s"],
      ...["--leader-election-retry-period", "500ms"],
    ]);
    programs.push(program);
    return program;
  }

  beforeAll(async () => {
    namespace = await TestNamespace.create(kube);
    updates = new Updates(namespace);
    const { facts } = world("new").docker;
    socket = join(facts.dockerd.runFolder, "cut.sock");
    proxy = await CuttingProxy.listen(socket, facts.socket);
    receiver = await startWebhookReceiver();
    folder = await mkdtemp(join(tmpdir(), "dockerhost-notify-"));
    notify = { url: join(folder, "url"), key: join(folder, "key") };
    await writeFile(notify.url, receiver.url);
    await writeFile(notify.key, KEY);
    await (await start()).says("Starting the workers");
    await namespace.applySecret("registry-ca", { "ca.crt": environment.registry.ca });
    const updateCheck = {
      registries: [{ host: environment.registry.host, certSecretRef: { name: "registry-ca" } }],
    };
    for (const { key, docker } of engines) {
      await world(key).removeAll("cupd-");
      const good = await world(key).versions("cupd-good", [IDLE_COMMAND], [], ["LABEL version=2"]);
      const bad = await world(key).versions("cupd-bad", [], [IDLE_COMMAND], [ENDS]);
      images.set(key, { good, bad });
      await namespace.applySecret(`${key}-tls`, { ...docker.facts.client });
      const tls = { verify: true, certSecretRef: { name: `${key}-tls` } };
      await namespace.applyHost(key, { host: docker.facts.host, tls, allowUpdates: true, updateCheck });
      await namespace.waitFor(key, { type: "Connected", status: "True" });
    }
  });

  afterAll(async () => {
    await namespace?.delete();
    await Promise.all(programs.map((program) => program.stop()));
    await proxy?.close();
    await receiver?.close();
    if (folder !== undefined) await rm(folder, { recursive: true });
    for (const each of Object.values(worlds)) await each.removeAll("cupd-");
  });

  /** What the receiver of notifications got about an update: the change, the host and the container. */
  const reported = (update: string) =>
    acceptedChanges(receiver).flatMap(({ name, change, host, container }) =>
      name === update ? [`${change} ${host} ${container}`] : [],
    );

  describe.each(engines)("on $label", ({ key }) => {
    const container = `cupd-${key}`;
    let id: string;

    beforeAll(async () => {
      id = await started(key, container);
    });

    it("replace the container with the same one on exactly the digest, and say so", async () => {
      const { name, first, second, firstId } = image(key, "good");
      await updates.create(`${key}-good`, { ...specOf(key, container), replaces: firstId });
      await namespace.kubectl("wait", `cupd/${key}-good`, "--for=condition=Ready", "--timeout=20s");
      const { status, metadata } = await updates.get(`${key}-good`);
      expect(status).toMatchObject({
        phase: "Succeeded",
        observedGeneration: 1,
        plan: { containers: [{ name: container, id, action: "Replace" }] },
        before: { image: name, imageID: firstId, digest: first },
        after: { digest: second },
        downtime: expect.stringMatching(/^[0-9.]+s$/),
      });
      expect(status?.conditions).toHaveLength(1);
      const host = await namespace.host(key);
      expect(metadata.ownerReferences).toMatchObject([{ kind: "DockerHost", uid: host.metadata.uid }]);
      const now = await world(key).inspect(container);
      expect(now).toMatchObject({ Image: status?.after?.imageID, State: { Status: "running" } });
      expect(await world(key).containers(container)).toEqual([`${container} running`]);
      await eventually(async () => {
        const reasons = (await namespace.events(`${key}-good`)).map(({ reason }) => reason);
        for (const reason of ["PullingImage", "ReplacingContainer", "VerifyingContainer", "UpdateSucceeded"]) {
          expect(reasons).toContain(reason);
        }
        const ofHost = await namespace.events(key);
        expect(ofHost.some(({ reason, note }) => reason === "UpdateSucceeded" && note.includes(second))).toBe(true);
      });
      await eventually(() => expect(reported(`${key}-good`)).toEqual([`ContainerUpdated ${key} ${container}`]));
      await eventually(async () => {
        const checked = Date.parse((await namespace.host(key)).status?.updates?.lastCheckTime ?? "");
        expect(checked).toBeGreaterThanOrEqual(Date.parse(status?.completionTime ?? ""));
      });
    });

    it("go back to what ran before by its digest", async () => {
      const { before } = (await updates.get(`${key}-good`)).status ?? {};
      const spec = { hostRef: { name: key }, container, image: before?.image, digest: before?.digest };
      await updates.create(`${key}-back`, spec);
      await updates.reaches(`${key}-back`, "Succeeded");
      expect((await world(key).inspect(container)).Image).toBe(before?.imageID);
    });

    it("put the old container back by themselves if the new one fails", async () => {
      const failing = `cupd-${key}-bad`;
      const old = await started(key, failing, "bad", "--restart=always");
      await updates.create(`${key}-bad`, specOf(key, failing, "bad"));
      const update = await updates.reaches(`${key}-bad`, "RolledBack");
      expect(ready(update)).toMatchObject({ status: "False", reason: "ContainerRestarting" });
      expect(ready(update)?.message).toContain("The old container is back as it was");
      expect(update.status?.conditions?.find(({ type }) => type === "Stalled")).toMatchObject({ status: "True" });
      expect(await world(key).inspect(failing)).toMatchObject({
        Id: old,
        State: { Status: "running" },
        HostConfig: { RestartPolicy: { Name: "always" } },
      });
      expect(await world(key).containers(failing)).toEqual([`${failing} running`]);
      await eventually(() => expect(reported(`${key}-bad`)).toEqual([`ContainerUpdateFailed ${key} ${failing}`]));
    });
  });

  it("wait while their host does not allow updates, and begin when it does", async () => {
    const container = "cupd-forbidden";
    const id = await started("new", container);
    const { host, tls } = (await namespace.host("new")).spec as { host: string; tls: object };
    await namespace.applyHost("careful", { host, tls });
    await namespace.waitFor("careful", { type: "Connected", status: "True" });
    await updates.create("forbidden", { ...specOf("new", container), hostRef: { name: "careful" } });
    const waiting = await updates.waitsFor("forbidden", "UpdatesNotAllowed");
    expect(waiting.status).toMatchObject({ phase: "Pending", observedGeneration: 1 });
    expect(waiting.status?.conditions?.map(({ type, status }) => `${type}=${status}`)).toEqual([
      "Ready=False",
      "Stalled=True",
    ]);
    expect((await world("new").inspect(container)).Id).toBe(id);
    await namespace.kubectl("patch", "dhost", "careful", "--type=merge", "-p", '{"spec":{"allowUpdates":true}}');
    await updates.reaches("forbidden", "Succeeded");
  });

  it("on one daemon run one after the other, whichever host names it", async () => {
    const names = ["cupd-first", "cupd-second"];
    for (const name of names) await started("new", name);
    const health = { timeout: "20s", stableFor: "3s" };
    await updates.create("first", { ...specOf("new", "cupd-first"), health });
    await updates.reaches("first", "Verifying");
    await updates.create("second", { ...specOf("new", "cupd-second"), hostRef: { name: "careful" } });
    const waiting = await updates.waitsFor("second", "DaemonBusy");
    expect(waiting.status?.phase).toBe("Pending");
    const first = await updates.reaches("first", "Succeeded");
    const second = await updates.reaches("second", "Succeeded");
    expect(Date.parse(second.status?.startTime ?? "")).toBeGreaterThanOrEqual(
      Date.parse(first.status?.completionTime ?? ""),
    );
  });

  it("are superseded if the container runs another image by then", async () => {
    const { firstId } = image("new", "good");
    await updates.create("late", { ...specOf("new", "cupd-first"), replaces: firstId });
    expect(ready(await updates.reaches("late", "Superseded"))?.reason).toBe("UpdateSuperseded");
  });

  it("can be cancelled, and nothing else of them can be changed", async () => {
    const id = await started("old", "cupd-cancelled");
    await updates.create("cancelled", {
      ...specOf("old", "cupd-cancelled"),
      health: { timeout: "20s", stableFor: "1h" },
    });
    await updates.reaches("cancelled", "Verifying");
    const patch = (spec: object) =>
      namespace.kubectl("patch", "cupd", "cancelled", "--type=merge", "-p", JSON.stringify({ spec }));
    const changes: readonly (readonly [field: string, spec: object])[] = [
      ["digest", { digest: image("old", "bad").second }],
      ["image", { image: "other" }],
      ["container", { container: "other" }],
      ["hostRef", { hostRef: { name: "new" } }],
      ["replaces", { replaces: image("old", "bad").second }],
      ["health", { health: { stableFor: "1s" } }],
      ["onFailure", { onFailure: "Keep" }],
      ["removeOldImage", { removeOldImage: true }],
      ["hooks", { hooks: "Labels" }],
      ["ttlAfterFinished", { ttlAfterFinished: "1h" }],
    ];
    for (const [field, spec] of changes) {
      const refusal = await patch(spec).then(
        () => "accepted",
        (error: unknown) => (error instanceof CommandFailed ? error.result.stderr : String(error)),
      );
      expect(refusal).toContain(`\`${field}\` must not be changed; create another ContainerUpdate`);
    }
    await patch({ cancel: true });
    const { status, metadata } = await updates.reaches("cancelled", "Cancelled");
    expect(status?.observedGeneration).toBe(metadata.generation);
    expect(await world("old").inspect("cupd-cancelled")).toMatchObject({ Id: id, State: { Status: "running" } });
    await expect(patch({ cancel: false })).rejects.toThrow("must not be set back to false");
  });

  it("are deleted after their time", async () => {
    await updates.create("brief", { ...specOf("new", "cupd-first"), ttlAfterFinished: "0s" });
    await eventually(async () =>
      expect(await namespace.kubectl("get", "cupd", "brief", "--ignore-not-found", "-o", "name")).toBe(""),
    );
  });

  it("go on when a host that went away in the middle is back", async () => {
    const container = "cupd-away";
    await started("new", container);
    await namespace.applyHost("away", { host: `unix://${socket}`, allowUpdates: true, interval: "10s", timeout: "5s" });
    await namespace.waitFor("away", { type: "Connected", status: "True" });
    // Longer than it takes to cut the connection.
    const health = { timeout: "20s", stableFor: "3s" };
    await updates.create("away", { ...specOf("new", container), hostRef: { name: "away" }, health });
    await updates.reaches("away", "Verifying");
    await proxy.close();
    await namespace.kubectl("annotate", "dhost", "away", "--overwrite", "dockerhost.dev/requestedAt=away");
    await namespace.waitFor("away", { type: "Connected", status: "False" });
    expect((await updates.get("away")).status?.phase).toBe("Verifying");
    proxy = await CuttingProxy.listen(socket, world("new").docker.facts.socket);
    await updates.reaches("away", "Succeeded");
    expect(await world("new").containers(container)).toEqual([`${container} running`]);
  });

  describe("by kubectl dockerhost", () => {
    const container = "cupd-plugin";
    let newer: string;
    let id: string;

    let link: string;

    const plugin = (...args: readonly string[]) => {
      const env = { PATH: process.env.PATH, HOME: "/nonexistent", KUBECONFIG: kube.facts.kubeconfig };
      return execute(process.execPath, [link, ...args, "-n", namespace.name], { env });
    };

    beforeAll(async () => {
      const { docker } = world("old");
      // The name by which kubectl finds it.
      link = join(docker.facts.dockerd.runFolder, "kubectl-dockerhost");
      await rm(link, { force: true });
      await symlink(PROGRAM, link);
      const { name, firstId } = image("old", "good");
      id = await started("old", container);
      // Somebody pushes a new version under the same tag.
      const other = name.replace(/:1$/, ":2");
      await docker.cli(["pull", other]);
      await docker.cli(["tag", other, name]);
      newer = await docker.push(name);
      await docker.cli(["tag", firstId, name]);
      await namespace.kubectl("annotate", "dhost", "old", "--overwrite", "dockerhost.dev/requestedAt=plugin");
      await namespace.waitFor("old", { type: "UpdatesAvailable", status: "True" });
    });

    it("are not created in a dry run, which says so", async () => {
      const { code, stdout } = await plugin("update", "old", container, "--dry-run");
      expect([code, stdout]).toEqual([0, expect.stringContaining(`to       ${newer.slice(0, 19)}`)]);
      expect(stdout).toContain("This is a dry run: nothing was changed.");
      expect(await world("old").inspect(container)).toMatchObject({ Id: id });
      expect((await plugin("history", "old", "-o", "name")).stdout).not.toContain(container);
    });

    it("are followed to the end, listed, and undone", async () => {
      const update = await plugin("update", "dockerhost/old", container, "--stable-for", "1s");
      expect([update.code, update.stdout, update.stderr]).toEqual([
        0,
        expect.stringContaining(`Container ${container} runs ${newer}`),
        expect.stringContaining("Verifying"),
      ]);
      expect((await plugin("update", "old", container)).stdout).toContain("it is up to date");
      const history = await plugin("history", "old");
      const [header, newest = ""] = history.stdout.split("\n");
      expect(header).toMatch(/^CONTAINER +PHASE +IMAGE +FROM +TO +DOWNTIME +AGE +NAME +MESSAGE$/);
      expect(newest.split(/ +/).slice(0, 2)).toEqual([container, "Succeeded"]);
      expect(newest).toContain(newer.slice(0, 19));
      const back = await plugin("rollback", "old", container, "--stable-for", "1s");
      expect([back.code, back.stderr]).toEqual([0, expect.stringContaining("created")]);
      expect((await world("old").inspect(container)).Image).toBe(image("old", "good").firstId);
    });

    it("are refused with the way to allow them, and where nothing can be done", async () => {
      await namespace.kubectl("patch", "dhost", "old", "--type=merge", "-p", '{"spec":{"allowUpdates":false}}');
      const refused = await plugin("update", "old", container, "--digest", newer);
      expect(refused.code).toBe(1);
      expect(refused.stderr).toContain("kubectl patch dockerhost old");
      expect((await plugin("rollback", "old", "unknown")).stderr).toContain(
        "no successful update of container unknown",
      );
      expect((await plugin("update", "old")).code).toBe(2);
    });
  });

  it("are finished by another leader, wherever the first one is killed", async () => {
    const verified = "cupd-taken-over";
    const id = await started("new", verified);
    // It takes its time to stop, in the middle of the replacement.
    const stubborn = "cupd-stubborn";
    const { name, firstId } = image("old", "good");
    await world("old").docker.cli(["tag", firstId, name]);
    const forever = "trap '' TERM; while :; do /bin/busybox sleep 1; done";
    const args = ["--network=none", "--stop-timeout=3"];
    const old = await world("old").run(stubborn, args, name, ["/bin/busybox", "sh", "-c", forever]);
    await namespace.kubectl("patch", "dhost", "old", "--type=merge", "-p", '{"spec":{"allowUpdates":true}}');
    const next = await start();
    await next.says("Waiting to lead");
    const health = { timeout: "20s", stableFor: "6s" };
    await updates.create("taken-over", { ...specOf("new", verified), health });
    await updates.reaches("taken-over", "Verifying");
    await updates.create("stubborn", specOf("old", stubborn));
    await eventually(async () => expect((await updates.get("stubborn")).status?.transaction?.newID).toBeDefined());
    await programs[0]?.kill();
    const first = await updates.reaches("taken-over", "Succeeded");
    expect(first.status?.transaction).toMatchObject({ oldID: id });
    const second = await updates.reaches("stubborn", "Succeeded");
    // It was undone and started again.
    expect(second.status?.transaction).toMatchObject({ oldID: old, undone: 1 });
    expect(await world("new").containers(verified)).toEqual([`${verified} running`]);
    expect(await world("old").containers(stubborn)).toEqual([`${stubborn} running`]);
    expect(await next.metrics()).toContain('dockerhost_container_updates_total{result="Succeeded"} 2');
  });

  it("say so where the controller carries out no updates, which changes nothing", async () => {
    const quiet = await TestNamespace.create(kube);
    const controller = await Program.controller(kube, quiet.name);
    programs.push(controller);
    const disabled = new Updates(quiet);
    const id = await started("new", "cupd-off");
    const { host, client } = world("new").docker.facts;
    await quiet.applySecret("tls", { ...client });
    await quiet.applyHost("new", { host, tls: { verify: true, certSecretRef: { name: "tls" } }, allowUpdates: true });
    await quiet.waitFor("new", { type: "Connected", status: "True" });
    await disabled.create("off", specOf("new", "cupd-off"));
    const { status, metadata } = await disabled.waitsFor("off", "UpdatesDisabled");
    expect(status).toMatchObject({ phase: "Pending", observedGeneration: 1 });
    expect(status?.conditions?.map(({ type, status: is }) => `${type}=${is}`)).toEqual(["Ready=False", "Stalled=True"]);
    expect(metadata.ownerReferences).toBeUndefined();
    await eventually(async () => {
      for (const name of ["off", "new"]) {
        const events = (await quiet.events(name)).map(({ type, reason }) => `${type} ${reason}`);
        expect(events).toContain("Warning UpdatesDisabled");
      }
    });
    expect(await world("new").inspect("cupd-off")).toMatchObject({ Id: id, State: { Status: "running" } });
    await quiet.delete();
  });

  it("are accepted only with a time to keep them that can be kept", async () => {
    const refusal = (ttlAfterFinished: unknown) =>
      updates.create("kept", { ...specOf("new", "none"), hostRef: { name: "none" }, ttlAfterFinished }).then(
        () => "",
        (error: unknown) => (error instanceof CommandFailed ? error.result.stderr : String(error)),
      );
    for (const time of ["-1s", "1d", "8761h", "soon", 5]) expect(await refusal(time)).toContain("ttlAfterFinished");
    for (const time of ["0s", "8760h", undefined]) {
      expect(await refusal(time)).toBe("");
      expect((await updates.get("kept")).spec).toMatchObject({ ttlAfterFinished: time ?? "720h" });
      await namespace.kubectl("delete", "cupd", "kept");
    }
  });
});
