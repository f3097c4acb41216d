import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { CommandFailed } from "../../env/binaries/run-command.ts";
import { eventually } from "../../support/eventually.ts";
import { TestNamespace } from "../cluster.ts";
import { Program } from "../program.ts";
import { HELD, kube, ready, Updates, UpdateWorld } from "./world.ts";

const refusal = (request: Promise<unknown>) =>
  request.then(
    () => "",
    (error: unknown) => (error instanceof CommandFailed ? error.result.stderr : String(error)),
  );

describe("ContainerUpdates", () => {
  let world: UpdateWorld;
  let updates: Updates;
  let quiet: { readonly namespace: TestNamespace; readonly controller: Program } | undefined;

  beforeAll(async () => {
    world = await UpdateWorld.start("rule-", { engines: ["new"], images: ["good", "held"] });
    updates = world.updates;
  });

  afterAll(async () => {
    await quiet?.namespace.delete();
    await quiet?.controller.stop();
    await world?.stop();
  });

  it("wait while their host does not allow updates, and begin when it does", async () => {
    const { namespace } = world;
    const container = "rule-forbidden";
    const id = await world.started("new", container);
    const { host, tls } = (await namespace.host("new")).spec as { host: string; tls: object };
    await namespace.applyHost("careful", { host, tls });
    await namespace.waitFor("careful", { type: "Connected", status: "True" });
    await updates.create("forbidden", { ...world.specOf("new", container), hostRef: { name: "careful" } });
    const waiting = await updates.waitsFor("forbidden", "UpdatesNotAllowed");
    expect(waiting.status).toMatchObject({ phase: "Pending", observedGeneration: 1 });
    expect(waiting.status?.conditions?.map(({ type, status }) => `${type}=${status}`)).toEqual([
      "Ready=False",
      "Stalled=True",
    ]);
    expect((await world.engine("new").inspect(container)).Id).toBe(id);
    await namespace.kubectl("patch", "dhost", "careful", "--type=merge", "-p", '{"spec":{"allowUpdates":true}}');
    await updates.reaches("forbidden", "Succeeded");
  });

  it("on one daemon run one after the other, whichever host names it", async () => {
    await world.started("new", "rule-first", "held");
    await world.started("new", "rule-second");
    await updates.create("first", { ...world.specOf("new", "rule-first", "held"), health: HELD });
    await updates.reaches("first", "Verifying");
    await updates.create("second", { ...world.specOf("new", "rule-second"), hostRef: { name: "careful" } });
    const waiting = await updates.waitsFor("second", "DaemonBusy");
    expect(waiting.status?.phase).toBe("Pending");
    await world.release("new", "rule-first");
    const first = await updates.reaches("first", "Succeeded");
    const second = await updates.reaches("second", "Succeeded");
    expect(Date.parse(second.status?.startTime ?? "")).toBeGreaterThanOrEqual(
      Date.parse(first.status?.completionTime ?? ""),
    );
  });

  it("are superseded if the container runs another image by then", async () => {
    const { firstId } = world.image("new", "held");
    await updates.create("late", { ...world.specOf("new", "rule-first", "held"), replaces: firstId });
    expect(ready(await updates.reaches("late", "Superseded"))?.reason).toBe("UpdateSuperseded");
  });

  it("can be cancelled, and nothing else of them can be changed", async () => {
    const id = await world.started("new", "rule-cancelled");
    await updates.create("cancelled", {
      ...world.specOf("new", "rule-cancelled"),
      health: { timeout: "20s", stableFor: "1h" },
    });
    await updates.reaches("cancelled", "Verifying");
    const patch = (spec: object) =>
      world.namespace.kubectl("patch", "cupd", "cancelled", "--type=merge", "-p", JSON.stringify({ spec }));
    const digest = `sha256:${"0".repeat(64)}`;
    const changes: readonly (readonly [field: string, spec: object])[] = [
      ["digest", { digest }],
      ["image", { image: "other" }],
      ["container", { container: "other" }],
      ["hostRef", { hostRef: { name: "other" } }],
      ["replaces", { replaces: digest }],
      ["health", { health: { stableFor: "1s" } }],
      ["onFailure", { onFailure: "Keep" }],
      ["removeOldImage", { removeOldImage: true }],
      ["hooks", { hooks: "Labels" }],
      ["ttlAfterFinished", { ttlAfterFinished: "1h" }],
    ];
    for (const [field, spec] of changes) {
      expect(await refusal(patch(spec))).toContain(`\`${field}\` must not be changed; create another ContainerUpdate`);
    }
    await patch({ cancel: true });
    const { status, metadata } = await updates.reaches("cancelled", "Cancelled");
    expect(status?.observedGeneration).toBe(metadata.generation);
    expect(await world.engine("new").inspect("rule-cancelled")).toMatchObject({ Id: id, State: { Status: "running" } });
    await expect(patch({ cancel: false })).rejects.toThrow("must not be set back to false");
  });

  it("are deleted after their time", async () => {
    await updates.create("brief", { ...world.specOf("new", "rule-first", "held"), ttlAfterFinished: "0s" });
    await eventually(async () =>
      expect(await world.namespace.kubectl("get", "cupd", "brief", "--ignore-not-found", "-o", "name")).toBe(""),
    );
  });

  it("say so where the controller carries out no updates, which changes nothing", async () => {
    const namespace = await TestNamespace.create(kube);
    quiet = { namespace, controller: await Program.controller(kube, namespace.name) };
    const disabled = new Updates(namespace);
    const id = await world.started("new", "rule-off");
    const { host, client } = world.engine("new").docker.facts;
    await namespace.applySecret("tls", { ...client });
    const tls = { verify: true, certSecretRef: { name: "tls" } };
    await namespace.applyHost("new", { host, tls, allowUpdates: true });
    await namespace.waitFor("new", { type: "Connected", status: "True" });
    await disabled.create("off", world.specOf("new", "rule-off"));
    const { status, metadata } = await disabled.waitsFor("off", "UpdatesDisabled");
    expect(status).toMatchObject({ phase: "Pending", observedGeneration: 1 });
    expect(status?.conditions?.map(({ type, status: is }) => `${type}=${is}`)).toEqual(["Ready=False", "Stalled=True"]);
    expect(metadata.ownerReferences).toBeUndefined();
    await eventually(async () => {
      for (const name of ["off", "new"]) {
        const events = (await namespace.events(name)).map(({ type, reason }) => `${type} ${reason}`);
        expect(events).toContain("Warning UpdatesDisabled");
      }
    });
    expect(await world.engine("new").inspect("rule-off")).toMatchObject({ Id: id, State: { Status: "running" } });
  });

  it("are accepted only with a time to keep them that can be kept", async () => {
    const create = (ttlAfterFinished: unknown) =>
      refusal(updates.create("kept", { ...world.specOf("new", "none"), hostRef: { name: "none" }, ttlAfterFinished }));
    for (const time of ["-1s", "1d", "8761h", "soon", 5]) expect(await create(time)).toContain("ttlAfterFinished");
    for (const time of ["0s", "8760h", undefined]) {
      expect(await create(time)).toBe("");
      expect((await updates.get("kept")).spec).toMatchObject({ ttlAfterFinished: time ?? "720h" });
      await world.namespace.kubectl("delete", "cupd", "kept");
    }
  });
});
