import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { eventually } from "../../test/support/eventually.ts";
import type { Fault, WatchCut } from "../../test/support/fake-api-server.ts";
import { HOSTS, ReflectedCollection } from "../../test/support/reflected-collection.ts";
import { TurnCounter } from "../../test/support/turn-counter.ts";
import type { KubeObject } from "./kube-object.ts";

let at: ReflectedCollection;

beforeEach(async () => {
  at = await ReflectedCollection.start();
});

afterEach(async () => {
  await at[Symbol.asyncDispose]();
});

describe("Reflector", () => {
  it("lists, then follows what changes", async () => {
    at.put("a");
    const reflector = at.reflect();
    expect(reflector.hasSynced()).toBe(false);
    expect(await reflector.synced(at.stop.signal)).toBe(true);
    expect(at.held()).toEqual(["a:1"]);
    await at.watching();
    at.put("b");
    at.put("a", 2);
    await at.toHold("a:2", "b:1");
    at.server.delete(`${HOSTS}/a`);
    await at.toHold("b:1");
    expect(at.lists()).toHaveLength(1);
    expect(at.watches()[0]?.query.get("resourceVersion")).toBe("101");
    expect(at.watches()[0]?.query.get("timeoutSeconds")).toBe("450");
  });

  it("reads a large list in one answer", async () => {
    for (let i = 0; i < 1_001; i++) at.put(`host-${i}`);
    const reflector = at.reflect({ labelSelector: "shard=1" });
    await reflector.synced(at.stop.signal);
    expect(at.store.size).toBe(1_001);
    expect(at.lists().map(({ query }) => `${query}`)).toEqual(["labelSelector=shard%3D1"]);
  });

  it("lets other work run while it reports the changes of a large list", async () => {
    for (let i = 0; i < 301; i++) at.put(`host-${i}`);
    const turns = new TurnCounter();
    at.store.subscribe(() => turns.count());
    await at.reflect().synced(at.stop.signal);
    expect(turns.total).toBe(301);
    expect(turns.most).toBeLessThanOrEqual(25);
  });

  it("keeps what it holds when a list has the same version of it", async () => {
    at.put("a");
    at.put("b");
    const transform = vi.fn((raw: KubeObject) => raw);
    const reflector = at.reflect({ transform });
    await at.watching();
    const [a] = at.store.list();
    at.server.mute = true;
    at.put("b", 2);
    expect(await reflector.refresh(at.stop.signal)).toBe(true);
    expect(at.held()).toEqual(["a:1", "b:2"]);
    expect(at.store.list()[0]).toBe(a);
    expect(transform).toHaveBeenCalledTimes(3);
  });

  it("is not synced while the first list's changes are being reported", async () => {
    at.put("a");
    const during: boolean[] = [];
    at.store.subscribe(() => during.push(reflector.hasSynced()));
    const reflector = at.reflect();
    await reflector.synced(at.stop.signal);
    expect(during).toEqual([false]);
  });

  it.each(["end", "reset", "truncate", "garbage"] satisfies WatchCut[])(
    "finds what changed and what was deleted while a watch was cut by %s",
    async (cut) => {
      at.put("a");
      at.put("b");
      at.reflect();
      await at.watching();
      at.server.cutWatches(cut);
      at.server.mute = true;
      at.server.delete(`${HOSTS}/a`);
      at.put("b", 2);
      at.put("c");
      at.server.mute = false;
      await at.toHold("b:2", "c:1");
    },
  );

  it.each([
    { kind: "status", status: 500 },
    { kind: "status", status: 429, retryAfter: 1 },
    { kind: "status", status: 410, reason: "Expired" },
    { kind: "reset" },
    { kind: "body", text: "<html>" },
  ] satisfies Fault[])("survives $kind $status on lists and watches", async (fault) => {
    at.put("a");
    at.server.fail((request) => !request.query.has("watch"), fault, 3);
    at.server.fail((request) => request.query.has("watch"), fault, 2);
    const reflector = at.reflect();
    await at.toHold("a:1");
    await at.passing(200, () => expect(reflector.connected).toBe(true));
    at.put("b");
    await at.toHold("a:1", "b:1");
  });

  it("continues from its version, without a list, once a server that asks for patience had it", async () => {
    at.server.fail(({ query }) => query.has("watch"), { kind: "status", status: 429, retryAfter: 20 }, 1);
    at.reflect();
    await eventually(() => expect(at.logger.lines).toMatchObject([{ fields: { retryMs: 20_000 } }]));
    await at.clock.advance(20_000);
    await at.watching();
    expect(at.lists()).toHaveLength(1);
  });

  it("does not touch other namespaces' objects", async () => {
    at.store.upsert({ metadata: { name: "other", namespace: "elsewhere", generation: 1 } });
    at.put("a");
    await at.reflect({ namespace: "" }).synced(at.stop.signal);
    expect(at.held()).toEqual(["other:1", "a:1"]);
  });

  it("says what to install where the server does not know the kind", async () => {
    at.server.fail(() => true, { kind: "status", status: 404, reason: "NotFound" }, 1);
    at.reflect({ random: () => 1 / 3 });
    await eventually(() => expect(at.logger.lines).toHaveLength(1));
    expect(at.logger.lines[0]?.fields.message).toMatch(/: 404.*; install the CustomResourceDefinition$/);
    expect(at.logger.lines[0]?.fields.retryMs).toBe(733);
  });

  it("resumes a silent watch from the last version immediately, and does not count it as a failure", async () => {
    at.put("a");
    at.reflect();
    await at.watching();
    at.server.mute = true;
    at.put("b");
    at.server.mute = false;
    at.server.bookmark();
    at.put("c");
    await eventually(() => expect(at.held()).toEqual(["a:1", "c:1"]));
    await at.clock.advance(30_000);
    await eventually(() => expect(at.watches()).toHaveLength(2));
    expect(at.watches()[1]?.query.get("resourceVersion")).toBe("103");
    expect(at.logger.lines).toEqual([]);
  });

  it("finds what a half-open connection swallowed", async () => {
    at.put("a");
    at.reflect();
    await at.watching();
    at.server.mute = true;
    at.put("a", 2);
    at.server.mute = false;
    await at.clock.advance(30_000);
    await at.toHold("a:2");
  });

  it("waits longer after each failure in a row, at most 30 s, and less again after two healthy minutes", async () => {
    at.server.fail(() => true, { kind: "status", status: 503 }, 8);
    const reflector = at.reflect({ random: () => 0 });
    const waits = () => at.logger.lines.map((line) => line.fields.retryMs);
    await at.passing(5_000, () => expect(reflector.connected).toBe(true));
    expect(waits()).toEqual([800, 1_600, 3_200, 6_400, 12_800, 25_600, 30_000, 30_000]);
    for (let i = 0; i < 5; i++) {
      await at.clock.advance(29_000);
      at.server.bookmark();
      await eventually(() => expect(reflector.lastEventAge).toBe(0));
    }
    at.server.cutWatches("reset");
    await eventually(() => expect(waits().at(-1)).toBe(800));
  });

  it("waits no longer than at first after a watch that held longer than it was waited for", async () => {
    at.reflect();
    const waits = () => at.logger.lines.flatMap(({ fields }) => fields.retryMs ?? []);
    for (let failures = 1; failures <= 4; failures++) {
      await at.passing(100, () => expect(at.server.openWatches).toBe(1));
      await at.clock.advance(2_000);
      at.server.cutWatches("reset");
      await at.passing(10, () => expect(waits()).toEqual(Array.from({ length: failures }, () => 700)));
    }
  });

  it("does not flood a server that ends every watch immediately", async () => {
    at.put("a");
    at.server.fail((request) => request.query.has("watch"), { kind: "body", text: "" }, 1_000);
    at.reflect();
    await eventually(() => expect(at.logger.lines).toHaveLength(1));
    expect(at.watches()).toHaveLength(1);
    await at.clock.advance(800);
    await eventually(() => expect(at.logger.lines).toHaveLength(2));
    expect(at.watches()).toHaveLength(2);
  });

  it("keeps what it held of an object that can no longer be read, and continues", async () => {
    at.put("a");
    at.put("bad");
    const transform = (raw: KubeObject) => {
      if (raw.metadata.name === "bad" || raw.metadata.generation === 666) throw new Error("unreadable");
      return raw;
    };
    at.reflect({ transform });
    await at.watching();
    at.put("a", 666);
    at.put("c");
    await at.toHold("a:1", "c:1");
    at.server.cutWatches("garbage");
    at.server.delete(`${HOSTS}/c`);
    await at.toHold("a:1");
    expect(at.logger.lines.filter((line) => line.level === "error")).toHaveLength(4);
  });

  it("reports whether it is connected, and for how long the server has been silent", async () => {
    const reflector = at.reflect();
    expect(reflector.connected).toBe(false);
    expect(reflector.lastEventAge).toBeUndefined();
    await eventually(() => expect(reflector.connected).toBe(true));
    await at.clock.advance(7_000);
    expect(reflector.lastEventAge).toBe(7_000);
    await at.server.stop();
    await eventually(() => expect(reflector.connected).toBe(false));
    await at.server.start();
  });

  it("stops when its signal fires: in a watch, in a backoff, before it has synced", async () => {
    at.server.fail(() => true, { kind: "status", status: 500 });
    const reflector = at.reflect();
    await eventually(() => expect(at.logger.lines).toHaveLength(1));
    const syncing = reflector.synced(at.stop.signal);
    at.stop.abort();
    await at.running;
    expect(await syncing).toBe(false);
    expect(at.clock.pending).toBe(0);
    at.stop = new AbortController();
    at.reflect();
    await at.watching();
    at.stop.abort();
    await at.running;
    await eventually(() => expect(at.server.openWatches).toBe(0));
    expect(at.clock.pending).toBe(0);
  });

  it("comes back when the API server does", async () => {
    at.put("a");
    at.reflect();
    await at.watching();
    await at.server.stop();
    await eventually(() => expect(at.logger.lines.length).toBeGreaterThan(0));
    at.put("b");
    await at.server.start();
    await at.toHold("a:1", "b:1");
  });
});
