import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { eventually } from "../../test/support/eventually.ts";
import { FakeApiServer } from "../../test/support/fake-api-server.ts";
import { FakeClock } from "../../test/support/fake-clock.ts";
import { failure } from "../common/result.ts";
import { ApiClient } from "./api-client.ts";

const HOSTS = "/apis/example.com/v1/hosts";
const EDGE = "/api/v1/namespaces/fleet/secrets/edge";
const signal = new AbortController().signal;

let server: FakeApiServer;
let clock: FakeClock;
let client: ApiClient;

beforeEach(async () => {
  server = new FakeApiServer();
  await server.start();
  clock = new FakeClock();
  client = new ApiClient({ cluster: server.cluster, clock, userAgent: "test/1" });
});

afterEach(async () => {
  await client.close();
  await server.stop();
});

describe("a call", () => {
  it("returns the object, and sends our credentials", async () => {
    server.put(EDGE, { metadata: { name: "edge", namespace: "fleet" } });
    expect(await client.get(EDGE, { signal })).toMatchObject({ ok: true, value: { metadata: { name: "edge" } } });
    expect(server.requests[0]?.headers).toMatchObject({ authorization: "Bearer canary-token", "user-agent": "test/1" });
  });

  it("requests only metadata", async () => {
    await client.get(EDGE, { signal, accept: "metadata" });
    await client.list("/api/v1/secrets", { signal, accept: "metadata" });
    expect(server.requests.map((request) => request.headers.accept)).toEqual([
      "application/json;as=PartialObjectMetadata;g=meta.k8s.io;v=v1",
      "application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1",
    ]);
  });

  it("lists page by page", async () => {
    for (const name of ["a", "b", "c"]) server.put(`${HOSTS}/${name}`, { metadata: { name } });
    const first = await client.list(HOSTS, { signal, limit: 2, labelSelector: "a=b" });
    expect(first).toMatchObject({ ok: true, value: { items: [{}, {}], resourceVersion: "103", continue: "2" } });
    const last = await client.list(HOSTS, { signal, limit: 2, continue: "2" });
    expect(last).toMatchObject({ ok: true, value: { items: [{ metadata: { name: "c" } }] } });
    expect(last).not.toHaveProperty("value.continue");
    expect(server.requests[0]?.query.get("labelSelector")).toBe("a=b");
  });

  it("recognizes the empty list of metadata", async () => {
    const text = '{"kind":"PartialObjectMetadataList","metadata":{"resourceVersion":"7"},"items":null}';
    server.fail(() => true, { kind: "body", text });
    expect(await client.list(HOSTS, { signal, accept: "metadata" })).toEqual({
      ok: true,
      value: { items: [], resourceVersion: "7" },
    });
  });

  it("applies as YAML that is JSON, with the field manager in the query", async () => {
    server.put(EDGE, { metadata: { name: "edge" } });
    const body = { metadata: { name: "edge" }, status: { ready: true } };
    const result = await client.apply(`${EDGE}/status`, body, { signal, fieldManager: "example.com/x", force: true });
    expect(result).toMatchObject({ ok: true, value: { status: { ready: true } } });
    expect(server.requests[0]).toMatchObject({
      method: "PATCH",
      headers: { "content-type": "application/apply-patch+yaml" },
      body,
    });
    expect(String(server.requests[0]?.query)).toBe("fieldManager=example.com%2Fx&force=true");
  });

  it("creates, and fails if it exists already", async () => {
    const object = { metadata: { name: "a" } };
    expect(await client.create(HOSTS, object, { signal })).toMatchObject({ ok: true });
    expect(await client.create(HOSTS, object, { signal })).toMatchObject({ failure: { kind: "AlreadyExists" } });
  });

  it("keeps its connections for the next", async () => {
    const ports = new Set<number | undefined>();
    server.put(EDGE, { metadata: { name: "edge" } });
    for (let i = 0; i < 20; i++) {
      await client.get(EDGE, { signal });
      ports.add(server.requests.at(-1)?.remotePort);
    }
    // Two: the pool takes a second when it is asked before it has seen the end of an answer.
    expect(ports.size).toBeLessThanOrEqual(2);
  });

  it("does not queue behind open watches", async () => {
    server.put(EDGE, { metadata: { name: "edge" } });
    const stop = new AbortController();
    const options = { signal: stop.signal, resourceVersion: "0", timeoutSeconds: 300, inactivityMs: 30_000 };
    const watches = await Promise.all(Array.from({ length: 30 }, () => client.watch(HOSTS, options)));
    expect(watches.every((watch) => watch.ok)).toBe(true);
    expect(await client.get(EDGE, { signal })).toMatchObject({ ok: true });
    stop.abort();
  });

  it("reads a server's refusal", async () => {
    server.fail(() => true, { kind: "status", status: 429, reason: "TooManyRequests", retryAfter: 2 });
    expect(await client.get(EDGE, { signal })).toEqual({
      ok: false,
      failure: {
        kind: "TooManyRequests",
        status: 429,
        retryAfterMs: 2_000,
        message: `GET ${EDGE}: 429: the fake says TooManyRequests`,
      },
    });
  });

  it.each(["<html>", "[]", "{}", '{"metadata":{}}', ""])("takes %j for no answer of an API server", async (text) => {
    server.fail(() => true, { kind: "body", text }, 3);
    expect(await client.get(EDGE, { signal })).toMatchObject({ failure: { kind: "BadResponse" } });
    const whole = await client.readAll(HOSTS, { signal, take: () => undefined });
    expect(whole).toMatchObject({
      failure: { kind: "BadResponse", message: `GET ${HOSTS}: the answer is not a list` },
    });
    expect(await client.list(HOSTS, { signal })).toMatchObject({ failure: { kind: "BadResponse" } });
  });

  it("bounds what it reads", async () => {
    server.fail(() => true, { kind: "body", text: " ".repeat(17 * 1024 * 1024) });
    expect(await client.get(EDGE, { signal })).toMatchObject({ failure: { kind: "TooLarge" } });
  });

  it("repeats a read whose connection was reset, once, and never a write", async () => {
    server.put(EDGE, { metadata: { name: "edge" } });
    server.fail(() => true, { kind: "reset" });
    expect(await client.get(EDGE, { signal })).toMatchObject({ ok: true });
    server.fail(() => true, { kind: "reset" }, 3);
    expect(await client.get(EDGE, { signal })).toMatchObject({ failure: { kind: "Network" } });
    expect(await client.create(HOSTS, { metadata: { name: "a" } }, { signal })).toMatchObject({
      failure: { kind: "Network" },
    });
    expect(server.requests).toHaveLength(5);
  });

  it("ends at its deadline when nothing is answered", async () => {
    server.fail(() => true, { kind: "stall" });
    const calling = client.get(EDGE, { signal, timeoutMs: 5_000 });
    await eventually(() => expect(server.requests).toHaveLength(1));
    await clock.advance(5_000);
    expect(await calling).toMatchObject({
      failure: { kind: "Timeout", message: `GET ${EDGE}: no answer within 5000 ms` },
    });
    expect(clock.pending).toBe(0);
  });

  it("ends a list of which nothing has arrived for a while", async () => {
    server.fail(() => true, { kind: "stall" });
    const reading = client.readAll(HOSTS, { signal, take: () => undefined });
    await eventually(() => expect(server.requests).toHaveLength(1));
    await clock.advance(30_000);
    expect(await reading).toMatchObject({ failure: { kind: "Timeout" } });
    expect(clock.pending).toBe(0);
  });

  it("ends when its signal fires", async () => {
    server.fail(() => true, { kind: "stall" });
    const stop = new AbortController();
    const calling = client.get(EDGE, { signal: stop.signal });
    await eventually(() => expect(server.requests).toHaveLength(1));
    stop.abort();
    expect(await calling).toMatchObject({ failure: { kind: "Aborted" } });
    expect(await client.get(EDGE, { signal: stop.signal })).toMatchObject({ failure: { kind: "Aborted" } });
  });

  it("fails when nobody listens", async () => {
    await server.stop();
    expect(await client.get(EDGE, { signal })).toMatchObject({ failure: { kind: "Network" } });
    await server.start();
  });
});

describe("credentials", () => {
  it("are read again after a while, and immediately after a 401", async () => {
    let reads = 0;
    const { server: url } = server.cluster;
    const credentials = async () => {
      const headers = { authorization: `Bearer ${++reads}` };
      return { ok: true as const, value: { headers, tls: { rejectUnauthorized: true } } };
    };
    const own = new ApiClient({ cluster: { server: url, credentials }, clock, userAgent: "test/1" });
    await own.get(EDGE, { signal });
    await own.get(EDGE, { signal });
    await clock.advance(10_000);
    server.fail(() => true, { kind: "status", status: 401 });
    await own.get(EDGE, { signal });
    await own.get(EDGE, { signal });
    const sent = server.requests.map((request) => request.headers.authorization);
    expect(sent).toEqual(["Bearer 1", "Bearer 1", "Bearer 2", "Bearer 3"]);
    await own.close();
  });

  it("that change give new connections, while what runs on the old ones continues", async () => {
    let ca = "old";
    const credentials = async () => ({
      ok: true as const,
      value: { headers: {}, tls: { ca, rejectUnauthorized: true } },
    });
    const cluster = { server: server.cluster.server, credentials };
    const own = new ApiClient({ cluster, clock, userAgent: "test/1" });
    const options = { signal, resourceVersion: "100", timeoutSeconds: 300, inactivityMs: 30_000 };
    await own.get(EDGE, { signal });
    const watch = await own.watch(HOSTS, options);
    ca = "new";
    await clock.advance(10_000);
    await own.get(EDGE, { signal });
    const [before, , after] = server.requests;
    expect(after?.remotePort).not.toBe(before?.remotePort);
    server.put(`${HOSTS}/a`, { metadata: { name: "a" } });
    expect(watch.ok && (await watch.value.next())).toMatchObject({ value: { ok: true } });
    await own.close();
  });

  it("that cannot be read are the call's failure, and that never come end with its deadline", async () => {
    const { server: url } = server.cluster;
    const none = { server: url, credentials: async () => failure("no token (ENOENT)") };
    const refused = new ApiClient({ cluster: none, clock, userAgent: "test/1" });
    expect(await refused.get(EDGE, { signal })).toEqual({
      ok: false,
      failure: { kind: "Unauthorized", message: `GET ${EDGE}: no token (ENOENT)` },
    });
    const hanging = { server: url, credentials: () => new Promise<never>(() => {}) };
    const calling = new ApiClient({ cluster: hanging, clock, userAgent: "test/1" }).get(EDGE, { signal });
    await clock.advance(30_000);
    expect(await calling).toMatchObject({ failure: { kind: "Timeout" } });
  });
});
