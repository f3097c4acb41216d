import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { eventually } from "../../test/support/eventually.ts";
import { FakeApiServer } from "../../test/support/fake-api-server.ts";
import { FakeClock } from "../../test/support/fake-clock.ts";
import { silentLogger } from "../common/logger.ts";
import { ApiClient } from "../runtime/api-client.ts";
import { lockoutCheck } from "../runtime/liveness.ts";
import { Metrics } from "../telemetry/metrics/metrics.ts";
import { createWatches, type Watches, type WatchFlags } from "./watches.ts";

let server: FakeApiServer;
let clock: FakeClock;
let client: ApiClient;
let stop: AbortController;
let running: Promise<unknown>;

beforeEach(async () => {
  server = new FakeApiServer();
  await server.start();
  clock = new FakeClock();
  client = new ApiClient({ cluster: server.cluster, clock, userAgent: "test/1" });
  stop = new AbortController();
});

afterEach(async () => {
  stop.abort();
  await running;
  await client.close();
  await server.stop();
});

async function follow(flags: Partial<WatchFlags> = {}): Promise<Watches> {
  const context = { clock, random: () => 0.5 };
  const all = { watchSecrets: true, watchInactivityLimit: 30_000, ...flags };
  const watches = createWatches(all, client, context, new Metrics(clock), silentLogger);
  running = Promise.all(watches.reflectors.map((reflector) => reflector.run(stop.signal)));
  await Promise.all(watches.reflectors.map((reflector) => reflector.synced(stop.signal)));
  return watches;
}

const troubles = (watches: Watches) => watches.checks.map(({ name, check }) => `${name}: ${check() ?? "ok"}`);
const lists = () => server.requests.filter(({ query }) => !query.has("watch"));

function put(namespace: string, name: string): void {
  const path = `/apis/dockerhost.dev/v1alpha1/namespaces/${namespace}/dockerhosts/${name}`;
  server.put(path, { metadata: { name, namespace, generation: 1 } });
}

describe("what a controller watches", () => {
  it("covers every namespace, or the given ones, in one store", async () => {
    put("a", "one");
    put("b", "two");
    put("c", "three");
    const watches = await follow({ watchNamespaces: ["a", "b", "a"] });
    expect(watches.reflectors).toHaveLength(6);
    expect([...watches.hosts.list().map(({ metadata }) => metadata.name)].sort()).toEqual(["one", "two"]);
    expect(lists().map(({ path }) => path)).toEqual(
      expect.arrayContaining(["/api/v1/namespaces/a/secrets", "/api/v1/namespaces/b/secrets"]),
    );
    expect(watches.isStarting("a")).toBe(false);
  });

  it.each([
    [403, "Forbidden", /^In the namespace a: The controller may not list and watch ContainerUpdates\. /],
    [404, "NotFound", /^In the namespace a: The CustomResourceDefinition of ContainerUpdates is not installed\. /],
  ])("says what is missing if the API server answers %i for ContainerUpdates", async (status, reason, words) => {
    put("a", "one");
    server.fail(({ path }) => path.endsWith("/containerupdates"), { kind: "status", status, reason }, 9_999);
    const watches = createWatches(
      { watchSecrets: false, watchInactivityLimit: 30_000, watchNamespaces: ["a"] },
      client,
      { clock, random: () => 0.5 },
      new Metrics(clock),
      silentLogger,
    );
    expect(watches.gaps().hosts).toEqual(["In the namespace a: The controller is still reading the DockerHosts."]);
    running = Promise.all(watches.reflectors.map((reflector) => reflector.run(stop.signal)));
    await eventually(() => expect(watches.hosts.size).toBe(1));
    await eventually(() => expect(watches.gaps()).toEqual({ hosts: [], updates: [expect.stringMatching(words)] }));
    server.forgive();
    await eventually(async () => {
      await clock.advance(60_000);
      expect(watches.gaps().updates).toEqual([]);
    });
  });

  it("is narrowed by labels only for hosts", async () => {
    await follow({ watchLabelSelector: "shard=1" });
    const selectors = lists().map(({ path, query }) => `${path.split("/").at(-1)} ${query.get("labelSelector")}`);
    expect(selectors.sort()).toEqual(["containerupdates null", "dockerhosts shard=1", "secrets null"]);
  });

  it("leaves out the Secrets where they are not wanted, and does without them where they are forbidden", async () => {
    await follow({ watchSecrets: false });
    expect(lists().map(({ path }) => path.split("/").at(-1))).toEqual(["dockerhosts", "containerupdates"]);
    stop.abort();
    await running;
    stop = new AbortController();
    server.fail(({ path }) => path.endsWith("/secrets"), { kind: "status", status: 403, reason: "Forbidden" }, 99);
    const watches = await follow();
    await clock.advance(600_000);
    expect(troubles(watches)[1]).toBe("secrets: ok");
  });

  it("is not ready before the first list, nor when nothing was heard for five minutes", async () => {
    put("a", "one");
    const watches = await follow();
    expect(troubles(watches)).toEqual(["dockerhosts: ok", "secrets: ok"]);
    await eventually(() => expect(server.openWatches).toBe(3));
    await server.stop();
    await clock.advance(299_000);
    expect(troubles(watches)).toEqual(["dockerhosts: ok", "secrets: ok"]);
    await clock.advance(2_000);
    expect(troubles(watches)[0]).toMatch(
      /^dockerhosts: the API server has sent nothing for 30[01] s: GET .* ECONNREFUSED/,
    );
    await server.start();
    await eventually(async () => {
      await clock.advance(1_000);
      expect(troubles(watches)).toEqual(["dockerhosts: ok", "secrets: ok"]);
    });
  });

  describe("where the API server refuses", () => {
    const refuse = (part: string, status = 403) =>
      server.fail(
        ({ path }) => path.includes(part),
        { kind: "status", status, reason: status === 401 ? "Unauthorized" : "Forbidden" },
        9_999,
      );
    const begin = (flags: Partial<WatchFlags>) => {
      const metrics = new Metrics(clock);
      const watches = createWatches(flagsOf(flags), client, { clock, random: () => 0.5 }, metrics, silentLogger);
      running = Promise.all(watches.reflectors.map((reflector) => reflector.run(stop.signal)));
      return { watches, metrics };
    };
    const flagsOf = (flags: Partial<WatchFlags>) => ({ watchSecrets: false, watchInactivityLimit: 30_000, ...flags });
    const note = (watches: Watches) => watches.checks[0]?.note?.();

    it("one namespace, it is ready with the others, names that one, and follows it once it may", async () => {
      put("a", "one");
      put("b", "two");
      refuse("/namespaces/b/");
      const { watches, metrics } = begin({ watchNamespaces: ["a", "b"] });
      await eventually(() => expect(note(watches)).toMatch(/^cannot be watched everywhere: namespace b: .*Forbidden/));
      await eventually(() => expect(troubles(watches)[0]).toBe("dockerhosts: ok"));
      expect([watches.isStarting("a"), watches.isStarting("b")]).toEqual([false, true]);
      expect(await metrics.text()).toContain('reflector_failing{kind="DockerHost",watched_namespace="b"} 1');
      for (let minute = 0; minute < 6; minute++) await clock.advance(60_000);
      expect(troubles(watches)[0]).toBe("dockerhosts: ok");
      expect(lockoutCheck(watches.needed).check()).toBeUndefined();
      server.forgive();
      await eventually(async () => {
        await clock.advance(1_000);
        expect(watches.hosts.size).toBe(2);
      });
      expect([note(watches), watches.isStarting("b")]).toEqual([undefined, false]);
      expect(await metrics.text()).toContain('reflector_failing{kind="DockerHost",watched_namespace="b"} 0');
    });

    it.each([401, 403])(
      "everything with %i, it is neither ready nor alive within a minute, and says why",
      async (status) => {
        put("a", "one");
        put("b", "two");
        const { watches } = begin({ watchNamespaces: ["a", "b"] });
        const alive = lockoutCheck(watches.needed);
        await eventually(() => expect(server.openWatches).toBe(4));
        refuse("/", status);
        // Silent watches are reopened after 30 s, and 20 s later nobody takes it for a server that starts.
        await clock.advance(30_000);
        await eventually(() => expect(watches.needed.every(({ trouble }) => trouble !== undefined)).toBe(true));
        expect([alive.check(), troubles(watches)[0]]).toEqual([undefined, "dockerhosts: ok"]);
        await clock.advance(20_000);
        expect(alive.check()).toMatch(/^the API server refuses this controller: .*(Unauthorized|Forbidden)/);
        expect(troubles(watches)[0]).toMatch(/^dockerhosts: namespace a: .*; namespace b: /);
        server.forgive();
        await eventually(async () => {
          await clock.advance(1_000);
          expect([alive.check(), troubles(watches)[0]]).toEqual([undefined, "dockerhosts: ok"]);
        });
      },
    );

    it("everything for a moment, as while it starts, or the network fails, it stays alive", async () => {
      put("a", "one");
      const { watches } = begin({});
      const alive = lockoutCheck(watches.needed);
      await eventually(() => expect(server.openWatches).toBe(2));
      server.fail(() => true, { kind: "status", status: 403, reason: "Forbidden" }, 6);
      server.cutWatches("end");
      for (let second = 0; second < 19; second++) {
        await clock.advance(1_000);
        expect(alive.check()).toBeUndefined();
      }
      await server.stop();
      await clock.advance(120_000);
      expect(alive.check()).toBeUndefined();
      await server.start();
    });
  });
});
