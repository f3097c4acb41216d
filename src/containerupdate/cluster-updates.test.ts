import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { containerUpdate, updatableHost } from "../../test/support/container-update.ts";
import { FakeApiServer } from "../../test/support/fake-api-server.ts";
import { FakeClock } from "../../test/support/fake-clock.ts";
import { CONTAINER_UPDATE, type ContainerUpdateObject } from "../api/container-update.ts";
import { silentLogger } from "../common/logger.ts";
import { toApiObject } from "../dockerhost/objects-in-cluster.ts";
import { ApiClient } from "../runtime/api-client.ts";
import { EventRecorder } from "../runtime/event-recorder.ts";
import { Store } from "../runtime/store.ts";
import { ClusterUpdates } from "./cluster-updates.ts";

const PATH = "/apis/dockerhost.dev/v1alpha1/namespaces/fleet/containerupdates/web";
const signal = new AbortController().signal;

let server: FakeApiServer;
let client: ApiClient;
let store: Store<ContainerUpdateObject>;
let updates: ClusterUpdates;
let leads: boolean;

beforeEach(async () => {
  server = new FakeApiServer();
  await server.start();
  const clock = new FakeClock();
  const random = () => 0;
  leads = true;
  store = new Store();
  client = new ApiClient({ cluster: server.cluster, clock, userAgent: "test/1" });
  const reporting = { reportingController: "dockerhost.dev/controller", reportingInstance: "test" };
  const recorder = new EventRecorder({ client, clock, random, logger: silentLogger, ...reporting });
  updates = new ClusterUpdates({ client, store, recorder, clock, random, isLeader: () => leads });
});

afterEach(async () => {
  await client.close();
  await server.stop();
});

function stored(): ContainerUpdateObject {
  const update = toApiObject<object>(CONTAINER_UPDATE, server.put(PATH, containerUpdate()));
  store.upsert(update);
  return update;
}

describe("the ContainerUpdates of a cluster", () => {
  it("get their host as the owner, so that the cluster deletes them with it, and no other field is written", async () => {
    await updates.own(stored(), updatableHost(), signal);
    const [patch] = server.requests;
    expect(patch).toMatchObject({ method: "PATCH", path: PATH });
    expect(patch?.query.get("fieldManager")).toBe("dockerhost-owner");
    expect(patch?.body).toEqual({
      apiVersion: "dockerhost.dev/v1alpha1",
      kind: "ContainerUpdate",
      metadata: {
        name: "web",
        namespace: "fleet",
        uid: "u-web",
        ownerReferences: [
          { apiVersion: "dockerhost.dev/v1alpha1", kind: "DockerHost", name: "edge-7", uid: "0a3c7b9e" },
        ],
      },
    });
  });

  it("are deleted only if they are still the same, and are ignored otherwise", async () => {
    const update = stored();
    await updates.remove({ ...update, metadata: { ...update.metadata, uid: "another" } }, signal);
    expect(server.get(PATH)).toBeDefined();
    await updates.remove(update, signal);
    expect(server.get(PATH)).toBeUndefined();
    await updates.remove(update, signal);
  });

  it("fail to change with the server's message, and without a request if this process does not lead", async () => {
    const update = stored();
    server.fail(() => true, { kind: "status", status: 422, reason: "Invalid", message: "no" }, 1);
    await expect(updates.own(update, updatableHost(), signal)).rejects.toThrow("no");
    leads = false;
    server.requests.length = 0;
    await expect(updates.remove(update, signal)).rejects.toThrow("no longer leads");
    expect(server.requests).toEqual([]);
  });

  it("keep their owners in the store", () => {
    const owned = containerUpdate({}, undefined, { ownerReferences: [{ uid: "0a3c7b9e" }] });
    expect(toApiObject(CONTAINER_UPDATE, owned).metadata.ownerReferences).toEqual([{ uid: "0a3c7b9e" }]);
  });
});
