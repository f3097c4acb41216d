import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { eventually } from "../../test/support/eventually.ts";
import { FakeApiServer } from "../../test/support/fake-api-server.ts";
import { FakeClock } from "../../test/support/fake-clock.ts";
import { MemoryLogger } from "../../test/support/memory-logger.ts";
import { ApiClient } from "./api-client.ts";
import type { EventInput } from "./event-input.ts";
import { EventRecorder } from "./event-recorder.ts";

const EVENTS = "/apis/events.k8s.io/v1/namespaces/fleet/events";
const signal = new AbortController().signal;

let server: FakeApiServer;
let clock: FakeClock;
let client: ApiClient;
let logger: MemoryLogger;
let recorder: EventRecorder;

beforeEach(async () => {
  server = new FakeApiServer();
  await server.start();
  clock = new FakeClock(Date.parse("2026-03-04T05:06:07.089Z"));
  client = new ApiClient({ cluster: server.cluster, clock, userAgent: "test/1" });
  logger = new MemoryLogger();
  recorder = new EventRecorder({
    client,
    clock,
    random: () => 0.5,
    logger,
    reportingController: "example.com/hosts",
    reportingInstance: `pod-${"x".repeat(200)}`,
  });
});

afterEach(async () => {
  await client.close();
  await server.stop();
});

function event(more: Partial<EventInput> = {}): EventInput {
  const regarding = { apiVersion: "example.com/v1", kind: "Host", namespace: "fleet", name: "edge-7", uid: "u-1" };
  return { regarding, type: "Warning", reason: "Refused", action: "Connect", note: "It said no.", ...more };
}

interface SentEvent {
  readonly metadata: { readonly name: string };
  readonly reportingInstance: string;
}

function bodyOf(request: number): SentEvent {
  const body = server.requests[request]?.body;
  return body as SentEvent;
}

const sent = (count: number) => eventually(() => expect(server.requests).toHaveLength(count));

describe("EventRecorder", () => {
  it("writes an event as the API server wants it", async () => {
    recorder.record(event());
    await sent(1);
    expect(server.requests[0]).toMatchObject({
      method: "POST",
      path: EVENTS,
      body: {
        apiVersion: "events.k8s.io/v1",
        kind: "Event",
        metadata: { namespace: "fleet", name: expect.stringMatching(/^edge-7\.[0-9a-f]+$/) },
        eventTime: "2026-03-04T05:06:07.089000Z",
        reportingController: "example.com/hosts",
        regarding: event().regarding,
        type: "Warning",
        reason: "Refused",
        action: "Connect",
        note: "It said no.",
      },
    });
    const body = bodyOf(0);
    expect(Buffer.byteLength(body.reportingInstance)).toBe(128);
    expect(body).not.toHaveProperty("series");
  });

  it("counts up the event that is there when the same happens again", async () => {
    recorder.record(event());
    await sent(1);
    await clock.advance(60_000);
    recorder.record(event());
    await sent(2);
    const { metadata } = bodyOf(0);
    expect(server.requests[1]).toMatchObject({
      method: "PATCH",
      path: `${EVENTS}/${metadata.name}`,
      body: { series: { count: 2, lastObservedTime: "2026-03-04T05:07:07.089000Z" } },
    });
  });

  it("writes another event for another note, another object, or after ten minutes", async () => {
    recorder.record(event());
    recorder.record(event({ note: "It said no again." }));
    recorder.record(event({ regarding: { ...event().regarding, uid: "u-2" } }));
    await sent(3);
    await clock.advance(10 * 60_000);
    recorder.record(event());
    await sent(4);
    expect(server.requests.map((request) => request.method)).toEqual(["POST", "POST", "POST", "POST"]);
  });

  it("writes once what happened many times before its turn", async () => {
    for (let i = 0; i < 20; i++) recorder.record(event());
    await recorder.flush(signal);
    expect(server.requests).toHaveLength(2);
    expect(server.requests[1]).toMatchObject({ body: { series: { count: 20 } } });
  });

  it("creates the event again when it has been deleted meanwhile", async () => {
    recorder.record(event());
    await sent(1);
    const { metadata } = bodyOf(0);
    server.delete(`${EVENTS}/${metadata.name}`);
    recorder.record(event());
    await sent(3);
    expect(server.requests[2]).toMatchObject({ method: "POST", body: { series: { count: 2 } } });
  });

  it("tries again when the API server is away, and takes its own earlier try for success", async () => {
    server.fail(() => true, { kind: "reset" }, 2);
    recorder.record(event());
    await eventually(async () => {
      await clock.advance(100);
      expect(server.requests).toHaveLength(3);
    });
    expect(logger.lines).toEqual([]);
    server.fail((request) => request.method === "POST", { kind: "status", status: 409, reason: "AlreadyExists" });
    recorder.record(event({ note: "other" }));
    await recorder.flush(signal);
    expect(logger.lines).toEqual([]);
  });

  it("tries again twice what is forbidden, as everything is by an API server that starts", async () => {
    server.fail(() => true, { kind: "status", status: 403, reason: "Forbidden" }, 5);
    recorder.record(event());
    recorder.record(event({ note: "other" }));
    await eventually(async () => {
      await clock.advance(100);
      expect(server.requests).toHaveLength(6);
    });
    await recorder.flush(signal);
    expect(logger.lines).toMatchObject([{ level: "warn", fields: { name: "edge-7", reason: "Refused" } }]);
  });

  it("drops with a log line what the API server refuses", async () => {
    server.fail(() => true, { kind: "status", status: 422, reason: "Invalid" });
    recorder.record(event());
    recorder.record(event({ note: "other" }));
    await recorder.flush(signal);
    expect(logger.lines).toMatchObject([{ level: "warn", fields: { name: "edge-7", reason: "Refused" } }]);
    expect(server.requests).toHaveLength(2);
  });

  it("gives up on a server that does not answer, and bounds what waits for it", async () => {
    server.fail(() => true, { kind: "stall" }, 10_000);
    const { regarding } = event();
    for (let i = 0; i < 1_010; i++) recorder.record(event({ regarding: { ...regarding, name: `edge-${i}` } }));
    expect(logger.lines).toHaveLength(9);
    const hurry = new AbortController();
    const flushing = recorder.flush(hurry.signal);
    await sent(1);
    await clock.advance(10_000);
    await sent(2);
    hurry.abort();
    await flushing;
    expect(server.requests).toHaveLength(2);
    expect(logger.lines).toHaveLength(1_010);
    recorder.record(event());
    expect(clock.pending).toBe(0);
  });

  it("has a queue for each namespace, and gives them their turns", async () => {
    const of = (namespace: string, index: number) =>
      event({
        regarding: { ...event().regarding, namespace, name: `${namespace}-${index}`, uid: `${namespace}-${index}` },
      });
    for (let index = 0; index < 1_200; index++) recorder.record(of("greedy", index));
    recorder.record(of("victim", 0));
    const names = () => server.requests.map(({ body }) => (body as SentEvent).metadata.name.split(".")[0]);
    await eventually(() => expect(names()).toContain("victim-0"));
    expect(names().indexOf("victim-0")).toBeLessThanOrEqual(2);
    const dropped = logger.lines.filter(({ fields }) => fields.why === "too many events are queued");
    expect(new Set(dropped.map(({ fields }) => fields.namespace))).toEqual(new Set(["greedy"]));
    await recorder.flush(AbortSignal.abort(new Error("enough")));
  });

  it("has room for the events of one more namespace, no matter how many have filled their queues", async () => {
    const of = (namespace: string, index: number) =>
      event({ regarding: { ...event().regarding, namespace, name: `${namespace}-${index}`, uid: `${index}` } });
    for (let greedy = 0; greedy < 12; greedy++)
      for (let index = 0; index < 1_010; index++) recorder.record(of(`greedy-${greedy}`, index));
    const dropped = logger.lines.length;
    for (let index = 0; index < 20; index++) recorder.record(of("victim", index));
    expect(logger.lines).toHaveLength(dropped);
    await recorder.flush(AbortSignal.abort(new Error("enough")));
  });

  it("holds back what one object has too many of", async () => {
    for (let i = 0; i < 30; i++) recorder.record(event({ note: `number ${i}` }));
    await recorder.flush(signal);
    // Ten notes of their own, and the others as one, which is written at first and with its count at last.
    expect(server.requests.filter(({ method }) => method === "POST")).toHaveLength(11);
    expect(logger.lines).toHaveLength(5);
  });

  it("makes a name that the API server accepts of the longest names", async () => {
    const name = `${"a".repeat(233)}.-${"b".repeat(18)}`;
    recorder.record(event({ regarding: { ...event().regarding, name } }));
    await sent(1);
    const { metadata } = bodyOf(0);
    expect(metadata.name).toMatch(/^a{233}\.[0-9a-f]+$/);
  });
});
