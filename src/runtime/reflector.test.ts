import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { FakeApiServer, type Fault, type WatchCut } from "../../test/support/fake-api-server.ts";
import { FakeClock } from "../../test/support/fake-clock.ts";
import { MemoryLogger } from "../../test/support/memory-logger.ts";
import { ApiClient } from "./api-client.ts";
import type { KubeObject } from "./object.ts";
import { Reflector, type ReflectorOptions } from "./reflector.ts";
import { Store } from "./store.ts";

const HOSTS = "/apis/example.com/v1/hosts";

let server: FakeApiServer;
let clock: FakeClock;
let client: ApiClient;
let store: Store<KubeObject>;
let logger: MemoryLogger;
let stop: AbortController;
let running: Promise<void>;

beforeEach(async () => {
  server = new FakeApiServer();
  await server.start();
  clock = new FakeClock();
  client = new ApiClient({ cluster: server.cluster, clock, userAgent: "test/1" });
  store = new Store<KubeObject>();
  logger = new MemoryLogger();
  stop = new AbortController();
  running = Promise.resolve();
});

afterEach(async () => {
  stop.abort();
  await running;
  await client.close();
  await server.stop();
});

function reflect(options: Partial<ReflectorOptions<KubeObject>> = {}): Reflector<KubeObject> {
  const reflector = new Reflector({ client, store, path: HOSTS, clock, random: () => 0.5, logger, ...options });
  running = reflector.run(stop.signal);
  return reflector;
}

function put(name: string, generation = 1): void {
  server.put(`${HOSTS}/${name}`, { metadata: { name, generation } });
}

const held = () => store.list().map(({ metadata }) => `${metadata.name}:${metadata.generation}`);
const lists = () => server.requests.filter((request) => !request.query.has("watch"));
const watches = () => server.requests.filter((request) => request.query.has("watch"));

/** Lets time pass, well below the inactivity limit, until the store holds this. */
async function toHold(...expected: string[]): Promise<void> {
  await passing(200, () => expect(held()).toEqual(expected));
}

/** Lets `ms` pass again and again until the expectation holds. */
async function passing(ms: number, expectation: () => void): Promise<void> {
  const attempt = async () => {
    await clock.advance(ms);
    expectation();
  };
  await vi.waitFor(attempt, { interval: 2, timeout: 5_000 });
}

const watching = () => vi.waitFor(() => expect(server.openWatches).toBe(1));

describe("Reflector", () => {
  it("lists, then follows what changes", async () => {
    put("a");
    const reflector = reflect();
    expect(reflector.hasSynced()).toBe(false);
    expect(await reflector.synced(stop.signal)).toBe(true);
    expect(held()).toEqual(["a:1"]);
    await watching();
    put("b");
    put("a", 2);
    await toHold("a:2", "b:1");
    server.delete(`${HOSTS}/a`);
    await toHold("b:1");
    expect(lists()).toHaveLength(1);
    expect(watches()[0]?.query.get("resourceVersion")).toBe("101");
    expect(watches()[0]?.query.get("timeoutSeconds")).toBe("450");
  });

  it("lists in pages", async () => {
    for (let i = 0; i < 1_001; i++) put(`host-${i}`);
    const reflector = reflect({ labelSelector: "shard=1" });
    await reflector.synced(stop.signal);
    expect(store.size).toBe(1_001);
    expect(lists().map((request) => request.query.get("continue"))).toEqual([null, "500", "1000"]);
    expect(lists().every((request) => request.query.get("labelSelector") === "shard=1")).toBe(true);
  });

  it("is not synced while the first list's changes are told", async () => {
    put("a");
    const during: boolean[] = [];
    store.subscribe(() => during.push(reflector.hasSynced()));
    const reflector = reflect();
    await reflector.synced(stop.signal);
    expect(during).toEqual([false]);
  });

  it.each(["end", "reset", "truncate", "garbage"] satisfies WatchCut[])(
    "finds what changed and what was deleted while a watch was cut by %s",
    async (cut) => {
      put("a");
      put("b");
      reflect();
      await watching();
      server.cutWatches(cut);
      server.mute = true;
      server.delete(`${HOSTS}/a`);
      put("b", 2);
      put("c");
      server.mute = false;
      await toHold("b:2", "c:1");
    },
  );

  it.each([
    { kind: "status", status: 500 },
    { kind: "status", status: 429, retryAfter: 1 },
    { kind: "status", status: 410, reason: "Expired" },
    { kind: "reset" },
    { kind: "body", text: "<html>" },
  ] satisfies Fault[])("survives $kind $status on lists and watches", async (fault) => {
    put("a");
    server.fail((request) => !request.query.has("watch"), fault, 3);
    server.fail((request) => request.query.has("watch"), fault, 2);
    const reflector = reflect();
    await toHold("a:1");
    await passing(200, () => expect(reflector.connected).toBe(true));
    put("b");
    await toHold("a:1", "b:1");
  });

  it("lists anew when the server has forgotten its version, and finds the deletions", async () => {
    put("a");
    put("b");
    reflect();
    await watching();
    server.mute = true;
    server.delete(`${HOSTS}/a`);
    server.compact();
    server.mute = false;
    await clock.advance(1_000);
    server.cutWatches("end");
    await vi.waitFor(() => expect(held()).toEqual(["b:1"]));
    expect(lists()).toHaveLength(2);
  });

  it("lists anew at once for a forgotten version, but waits when it is forgotten again and again", async () => {
    put("a");
    server.fail((request) => request.query.has("watch"), { kind: "status", status: 410, reason: "Expired" }, 1_000);
    reflect({ random: () => 0 });
    await vi.waitFor(() => expect(logger.lines).toHaveLength(2));
    await clock.advance(800);
    await vi.waitFor(() => expect(logger.lines).toHaveLength(3));
    expect(logger.lines.map((line) => line.fields.retryMs)).toEqual([0, 800, 1_600]);
  });

  it("begins the list anew when a page's token is too old", async () => {
    for (let i = 0; i < 501; i++) put(`host-${i}`);
    const isNext = (request: { query: URLSearchParams }) => request.query.has("continue");
    server.fail(isNext, { kind: "status", status: 410, reason: "Expired" }, 1);
    reflect();
    await passing(200, () => expect(store.size).toBe(501));
    expect(lists().map(({ query }) => query.has("continue"))).toEqual([false, true, false, true]);
  });

  describe("after etcd was restored from a backup", () => {
    it("lists anew, and takes what is older for what it is", async () => {
      const { metadata } = server.put(`${HOSTS}/a`, { metadata: { name: "a", generation: 1 } });
      const backup = server.put(`${HOSTS}/b`, { metadata: { name: "b", generation: 1 } });
      reflect();
      await watching();
      for (let generation = 2; generation < 9; generation++) put("a", generation);
      put("c");
      await toHold("a:8", "b:1", "c:1");
      await server.stop();
      server.rewind(Number(backup.metadata.resourceVersion));
      server.put(`${HOSTS}/a`, { metadata: { name: "a", uid: metadata.uid, generation: 3 } });
      await clock.advance(800);
      await server.start();
      await toHold("a:3", "b:1");
      put("a", 4);
      await toHold("a:4", "b:1");
    });

    it("lists anew when the server knows that the version is yet to come", async () => {
      put("a");
      reflect();
      await watching();
      const message = "Timeout: Too large resource version: 200, current: 100";
      server.fail(
        (request) => request.query.has("watch"),
        { kind: "status", status: 504, reason: "Timeout", message },
        1,
      );
      server.cutWatches("end");
      await clock.advance(1_000);
      await passing(200, () => expect(lists()).toHaveLength(2));
    });
  });

  describe("where the list is forbidden", () => {
    const forbid = (times: number) =>
      server.fail(() => true, { kind: "status", status: 403, reason: "Forbidden" }, times);

    it("goes on without what is dispensable, says so once, and follows once it may", async () => {
      put("a");
      forbid(3);
      const reflector = reflect({ isDispensable: true });
      expect(await reflector.synced(stop.signal)).toBe(true);
      expect([reflector.forbidden, store.size]).toEqual([true, 0]);
      await passing(60_000, () => expect(held()).toEqual(["a:1"]));
      expect(reflector.forbidden).toBe(false);
      expect(logger.lines.slice(0, 2).map(({ level, message }) => `${level}: ${message}`)).toEqual([
        "warn: Not allowed to watch, going on without",
        "info: Allowed to watch again",
      ]);
    });

    it("waits for what is not", async () => {
      forbid(1);
      const reflector = reflect();
      await vi.waitFor(() => expect(logger.lines).toHaveLength(1));
      expect([reflector.hasSynced(), reflector.forbidden]).toEqual([false, false]);
    });
  });

  it("leaves other namespaces' objects alone", async () => {
    store.upsert({ metadata: { name: "other", namespace: "elsewhere", generation: 1 } });
    put("a");
    await reflect({ namespace: "" }).synced(stop.signal);
    expect(held()).toEqual(["other:1", "a:1"]);
  });

  it("says what to install where the server does not know the kind", async () => {
    server.fail(() => true, { kind: "status", status: 404, reason: "NotFound" }, 1);
    reflect({ random: () => 1 / 3 });
    await vi.waitFor(() => expect(logger.lines).toHaveLength(1));
    expect(logger.lines[0]?.fields.message).toMatch(/: 404.*; install the CustomResourceDefinition$/);
    expect(logger.lines[0]?.fields.retryMs).toBe(733);
  });

  it("resumes a silent watch from the last version at once, and takes it for no failure", async () => {
    put("a");
    reflect();
    await watching();
    server.mute = true;
    put("b");
    server.mute = false;
    server.bookmark();
    put("c");
    await vi.waitFor(() => expect(held()).toContain("c:1"));
    await clock.advance(30_000);
    await vi.waitFor(() => expect(watches()).toHaveLength(2));
    expect(watches()[1]?.query.get("resourceVersion")).toBe("103");
    expect(logger.lines).toEqual([]);
  });

  it("finds what a half-open connection swallowed", async () => {
    put("a");
    reflect();
    await watching();
    server.mute = true;
    put("a", 2);
    server.mute = false;
    await clock.advance(30_000);
    await toHold("a:2");
  });

  it("waits longer after each failure in a row, at most 30 s, and less again after two healthy minutes", async () => {
    server.fail(() => true, { kind: "status", status: 503 }, 8);
    const reflector = reflect({ random: () => 0 });
    const waits = () => logger.lines.map((line) => line.fields.retryMs);
    await passing(5_000, () => expect(reflector.connected).toBe(true));
    expect(waits()).toEqual([800, 1_600, 3_200, 6_400, 12_800, 25_600, 30_000, 30_000]);
    for (let i = 0; i < 5; i++) {
      await clock.advance(29_000);
      server.bookmark();
      await vi.waitFor(() => expect(reflector.lastEventAge).toBe(0));
    }
    server.cutWatches("reset");
    await vi.waitFor(() => expect(waits().at(-1)).toBe(800));
  });

  it("waits no longer than at first after a watch that held longer than it was waited for", async () => {
    reflect();
    const waits = () => logger.lines.flatMap(({ fields }) => fields.retryMs ?? []);
    for (let failures = 1; failures <= 4; failures++) {
      await passing(100, () => expect(server.openWatches).toBe(1));
      await clock.advance(2_000);
      server.cutWatches("reset");
      await passing(10, () => expect(waits()).toEqual(Array.from({ length: failures }, () => 700)));
    }
  });

  it("does not storm a server that ends every watch at once", async () => {
    put("a");
    server.fail((request) => request.query.has("watch"), { kind: "body", text: "" }, 1_000);
    reflect();
    await vi.waitFor(() => expect(logger.lines).toHaveLength(1));
    expect(watches()).toHaveLength(1);
    await clock.advance(800);
    await vi.waitFor(() => expect(logger.lines).toHaveLength(2));
    expect(watches()).toHaveLength(2);
  });

  it("keeps what it held of an object that can no longer be read, and goes on", async () => {
    put("a");
    put("bad");
    const transform = (raw: KubeObject) => {
      if (raw.metadata.name === "bad" || raw.metadata.generation === 666) throw new Error("unreadable");
      return raw;
    };
    reflect({ transform });
    await watching();
    put("a", 666);
    put("c");
    await toHold("a:1", "c:1");
    server.cutWatches("garbage");
    server.delete(`${HOSTS}/c`);
    await toHold("a:1");
    expect(logger.lines.filter((line) => line.level === "error")).toHaveLength(4);
  });

  it("tells whether it is connected, and for how long it has heard nothing", async () => {
    const reflector = reflect();
    expect(reflector.connected).toBe(false);
    expect(reflector.lastEventAge).toBeUndefined();
    await vi.waitFor(() => expect(reflector.connected).toBe(true));
    await clock.advance(7_000);
    expect(reflector.lastEventAge).toBe(7_000);
    await server.stop();
    await vi.waitFor(() => expect(reflector.connected).toBe(false));
    await server.start();
  });

  it("stops when its signal fires: in a watch, in a backoff, before it has synced", async () => {
    server.fail(() => true, { kind: "status", status: 500 });
    const reflector = reflect();
    await vi.waitFor(() => expect(logger.lines).toHaveLength(1));
    const syncing = reflector.synced(stop.signal);
    stop.abort();
    await running;
    expect(await syncing).toBe(false);
    expect(clock.pending).toBe(0);
    stop = new AbortController();
    reflect();
    await watching();
    stop.abort();
    await running;
    await vi.waitFor(() => expect(server.openWatches).toBe(0));
    expect(clock.pending).toBe(0);
  });

  it("comes back when the API server does", async () => {
    put("a");
    reflect();
    await watching();
    await server.stop();
    await vi.waitFor(() => expect(logger.lines.length).toBeGreaterThan(0));
    put("b");
    await server.start();
    await toHold("a:1", "b:1");
  });
});
