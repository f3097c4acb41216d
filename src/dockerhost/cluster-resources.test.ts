import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { eventually } from "../../test/support/eventually.ts";
import { FakeApiServer } from "../../test/support/fake-api-server.ts";
import { FakeClock } from "../../test/support/fake-clock.ts";
import { ERRAND, type ErrandStatus } from "../../test/support/second-kind.ts";
import { DOCKER_HOST, type DockerHostObject } from "../api/docker-host.ts";
import type { ApiObject } from "../api/object.ts";
import type { DockerHostStatus } from "../api/status.ts";
import { DeadlineExceeded } from "../common/deadline.ts";
import { silentLogger } from "../common/logger.ts";
import { ApiClient } from "../runtime/api-client.ts";
import { EventRecorder } from "../runtime/event-recorder.ts";
import { Interrupted, ShuttingDown } from "../runtime/run.ts";
import { Store } from "../runtime/store.ts";
import { ClusterResources, toSecretVersion } from "./cluster-resources.ts";
import { objectsInCluster, toApiObject } from "./objects-in-cluster.ts";

const KEY = "fleet/edge-7";
const HOST = "/apis/dockerhost.dev/v1alpha1/namespaces/fleet/dockerhosts/edge-7";
const SECRET = "/api/v1/namespaces/fleet/secrets/tls";
const signal = new AbortController().signal;

let server: FakeApiServer;
let client: ApiClient;
let hosts: Store<DockerHostObject>;
let resources: ClusterResources;
let leads: boolean;
let clock: FakeClock;

beforeEach(async () => {
  server = new FakeApiServer();
  await server.start();
  clock = new FakeClock();
  const random = () => 0;
  leads = true;
  client = new ApiClient({ cluster: server.cluster, clock, userAgent: "test/1" });
  hosts = new Store();
  const reporting = { reportingController: "dockerhost.dev/controller", reportingInstance: "test" };
  const recorder = new EventRecorder({ client, clock, random, logger: silentLogger, ...reporting });
  resources = new ClusterResources({ client, hosts, recorder, clock, random, isLeader: () => leads });
});

afterEach(async () => {
  await client.close();
  await server.stop();
});

/** The host as the API server and the store have it. */
function stored(generation = 1): DockerHostObject {
  const metadata = { name: "edge-7", namespace: "fleet", generation };
  const host = toApiObject<DockerHostStatus>(DOCKER_HOST, server.put(HOST, { metadata }));
  hosts.upsert(host);
  return host;
}

const patches = () => server.requests.filter(({ method }) => method === "PATCH");

/** Lets time pass until it has come. */
async function passing<T>(promise: Promise<T>): Promise<T> {
  let over = false;
  const end = () => {
    over = true;
  };
  promise.then(end, end);
  await eventually(async () => {
    await clock.advance(200);
    expect(over).toBe(true);
  });
  return await promise;
}

describe("getSecret", () => {
  it("decodes the entries, and reads them again each time", async () => {
    const put = (text: string) => {
      const data = { "ca.pem": Buffer.from(text).toString("base64") };
      server.put(SECRET, Object.assign({ metadata: { name: "tls", namespace: "fleet" } }, { data }));
    };
    put("grün");
    expect(await resources.getSecret("fleet", "tls", signal)).toEqual({ ok: true, value: { "ca.pem": "grün" } });
    put("rot");
    expect(await resources.getSecret("fleet", "tls", signal)).toEqual({ ok: true, value: { "ca.pem": "rot" } });
  });

  it("distinguishes a Secret that does not exist from one that cannot be read", async () => {
    expect(await resources.getSecret("fleet", "tls", signal)).toEqual({ ok: true, value: undefined });
    server.fail(({ path }) => path === SECRET, { kind: "status", status: 403, reason: "Forbidden" }, 1_000);
    expect(await passing(resources.getSecret("fleet", "tls", signal))).toMatchObject({
      ok: false,
      failure: {
        reason: "SecretUnreadable",
        message: expect.stringMatching(/^Secret "tls" in namespace "fleet" could not be read: /),
      },
    });
  });

  it("outlasts an API server that restarts: it is away, and then forbids everything for a moment", async () => {
    server.put(SECRET, { metadata: { name: "tls", namespace: "fleet" } });
    server.fail(({ path }) => path === SECRET, { kind: "reset" }, 3);
    server.fail(({ path }) => path === SECRET, { kind: "status", status: 403, reason: "Forbidden" }, 2);
    expect(await passing(resources.getSecret("fleet", "tls", signal))).toEqual({ ok: true, value: {} });
  });
});

describe("saveStatus", () => {
  it("finishes a write during which the host changes: it is stored, and the next pass must know", async () => {
    const host = stored();
    const run = new AbortController();
    const saved = resources.saveStatus(host, "connection", { observedGeneration: 1 }, run.signal);
    run.abort(new Interrupted("the host changed"));
    await saved;
    expect(hosts.get(KEY)?.status).toEqual({ observedGeneration: 1 });
  });

  it.each([
    ["the program stops", new ShuttingDown()],
    ["its deadline passes", new DeadlineExceeded("connection", 60_000)],
  ])("is cut off where %s after the host has changed", async (_, reason) => {
    const [run, stop] = [new AbortController(), new AbortController()];
    const saved = resources.saveStatus(stored(), "connection", { observedGeneration: 1 }, run.signal);
    run.abort(new Interrupted("the host changed", stop.signal));
    stop.abort(reason);
    await expect(saved).rejects.toThrow("The status could not be saved");
  });

  it("is cut off where the program stops", async () => {
    const run = new AbortController();
    const saved = resources.saveStatus(stored(), "connection", { observedGeneration: 1 }, run.signal);
    run.abort(new ShuttingDown());
    await expect(saved).rejects.toThrow("The status could not be saved");
  });

  it("says whether it was stored, and stores an intent only on the host that the caller saw", async () => {
    const host = stored();
    const intent = (options: object = {}) =>
      resources.saveStatus(host, "updates", { updates: { total: 1 } }, signal, { onlyIfUnchanged: true, ...options });
    expect(await intent()).toBe("stored");
    expect(await resources.saveStatus(host, "connection", { observedGeneration: 1 }, signal)).toBe("stored");
    expect(await intent()).toBe("changed");
    expect(await intent({ onlyIfUnchanged: false })).toBe("stored");
    const now = hosts.get(KEY);
    if (now === undefined) throw new Error("the host is gone");
    const fresh = { onlyIfUnchanged: true };
    expect(await resources.saveStatus(now, "updates", { updates: { total: 2 } }, signal, fresh)).toBe("stored");
    hosts.remove(KEY);
    expect(await intent()).toBe("gone");
  });

  it("applies each owner's part under its own name", async () => {
    const host = stored();
    await resources.saveStatus(host, "connection", { observedGeneration: 1 }, signal);
    await resources.saveStatus(host, "updates", { updates: { total: 1 } }, signal);
    expect(patches().map(({ path, query, body }) => [path, query.get("fieldManager"), body])).toMatchObject([
      [`${HOST}/status`, "dockerhost-connection", { status: { observedGeneration: 1 } }],
      [`${HOST}/status`, "dockerhost-updates", { status: { updates: { total: 1 } } }],
    ]);
  });

  it("makes the answer visible in the store immediately", async () => {
    await resources.saveStatus(stored(), "connection", { observedGeneration: 1 }, signal);
    expect(resources.getHost(KEY)?.status).toEqual({ observedGeneration: 1 });
  });

  it("skips a write that would change nothing", async () => {
    const host = stored();
    for (let pass = 0; pass < 2; pass++)
      await resources.saveStatus(host, "connection", { observedGeneration: 1 }, signal);
    expect(patches().length).toBe(1);
  });

  it("rejects when the API server refuses, so that the reconcile is tried again", async () => {
    const host = stored();
    server.fail(({ method }) => method === "PATCH", { kind: "status", status: 422, reason: "Invalid" });
    await expect(resources.saveStatus(host, "connection", {}, signal)).rejects.toThrow(
      "The status could not be saved: ",
    );
  });

  it("does not move what was stored though no answer arrived, and continues once the store has it", async () => {
    const host = stored();
    server.fail(({ method }) => method === "PATCH", { kind: "lost answer" });
    server.fail(({ method }) => method === "PATCH", { kind: "reset" }, 10);
    await expect(
      passing(resources.saveStatus(host, "connection", { observedGeneration: 1 }, signal)),
    ).rejects.toThrow();
    server.forgive();
    const arrived = server.get(HOST);
    expect(arrived?.status).toEqual({ observedGeneration: 1 });
    // Made from what the store has, in which the first write is missing.
    const later = { observedGeneration: 1, engine: { name: "later" } };
    await expect(resources.saveStatus(host, "connection", later, signal)).rejects.toThrow(
      "no answer to the last write",
    );
    expect(server.get(HOST)).toEqual(arrived);
    // Also if the watch brings it only during the pass.
    const after = toApiObject<DockerHostStatus>(DOCKER_HOST, arrived ?? expect.fail("gone"));
    hosts.upsert(after);
    await expect(resources.saveStatus(host, "connection", later, signal)).rejects.toThrow(
      "no answer to the last write",
    );
    expect(await resources.saveStatus(after, "connection", later, signal)).toBe("stored");
  });

  it("remembers nothing of a host that is deleted while the answer is on its way", async () => {
    const host = stored();
    server.fail(({ method }) => method === "PATCH", { kind: "reset" }, 10);
    const saving = resources.saveStatus(host, "connection", { observedGeneration: 1 }, signal);
    hosts.remove(KEY);
    await expect(passing(saving)).rejects.toThrow();
    server.forgive();
    server.delete(HOST);
    expect(await resources.saveStatus(stored(), "connection", { observedGeneration: 1 }, signal)).toBe("stored");
    expect(patches().at(-1)?.body).not.toHaveProperty("metadata.resourceVersion");
  });

  it("is not held up by changes outside of the status after a write without an answer", async () => {
    const host = stored();
    server.fail(({ method }) => method === "PATCH", { kind: "reset" }, 10);
    await expect(
      passing(resources.saveStatus(host, "connection", { observedGeneration: 1 }, signal)),
    ).rejects.toThrow();
    server.forgive();
    const metadata = { ...host.metadata, labels: { team: "a" } };
    hosts.upsert(toApiObject<DockerHostStatus>(DOCKER_HOST, server.put(HOST, { metadata })));
    expect(await resources.saveStatus(host, "connection", { observedGeneration: 1 }, signal)).toBe("stored");
  });

  it("writes nothing once another process leads, or the pass was cut short", async () => {
    const host = stored();
    leads = false;
    await expect(resources.saveStatus(host, "connection", {}, signal)).rejects.toThrow("this process no longer leads");
    leads = true;
    const cut = AbortSignal.abort(new Error("the host changed"));
    await expect(resources.saveStatus(host, "connection", {}, cut)).rejects.toThrow("the host changed");
    expect(patches()).toEqual([]);
  });

  it("sends no event about a host that is gone, nor about a new host of the same name", async () => {
    const host = stored();
    server.delete(HOST);
    await resources.saveStatus(host, "connection", {}, signal);
    hosts.remove(KEY);
    const before = patches().length;
    // It may as well have gone to another controller, for its labels.
    await resources.saveStatus(host, "connection", {}, signal);
    expect(patches().length).toBe(before);
    stored();
    await resources.saveStatus(host, "connection", {}, signal);
    expect(patches().length).toBe(before);
  });
});

describe("recordEvent", () => {
  it("writes an event about the host", async () => {
    resources.recordEvent(stored(), { type: "Normal", reason: "Succeeded", action: "Connect", message: "Connected" });
    await eventually(() => expect(server.requests.some(({ method }) => method === "POST")).toBe(true));
    expect(server.requests.find(({ method }) => method === "POST")?.body).toMatchObject({
      regarding: { apiVersion: "dockerhost.dev/v1alpha1", kind: "DockerHost", namespace: "fleet", name: "edge-7" },
      type: "Normal",
      reason: "Succeeded",
      note: "Connected",
    });
  });
});

describe("objectsInCluster of a second kind", () => {
  const ERRAND_PATH = "/apis/dockerhost.dev/v1alpha1/namespaces/fleet/errands/edge-7";

  it("stores a status under the kind's own field manager, and writes events about it", async () => {
    const store = new Store<ApiObject<ErrandStatus>>();
    const random = () => 0;
    const reporting = { reportingController: "dockerhost.dev/controller", reportingInstance: "test" };
    const recorder = new EventRecorder({ client, clock, random, logger: silentLogger, ...reporting });
    const errands = objectsInCluster(ERRAND, store, { client, clock, random, recorder });
    const raw = server.put(ERRAND_PATH, { metadata: { name: "edge-7", namespace: "fleet", generation: 1 } });
    const errand = toApiObject<ErrandStatus>(ERRAND, raw);
    store.upsert(errand);
    expect(await errands.saveStatus(errand, "runner", { phase: "Done" }, signal)).toBe("stored");
    expect(errands.get(KEY)).toMatchObject({ kind: "Errand", status: { phase: "Done" } });
    expect(patches()).toMatchObject([{ path: `${ERRAND_PATH}/status`, body: { kind: "Errand" } }]);
    expect(patches()[0]?.query.get("fieldManager")).toBe("dockerhost-runner");
    errands.recordEvent(errand, { type: "Normal", reason: "Succeeded", action: "Run", message: "Done" });
    await eventually(() => expect(server.requests.some(({ method }) => method === "POST")).toBe(true));
    const event = server.requests.find(({ method }) => method === "POST");
    expect(event?.body).toMatchObject({ regarding: { kind: "Errand", name: "edge-7" }, note: "Done" });
  });
});

describe("toApiObject", () => {
  it("keeps what is read, and not what is large", () => {
    const marks = { labels: { c: "d" }, annotations: { a: "b" } };
    const metadata = { name: "edge-7", namespace: "fleet", uid: "1", generation: 2, ...marks };
    const raw = { metadata: { ...metadata, managedFields: [{}] }, spec: { host: "x" } };
    expect(toApiObject(DOCKER_HOST, raw)).toEqual({
      apiVersion: "dockerhost.dev/v1alpha1",
      kind: "DockerHost",
      metadata,
      spec: { host: "x" },
    });
  });

  it("refuses what is not a namespaced object with a generation", () => {
    expect(() => toApiObject(DOCKER_HOST, { metadata: { name: "edge-7" } })).toThrow(TypeError);
  });
});

describe("toSecretVersion", () => {
  it("keeps nothing in which kubectl or others may have put what the Secret holds", () => {
    const kept = { name: "edge-7-tls", namespace: "fleet", uid: "1", resourceVersion: "7" };
    const applied = { "kubectl.kubernetes.io/last-applied-configuration": '{"stringData":{"key.pem":"secret"}}' };
    const metadata = { ...kept, annotations: applied, labels: { team: "a" }, managedFields: [{}], generateName: "x" };
    expect(toSecretVersion({ metadata })).toEqual({ metadata: kept });
  });
});
