import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { FakeApiServer } from "../../test/support/fake-api-server.ts";
import { FakeClock } from "../../test/support/fake-clock.ts";
import { silentLogger } from "../common/logger.ts";
import { ApiClient } from "../runtime/api-client.ts";
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
  it("is every namespace, or those that it is told, in one store", async () => {
    put("a", "one");
    put("b", "two");
    put("c", "three");
    const watches = await follow({ watchNamespaces: ["a", "b", "a"] });
    expect(watches.reflectors).toHaveLength(4);
    expect([...watches.hosts.list().map(({ metadata }) => metadata.name)].sort()).toEqual(["one", "two"]);
    expect(lists().map(({ path }) => path)).toEqual(
      expect.arrayContaining(["/api/v1/namespaces/a/secrets", "/api/v1/namespaces/b/secrets"]),
    );
    expect(watches.isStarting()).toBe(false);
  });

  it("is narrowed by labels for hosts alone", async () => {
    await follow({ watchLabelSelector: "shard=1" });
    const selectors = lists().map(({ path, query }) => `${path.split("/").at(-1)} ${query.get("labelSelector")}`);
    expect(selectors.sort()).toEqual(["dockerhosts shard=1", "secrets null"]);
  });

  it("leaves out the Secrets where they are not wanted, and does without them where they are forbidden", async () => {
    await follow({ watchSecrets: false });
    expect(lists().map(({ path }) => path)).toEqual(["/apis/dockerhost.dev/v1alpha1/dockerhosts"]);
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
    await vi.waitFor(() => expect(server.openWatches).toBe(2));
    await server.stop();
    await clock.advance(299_000);
    expect(troubles(watches)).toEqual(["dockerhosts: ok", "secrets: ok"]);
    await clock.advance(2_000);
    expect(troubles(watches)[0]).toMatch(/^dockerhosts: the API server has sent nothing for 30[01] s$/);
    await server.start();
    await vi.waitFor(async () => {
      await clock.advance(1_000);
      expect(troubles(watches)).toEqual(["dockerhosts: ok", "secrets: ok"]);
    });
  });
});
