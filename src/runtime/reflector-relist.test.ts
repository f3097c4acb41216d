import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { eventually } from "../../test/support/eventually.ts";
import type { SeenRequest } from "../../test/support/fake-api-server.ts";
import { HOSTS, ReflectedCollection } from "../../test/support/reflected-collection.ts";
import { ApiClient } from "./api-client.ts";
import type { KubeObject } from "./kube-object.ts";
import type { Reflector } from "./reflector.ts";

let at: ReflectedCollection;

beforeEach(async () => {
  at = await ReflectedCollection.start();
});

afterEach(async () => {
  await at[Symbol.asyncDispose]();
});

describe("Reflector, if a list is started again or refused,", () => {
  it("lists again when the server has forgotten its version, and finds the deletions", async () => {
    at.put("a");
    at.put("b");
    at.reflect();
    await at.watching();
    at.server.mute = true;
    at.server.delete(`${HOSTS}/a`);
    at.server.compact();
    at.server.mute = false;
    await at.clock.advance(1_000);
    at.server.cutWatches("end");
    await eventually(() => expect(at.held()).toEqual(["b:1"]));
    expect(at.lists()).toHaveLength(2);
  });

  it("lists again immediately for a forgotten version, but waits when it is forgotten repeatedly", async () => {
    at.put("a");
    at.server.fail((request) => request.query.has("watch"), { kind: "status", status: 410, reason: "Expired" }, 1_000);
    at.reflect({ random: () => 0 });
    await eventually(() => expect(at.logger.lines).toHaveLength(2));
    await at.clock.advance(800);
    await eventually(() => expect(at.logger.lines).toHaveLength(3));
    expect(at.logger.lines.map((line) => line.fields.retryMs)).toEqual([0, 800, 1_600]);
  });

  it("starts a list that was cut off again, and takes nothing of its beginning", async () => {
    at.put("a");
    const text = '{"kind":"List","items":[{"metadata":{"name":"stale"}},{"metadata":{"na';
    at.server.fail((request) => !request.query.has("watch"), { kind: "body", text }, 1);
    at.reflect();
    await at.passing(200, () => expect(at.held()).toEqual(["a:1"]));
    expect(at.lists()).toHaveLength(2);
    expect(at.logger.lines[0]?.fields).toMatchObject({ kind: "BadResponse" });
  });

  describe("after etcd was restored from a backup", () => {
    it("lists again, and recognizes older objects as older", async () => {
      const { metadata } = at.server.put(`${HOSTS}/a`, { metadata: { name: "a", generation: 1 } });
      const backup = at.server.put(`${HOSTS}/b`, { metadata: { name: "b", generation: 1 } });
      at.reflect();
      await at.watching();
      for (let generation = 2; generation < 9; generation++) at.put("a", generation);
      at.put("c");
      await at.toHold("a:8", "b:1", "c:1");
      await at.server.stop();
      at.server.rewind(Number(backup.metadata.resourceVersion));
      at.server.put(`${HOSTS}/a`, { metadata: { name: "a", uid: metadata.uid, generation: 3 } });
      await at.clock.advance(800);
      await at.server.start();
      await at.toHold("a:3", "b:1");
      at.put("a", 4);
      await at.toHold("a:4", "b:1");
    });

    it("lists again when the server does not have that version yet", async () => {
      at.put("a");
      at.reflect();
      await at.watching();
      const message = "Timeout: Too large resource version: 200, current: 100";
      at.server.fail(
        (request) => request.query.has("watch"),
        { kind: "status", status: 504, reason: "Timeout", message },
        1,
      );
      at.server.cutWatches("end");
      await at.clock.advance(1_000);
      await at.passing(200, () => expect(at.lists()).toHaveLength(2));
    });
  });

  describe("where the list is forbidden", () => {
    const forbid = (times: number) =>
      at.server.fail(() => true, { kind: "status", status: 403, reason: "Forbidden" }, times);

    it("continues without what is optional, says so once, and follows it once that is allowed", async () => {
      at.put("a");
      forbid(3);
      const reflector = at.reflect({ isDispensable: true });
      expect(await reflector.synced(at.stop.signal)).toBe(true);
      expect([reflector.forbidden, at.store.size]).toEqual([true, 0]);
      await at.passing(60_000, () => expect(at.held()).toEqual(["a:1"]));
      expect(reflector.forbidden).toBe(false);
      expect(at.logger.lines.slice(0, 2).map(({ level, message }) => `${level}: ${message}`)).toEqual([
        "warn: Not allowed to watch; continuing without",
        "info: Allowed to watch again",
      ]);
    });

    it("reports a needed one as in trouble, sets its objects aside after two minutes, and takes them up again", async () => {
      at.put("a");
      const reflector = at.reflect();
      await at.watching();
      expect(reflector.trouble).toBeUndefined();
      forbid(999);
      at.server.cutWatches("end");
      await at.passing(1_000, () => expect(reflector.trouble?.failure.kind).toBe("Forbidden"));
      expect([at.held(), reflector.isCurrent]).toEqual([["a:1"], true]);
      await at.passing(10_000, () => expect(at.held()).toEqual([]));
      expect(reflector.trouble?.forMs).toBeGreaterThanOrEqual(120_000);
      expect([reflector.isCurrent, reflector.hasSynced()]).toEqual([false, false]);
      at.server.forgive();
      await at.passing(10_000, () => expect(at.held()).toEqual(["a:1"]));
      expect([reflector.isCurrent, reflector.trouble]).toEqual([true, undefined]);
    });

    it("ends a refresh with the list that fails, and is not current until one succeeds", async () => {
      at.put("a");
      const reflector = at.reflect();
      await at.watching();
      forbid(1);
      expect(await reflector.refresh(at.stop.signal)).toBe(false);
      expect([at.held(), reflector.isCurrent]).toEqual([["a:1"], false]);
      reflector.forget();
      expect(at.held()).toEqual([]);
      const synced = reflector.synced(at.stop.signal);
      await at.passing(1_000, () => expect(at.held()).toEqual(["a:1"]));
      expect(await synced).toBe(true);
      reflector.forget();
      expect(at.held()).toEqual(["a:1"]);
    });

    it("settles with the first list that fails", async () => {
      forbid(1);
      const reflector = at.reflect();
      expect(await reflector.settled(at.stop.signal)).toBe(false);
      await at.passing(1_000, () => expect(reflector.isCurrent).toBe(true));
      expect(await reflector.settled(at.stop.signal)).toBe(true);
    });

    it("follows again within a second where it was forbidden by a server that was only starting", async () => {
      at.put("a");
      const reflector = at.reflect({ isDispensable: true });
      await at.watching();
      await at.clock.advance(1_000);
      forbid(1);
      at.server.cutWatches("end");
      await eventually(() => expect(reflector.forbidden).toBe(true));
      at.put("a", 2);
      await at.clock.advance(800);
      await eventually(() => expect(at.held()).toEqual(["a:2"]));
      expect(reflector.forbidden).toBe(false);
    });

    it("asks less and less often, in the end about every five minutes", async () => {
      forbid(1_000);
      const random = vi.fn(() => 0);
      at.reflect({ isDispensable: true, random });
      const waits = [800, 1_600, 3_200, 6_400, 12_800, 25_600, 51_200, 102_400, 204_800, 300_000, 300_000];
      for (const [index, ms] of waits.entries()) {
        // Asked for each wait.
        await eventually(() => expect(random).toHaveBeenCalledTimes(index + 1));
        await at.clock.advance(ms - 1);
        expect(at.lists()).toHaveLength(index + 1);
        await at.clock.advance(1);
        await eventually(() => expect(at.lists()).toHaveLength(index + 2));
      }
    });

    it("waits for what is missing", async () => {
      forbid(1);
      const reflector = at.reflect();
      await eventually(() => expect(at.logger.lines).toHaveLength(1));
      expect([reflector.hasSynced(), reflector.forbidden]).toEqual([false, false]);
    });
  });

  it("is refreshed by a new list, whatever the watch has reported so far", async () => {
    at.put("a");
    const reflector = at.reflect();
    await at.watching();
    at.server.mute = true;
    at.put("a", 2);
    at.put("b");
    expect(at.held()).toEqual(["a:1"]);
    await reflector.refresh(at.stop.signal);
    expect(at.held()).toEqual(["a:2", "b:1"]);
    at.server.mute = false;
    await at.watching();
    at.put("c");
    await at.toHold("a:2", "b:1", "c:1");
  });

  describe("is refreshed by the versions of all objects", () => {
    /** What each list after the first asked for. */
    const asked = () =>
      at
        .lists()
        .slice(1)
        .map(({ headers }) => (headers.accept?.includes("as=PartialObjectMetadataList") ? "versions" : "objects"));
    const spec = (text: string) => ({ metadata: { name: "a" }, spec: { text } });
    let reflector: Reflector<KubeObject>;

    beforeEach(async () => {
      at.server.put(`${HOSTS}/a`, spec("first"));
      at.put("b");
      reflector = at.reflect();
      await at.watching();
      at.server.mute = true;
    });

    it("only, if nothing has changed, and follows what comes next", async () => {
      const before = at.store.list();
      expect(await reflector.refresh(at.stop.signal)).toBe(true);
      expect(asked()).toEqual(["versions"]);
      expect(at.store.list().map((object, index) => object === before[index])).toEqual([true, true]);
      at.server.mute = false;
      await at.watching();
      at.put("c");
      await at.toHold("a:undefined", "b:1", "c:1");
    });

    it("only, if objects are gone", async () => {
      at.server.delete(`${HOSTS}/a`);
      expect(await reflector.refresh(at.stop.signal)).toBe(true);
      expect([asked(), at.held()]).toEqual([["versions"], ["b:1"]]);
    });

    it("and by all objects if one has changed", async () => {
      at.server.put(`${HOSTS}/a`, spec("second"));
      expect(await reflector.refresh(at.stop.signal)).toBe(true);
      expect([asked(), at.store.list()]).toMatchObject([
        ["versions", "objects"],
        [spec("second"), {}],
      ]);
    });

    it("and by all objects if one is new", async () => {
      at.put("c");
      expect(await reflector.refresh(at.stop.signal)).toBe(true);
      expect([asked(), at.held()]).toEqual([
        ["versions", "objects"],
        ["a:undefined", "b:1", "c:1"],
      ]);
    });

    it("and by all objects if one was deleted and created again", async () => {
      at.server.delete(`${HOSTS}/a`);
      at.server.put(`${HOSTS}/a`, { metadata: { name: "a", uid: "another", generation: 1 } });
      expect(await reflector.refresh(at.stop.signal)).toBe(true);
      expect(asked()).toEqual(["versions", "objects"]);
      expect(at.store.list().map(({ metadata }) => metadata.uid)).toContain("another");
    });

    it("again, after the list of all objects has failed", async () => {
      at.server.put(`${HOSTS}/a`, spec("second"));
      const isOfObjects = ({ headers }: SeenRequest) => headers.accept === "application/json";
      at.server.fail((request) => isOfObjects(request) && !request.query.has("watch"), { kind: "status", status: 500 });
      expect(await reflector.refresh(at.stop.signal)).toBe(false);
      at.server.put(`${HOSTS}/a`, spec("third"));
      await at.passing(800, () => expect(reflector.isCurrent).toBe(true));
      expect([asked(), at.store.list()]).toMatchObject([
        ["versions", "objects", "versions", "objects"],
        [spec("third"), {}],
      ]);
    });
  });

  it("is refreshed as soon as the server lists again", async () => {
    at.put("a");
    const reflector = at.reflect();
    await at.watching();
    at.server.fail(({ query }) => query.get("watch") !== "true", { kind: "status", status: 500 });
    let refreshed = false;
    const done = reflector.refresh(at.stop.signal).then(() => {
      refreshed = true;
    });
    await at.passing(800, () => expect(refreshed).toBe(true));
    await done;
    expect(at.lists()).toHaveLength(3);
  });

  it("is not refreshed by a list that was answered before", async () => {
    at.put("a");
    const client = new ApiClient({ cluster: at.server.cluster, clock: at.clock, userAgent: "test/1" });
    const list = client.readAll.bind(client);
    let refreshed: Promise<readonly string[]> | undefined;
    vi.spyOn(client, "readAll").mockImplementation(async (...parameters) => {
      const page = await list(...parameters);
      if (refreshed === undefined) {
        at.put("b");
        refreshed = reflector.refresh(at.stop.signal).then(() => at.held());
      }
      return page;
    });
    const reflector = at.reflect({ client });
    await eventually(() => expect(refreshed).toBeDefined());
    expect(await refreshed).toEqual(["a:1", "b:1"]);
    at.stop.abort();
    await at.running;
    await client.close();
  });

  it("is not refreshed where the program works without", async () => {
    const reflector = at.reflect({ isDispensable: true });
    await at.watching();
    await reflector.refresh(at.stop.signal);
    expect(at.lists()).toHaveLength(1);
  });
});
