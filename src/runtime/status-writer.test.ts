import { isDeepStrictEqual } from "node:util";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { eventually } from "../../test/support/eventually.ts";
import { FakeApiServer } from "../../test/support/fake-api-server.ts";
import { FakeClock } from "../../test/support/fake-clock.ts";
import { ApiClient } from "./api-client.ts";
import { contains } from "./contains.ts";
import type { KubeObject } from "./kube-object.ts";
import { StatusWriter } from "./status-writer.ts";

const EDGE = "/apis/example.com/v1/namespaces/fleet/hosts/edge";
const signal = new AbortController().signal;
const resource = { group: "example.com", version: "v1", plural: "hosts" };

let server: FakeApiServer;
let clock: FakeClock;
let client: ApiClient;
let writer: StatusWriter;

beforeEach(async () => {
  server = new FakeApiServer();
  await server.start();
  clock = new FakeClock();
  client = new ApiClient({ cluster: server.cluster, clock, userAgent: "test/1" });
  writer = new StatusWriter({ client, clock, random: () => 0, resource, kind: "Host", fieldManager: "example.com-a" });
});

afterEach(async () => {
  await client.close();
  await server.stop();
});

const patches = () => server.requests.filter((request) => request.method === "PATCH");

describe("StatusWriter, only if the object is unchanged", () => {
  const only = { onlyIfUnchanged: true };

  it("writes on the version that the caller saw", async () => {
    const current = server.put(EDGE, { metadata: { name: "edge", namespace: "fleet" } });
    const first = await writer.write(current, { intent: "a" }, signal, only);
    expect(first).toMatchObject({ ok: true, value: { kind: "written", object: { status: { intent: "a" } } } });
    expect(patches()[0]?.body).toMatchObject({ metadata: { resourceVersion: current.metadata.resourceVersion } });
  });

  it("writes nothing, and does not try again, once anybody has changed it", async () => {
    const current = server.put(EDGE, { metadata: { name: "edge", namespace: "fleet" } });
    server.put(EDGE, { metadata: { name: "edge", namespace: "fleet", labels: { a: "b" } } });
    expect(await writer.write(current, { intent: "a" }, signal, only)).toEqual({
      ok: true,
      value: { kind: "changed" },
    });
    expect(patches()).toHaveLength(1);
    const now = await writer.write(current, { ready: true }, signal);
    expect(now).toMatchObject({ ok: true, value: { kind: "written", object: { status: { ready: true } } } });
  });

  it("asks the server also where the same status was written before", async () => {
    const current = server.put(EDGE, { metadata: { name: "edge", namespace: "fleet" } });
    const written = await writer.write(current, { intent: "a" }, signal);
    if (!written.ok || written.value.kind !== "written") throw new Error("not written");
    server.put(EDGE, { ...written.value.object, metadata: { ...written.value.object.metadata, labels: { a: "b" } } });
    const again = await writer.write(written.value.object, { intent: "a" }, signal, only);
    expect(again).toEqual({ ok: true, value: { kind: "changed" } });
  });

  it("says that an object is gone", async () => {
    const current = server.put(EDGE, { metadata: { name: "edge", namespace: "fleet" } });
    server.delete(EDGE);
    expect(await writer.write(current, { intent: "a" }, signal, only)).toEqual({ ok: true, value: { kind: "gone" } });
  });
});

describe("StatusWriter, after a write of which no answer arrived", () => {
  const put = () => server.put(EDGE, { metadata: { name: "edge", namespace: "fleet" } });
  const writeLost = async (current: KubeObject, fault: "lost answer" | "reset") => {
    server.fail(({ method }) => method === "PATCH", { kind: fault }, 10);
    const stop = new AbortController();
    const writing = writer.write(current, { since: 1 }, stop.signal);
    await eventually(() => expect(patches()).toHaveLength(1));
    stop.abort();
    expect(await writing).toMatchObject({ ok: false });
    server.forgive();
  };

  it("does not write over what it stored, but asks for the version that it left", async () => {
    const current = put();
    await writeLost(current, "lost answer");
    expect(server.get(EDGE)?.status).toEqual({ since: 1 });
    expect(writer.isUnsure("fleet/edge")).toBe(true);
    expect(await writer.write(current, { since: 2 }, signal)).toEqual({ ok: true, value: { kind: "changed" } });
    expect(server.get(EDGE)?.status).toEqual({ since: 1 });
    const arrived = server.get(EDGE) ?? current;
    expect(await writer.write(arrived, { since: 1, seen: 2 }, signal)).toMatchObject({ value: { kind: "written" } });
    expect(writer.isUnsure("fleet/edge")).toBe(false);
  });

  it("writes if it was not stored", async () => {
    const current = put();
    await writeLost(current, "reset");
    expect(await writer.write(current, { since: 2 }, signal)).toMatchObject({ value: { kind: "written" } });
    expect(patches().at(-1)?.body).toMatchObject({
      metadata: { resourceVersion: current.metadata.resourceVersion },
    });
    expect(await writer.write(current, { since: 3 }, signal)).toMatchObject({ value: { kind: "written" } });
    expect(patches().at(-1)?.body).not.toHaveProperty("metadata.resourceVersion");
  });

  it("is sure again about an object of the same name that is created later, and about one that was refused", async () => {
    await writeLost(put(), "lost answer");
    writer.forget("fleet/edge");
    expect(writer.isUnsure("fleet/edge")).toBe(false);
    server.fail(() => true, { kind: "status", status: 422, reason: "Invalid" });
    await writer.write(server.get(EDGE) ?? put(), { since: 1 }, signal);
    expect(writer.isUnsure("fleet/edge")).toBe(false);
  });
});

describe("StatusWriter", () => {
  it("applies the whole status under its own name", async () => {
    const current = server.put(EDGE, { metadata: { name: "edge", namespace: "fleet" } });
    const result = await writer.write(current, { ready: true }, signal);
    expect(result).toMatchObject({ ok: true, value: { kind: "written", object: { status: { ready: true } } } });
    expect(patches()).toMatchObject([
      {
        path: `${EDGE}/status`,
        body: {
          apiVersion: "example.com/v1",
          kind: "Host",
          metadata: { name: "edge", namespace: "fleet" },
          status: { ready: true },
        },
      },
    ]);
    expect(String(patches()[0]?.query)).toBe("fieldManager=example.com-a&force=true");
  });

  it("writes nothing when nothing changed, and again when it did", async () => {
    const current = server.put(EDGE, { metadata: { name: "edge", namespace: "fleet" } });
    const first = await writer.write(current, { ready: true }, signal);
    if (!first.ok || first.value.kind !== "written") throw new Error("not written");
    const { object } = first.value;
    expect(await writer.write(object, { ready: true }, signal)).toMatchObject({ value: { kind: "unchanged" } });
    expect(await writer.write(object, { ready: false }, signal)).toMatchObject({ value: { kind: "written" } });
    expect(patches()).toHaveLength(2);
  });

  it("sees no change in the same fields in another order: the server returns its own order", async () => {
    const current = server.put(EDGE, { metadata: { name: "edge", namespace: "fleet" } });
    const first = await writer.write(current, { engine: { name: "Docker", id: "1" } }, signal);
    if (!first.ok || first.value.kind !== "written") throw new Error("not written");
    const again = await writer.write(first.value.object, { engine: { id: "1", name: "Docker" } }, signal);
    expect(again).toMatchObject({ value: { kind: "unchanged" } });
    expect(patches()).toHaveLength(1);
  });

  it("writes again what another writer changed, and what it was made to forget", async () => {
    const current = server.put(EDGE, { metadata: { name: "edge", namespace: "fleet" } });
    await writer.write(current, { ready: true }, signal);
    const changed = server.put(EDGE, { ...current, status: { ready: false } });
    expect(await writer.write(changed, { ready: true }, signal)).toMatchObject({ value: { kind: "written" } });
    const written = server.get(EDGE);
    writer.forget("fleet/edge");
    expect(await writer.write(written ?? changed, { ready: true }, signal)).toMatchObject({
      value: { kind: "written" },
    });
    expect(patches()).toHaveLength(3);
  });

  it("does not count an object that is gone as a failure", async () => {
    const current = server.put(EDGE, { metadata: { name: "edge", namespace: "fleet" } });
    server.delete(EDGE);
    expect(await writer.write(current, { ready: true }, signal)).toEqual({ ok: true, value: { kind: "gone" } });
  });

  it("treats an object as gone whose successor of the same name got the status, and writes all of the successor's own", async () => {
    const current = server.put(EDGE, { metadata: { name: "edge", namespace: "fleet" } });
    server.delete(EDGE);
    server.put(EDGE, { metadata: { name: "edge", namespace: "fleet" } });
    expect(await writer.write(current, { ready: true }, signal)).toEqual({ ok: true, value: { kind: "gone" } });
    const namesake = server.get(EDGE) ?? current;
    expect(await writer.write(namesake, { ready: true }, signal)).toMatchObject({ value: { kind: "written" } });
  });

  it.each([
    { kind: "status", status: 500 },
    { kind: "status", status: 409, reason: "Conflict" },
    { kind: "status", status: 429, retryAfter: 1 },
    { kind: "reset" },
  ] as const)("tries again after $kind $status", async (fault) => {
    const current = server.put(EDGE, { metadata: { name: "edge", namespace: "fleet" } });
    server.fail(() => true, fault, 2);
    const writing = writer.write(current, { ready: true }, signal);
    await eventually(async () => {
      await clock.advance(500);
      expect(server.get(EDGE)?.status).toEqual({ ready: true });
    });
    expect(await writing).toMatchObject({ ok: true });
  });

  it("reports what a retry cannot fix, and a signal that fires between two tries", async () => {
    const current = server.put(EDGE, { metadata: { name: "edge", namespace: "fleet" } });
    server.fail(() => true, { kind: "status", status: 422, reason: "Invalid" });
    expect(await writer.write(current, { ready: 1 }, signal)).toMatchObject({ failure: { kind: "Invalid" } });
    server.fail(() => true, { kind: "status", status: 500 }, 10);
    const stop = new AbortController();
    const writing = writer.write(current, { ready: true }, stop.signal);
    await eventually(() => expect(patches()).toHaveLength(2));
    stop.abort();
    expect(await writing).toMatchObject({ failure: { kind: "Aborted" } });
  });

  it("does not write what the process before it wrote, unless one of its own writes may still arrive", async () => {
    const isApplied = isDeepStrictEqual;
    const shared = { client, clock, random: () => 0, resource, kind: "Host", fieldManager: "example.com-a" };
    const successor = new StatusWriter({ ...shared, isApplied });
    const current = server.put(EDGE, { metadata: { name: "edge", namespace: "fleet" }, status: { ready: true } });
    expect(await successor.write(current, { ready: true }, signal)).toMatchObject({ value: { kind: "unchanged" } });
    expect(await successor.write(current, { ready: true }, signal)).toMatchObject({ value: { kind: "unchanged" } });
    expect(patches()).toEqual([]);
    server.fail(() => true, { kind: "status", status: 422, reason: "Invalid" });
    await successor.write(current, { ready: false }, signal);
    expect(await successor.write(current, { ready: true }, signal)).toMatchObject({ value: { kind: "written" } });
  });

  it("does not skip a write after one whose arrival is unknown", async () => {
    const current = server.put(EDGE, { metadata: { name: "edge", namespace: "fleet" }, status: { ready: true } });
    await writer.write(current, { ready: true }, signal);
    server.fail(() => true, { kind: "status", status: 422, reason: "Invalid" });
    await writer.write(current, { ready: false }, signal);
    expect(await writer.write(current, { ready: true }, signal)).toMatchObject({ value: { kind: "written" } });
  });
});

describe("contains", () => {
  const ready = { type: "Ready", status: "True" };
  const other = { type: "Other", status: "False" };

  it("allows others' fields and others' conditions", () => {
    const current = { endpoint: "x", foreign: 1, engine: { name: "a", more: 2 }, conditions: [other, ready] };
    expect(contains(current, { endpoint: "x", engine: { name: "a" }, conditions: [ready] })).toBe(true);
  });

  it.each([
    { endpoint: "y" },
    { missing: 1 },
    { conditions: [{ type: "Ready", status: "False" }] },
    { conditions: [{ type: "New", status: "True" }] },
    { items: [1, 2] },
    { items: [{ a: 1 }] },
  ])("finds %j missing", (applied) => {
    expect(contains({ endpoint: "x", conditions: [ready], items: [1, 2, 3] }, applied)).toBe(false);
  });

  it("treats undefined as absent, as JSON does", () => {
    expect(contains({}, { endpoint: undefined })).toBe(true);
  });
});
