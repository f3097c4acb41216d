import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { eventually } from "../../support/eventually.ts";
import { acceptedChanges, KEY, startWebhookReceiver, type WebhookReceiver } from "../../support/webhook-receiver.ts";
import { type EngineKey, each } from "../replacement/world.ts";
import { ready, UpdateWorld } from "./world.ts";

describe("ContainerUpdates on both engines", () => {
  let world: UpdateWorld;
  let receiver: WebhookReceiver;
  let folder: string;

  beforeAll(async () => {
    receiver = await startWebhookReceiver();
    folder = await mkdtemp(join(tmpdir(), "dockerhost-notify-"));
    const [url, key] = [join(folder, "url"), join(folder, "key")];
    await writeFile(url, receiver.url);
    await writeFile(key, KEY);
    const flags = ["--notify", url, "--notify-key-file", key, "--notify-window", "100ms"];
    world = await UpdateWorld.start("cupd-", { engines: ["old", "new"], images: ["good", "bad"], flags });
    await each(world.engines, ({ key }) => world.started(key, `cupd-${key}`));
  });

  afterAll(async () => {
    await world?.stop();
    await receiver?.close();
    if (folder !== undefined) await rm(folder, { recursive: true });
  });

  /** On both at the same time. */
  const both = (name: string, test: (key: EngineKey, container: string) => Promise<void>) =>
    it(name, () => each(world.engines, ({ key }) => test(key, `cupd-${key}`)));

  /** What the receiver of notifications got about an update: the change, the host and the container. */
  const reported = (update: string) =>
    acceptedChanges(receiver).flatMap(({ name, change, host, container }) =>
      name === update ? [`${change} ${host} ${container}`] : [],
    );

  both("replace the container with the same one on exactly the digest, and say so", async (key, container) => {
    const { namespace, updates } = world;
    const engine = world.engine(key);
    const { Id: id } = await engine.inspect(container);
    const { name, first, second, firstId } = world.image(key);
    await updates.create(`${key}-good`, { ...world.specOf(key, container), replaces: firstId });
    await namespace.kubectl("wait", `cupd/${key}-good`, "--for=condition=Ready", "--timeout=120s");
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
    const now = await engine.inspect(container);
    expect(now).toMatchObject({ Image: status?.after?.imageID, State: { Status: "running" } });
    expect(await engine.containers(container)).toEqual([`${container} running`]);
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

  both("go back to what ran before by its digest", async (key, container) => {
    const { before } = (await world.updates.get(`${key}-good`)).status ?? {};
    const spec = { hostRef: { name: key }, container, image: before?.image, digest: before?.digest };
    await world.updates.create(`${key}-back`, spec);
    await world.updates.reaches(`${key}-back`, "Succeeded");
    expect((await world.engine(key).inspect(container)).Image).toBe(before?.imageID);
  });

  both("put the old container back by themselves if the new one fails", async (key) => {
    const engine = world.engine(key);
    const failing = `cupd-${key}-bad`;
    const old = await world.started(key, failing, "bad", "--restart=always");
    // Longer than a busy machine needs to end the new container: nobody waits for all of it.
    const health = { timeout: "20s", stableFor: "1m" };
    await world.updates.create(`${key}-bad`, { ...world.specOf(key, failing, "bad"), health });
    const update = await world.updates.reaches(`${key}-bad`, "RolledBack");
    expect(ready(update)).toMatchObject({ status: "False", reason: "ContainerRestarting" });
    expect(ready(update)?.message).toContain("The old container is back as it was");
    expect(update.status?.conditions?.find(({ type }) => type === "Stalled")).toMatchObject({ status: "True" });
    expect(await engine.inspect(failing)).toMatchObject({
      Id: old,
      State: { Status: "running" },
      HostConfig: { RestartPolicy: { Name: "always" } },
    });
    expect(await engine.containers(failing)).toEqual([`${failing} running`]);
    await eventually(() => expect(reported(`${key}-bad`)).toEqual([`ContainerUpdateFailed ${key} ${failing}`]));
  });
});
