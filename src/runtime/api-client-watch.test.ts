import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { eventually } from "../../test/support/eventually.ts";
import { FakeApiServer } from "../../test/support/fake-api-server.ts";
import { FakeClock } from "../../test/support/fake-clock.ts";
import { ApiClient } from "./api-client.ts";

const HOSTS = "/apis/example.com/v1/hosts";
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

describe("a watch", () => {
  const options = { signal, resourceVersion: "100", timeoutSeconds: 300, inactivityMs: 30_000 };

  async function open(stop = signal) {
    const opened = await client.watch(HOSTS, { ...options, signal: stop });
    if (!opened.ok) throw new Error(opened.failure.message);
    return opened.value;
  }

  it("gives events as they come, bookmarks too, and ends when the server ends it", async () => {
    const stream = await open();
    server.put(`${HOSTS}/a`, { metadata: { name: "a" } });
    server.put(`${HOSTS}/a`, { metadata: { name: "a", generation: 2 } });
    server.bookmark();
    server.delete(`${HOSTS}/a`);
    server.cutWatches("end");
    const seen: unknown[] = [];
    for await (const item of stream) {
      seen.push(item.ok ? [item.value.type, item.value.object.metadata.resourceVersion] : item.failure.kind);
    }
    expect(seen).toEqual([
      ["ADDED", "101"],
      ["MODIFIED", "102"],
      ["BOOKMARK", "102"],
      ["DELETED", "103"],
    ]);
    expect(String(server.requests[0]?.query)).toBe(
      "watch=true&allowWatchBookmarks=true&resourceVersion=100&timeoutSeconds=300",
    );
    expect(clock.pending).toBe(0);
  });

  it.each([
    ["reset", "Network"],
    ["truncate", "BadResponse"],
    ["garbage", "BadResponse"],
  ] as const)("that is cut by %s ends with %s", async (cut, kind) => {
    const stream = await open();
    server.cutWatches(cut);
    expect(await stream.next()).toMatchObject({ value: { failure: { kind } } });
    expect(await stream.next()).toMatchObject({ done: true });
    await eventually(() => expect(server.openWatches).toBe(0));
  });

  it("whose version is too old ends with Gone", async () => {
    server.put(`${HOSTS}/a`, { metadata: { name: "a" } });
    server.compact();
    const stream = await open();
    expect(await stream.next()).toMatchObject({ value: { failure: { kind: "Gone", status: 410 } } });
  });

  it("puts lines together from whatever pieces they come in", async () => {
    const stream = await open();
    const text = `${JSON.stringify({ type: "ADDED", object: { metadata: { name: "ä€😀" } } })}\n`;
    const bytes = Buffer.from(text + text);
    for (const byte of bytes) server.say(Buffer.of(byte));
    for (let i = 0; i < 2; i++) {
      expect(await stream.next()).toMatchObject({ value: { value: { object: { metadata: { name: "ä€😀" } } } } });
    }
    await stream.return();
    await eventually(() => expect(server.openWatches).toBe(0));
  });

  it("bounds a line", async () => {
    const stream = await open();
    const next = stream.next();
    server.say("x".repeat(17 * 1024 * 1024));
    expect(await next).toMatchObject({ value: { failure: { kind: "TooLarge" } } });
    expect(await stream.next()).toMatchObject({ done: true });
  });

  it("ends after too long a silence, which any byte interrupts", async () => {
    const stream = await open();
    const first = stream.next();
    await clock.advance(29_000);
    server.bookmark();
    expect(await first).toMatchObject({ value: { ok: true } });
    const second = stream.next();
    await clock.advance(29_000);
    await clock.advance(1_000);
    expect(await second).toMatchObject({ value: { failure: { kind: "Timeout" } } });
    expect(clock.pending).toBe(0);
    await eventually(() => expect(server.openWatches).toBe(0));
  });

  it("closes its connection when its signal fires", async () => {
    const stop = new AbortController();
    const stream = await open(stop.signal);
    const next = stream.next();
    stop.abort();
    expect(await next).toMatchObject({ value: { failure: { kind: "Aborted" } } });
    await eventually(() => expect(server.openWatches).toBe(0));
  });

  it("that is refused gives the refusal and leaves nothing behind", async () => {
    server.fail(() => true, { kind: "status", status: 403, reason: "Forbidden" });
    expect(await client.watch(HOSTS, options)).toMatchObject({ failure: { kind: "Forbidden" } });
    expect(clock.pending).toBe(0);
  });
});
