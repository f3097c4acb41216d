import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { FakeApiServer } from "../../../test/support/fake-api-server.ts";
import { systemClock } from "../../common/clock.ts";
import { ApiClient } from "../api-client.ts";
import { heldSpec, type Lease, LeaseLock, releasedSpec } from "./lease.ts";

const PATH = "/apis/coordination.k8s.io/v1/namespaces/ops/leases/lock";
const NOW = Date.parse("2026-03-04T05:06:07.089Z");
const signal = new AbortController().signal;

let server: FakeApiServer;
let client: ApiClient;
let lock: LeaseLock;

beforeEach(async () => {
  server = new FakeApiServer();
  await server.start();
  client = new ApiClient({ cluster: server.cluster, clock: systemClock, userAgent: "test/1" });
  lock = new LeaseLock({ client, lease: { namespace: "ops", name: "lock" }, timeoutMs: 5_000 });
});

afterEach(async () => {
  await client.close();
  await server.stop();
});

function unwrap(result: Awaited<ReturnType<LeaseLock["read"]>>): Lease {
  if (!result.ok) throw new Error(result.failure.message);
  return result.value;
}

describe("a lease", () => {
  it("is created, read, and replaced by a process that knows its version", async () => {
    expect(await lock.read(signal)).toMatchObject({ ok: false, failure: { kind: "NotFound" } });
    const created = unwrap(await lock.write(undefined, heldSpec(undefined, "a", 15_000, NOW), signal));
    expect(server.get(PATH)).toMatchObject({
      apiVersion: "coordination.k8s.io/v1",
      kind: "Lease",
      metadata: { namespace: "ops", name: "lock" },
      spec: {
        holderIdentity: "a",
        leaseDurationSeconds: 15,
        acquireTime: "2026-03-04T05:06:07.089000Z",
        renewTime: "2026-03-04T05:06:07.089000Z",
        leaseTransitions: 0,
      },
    });
    const renewed = unwrap(await lock.write(created, heldSpec(created, "a", 15_000, NOW + 1_000), signal));
    expect(renewed.spec).toMatchObject({ acquireTime: created.spec?.acquireTime, leaseTransitions: 0 });
    expect(await lock.write(created, heldSpec(created, "b", 15_000, NOW), signal)).toMatchObject({
      ok: false,
      failure: { kind: "Conflict" },
    });
  });

  it("is not created over one that came meanwhile", async () => {
    server.put(PATH, { metadata: { name: "lock", namespace: "ops" } });
    expect(await lock.write(undefined, heldSpec(undefined, "a", 15_000, NOW), signal)).toMatchObject({
      ok: false,
      failure: { kind: "AlreadyExists" },
    });
  });

  it("counts its transitions, and keeps what others wrote into it", () => {
    const lease = { metadata: { name: "lock" }, spec: { holderIdentity: "a", leaseTransitions: 4, strategy: "x" } };
    const taken = heldSpec(lease, "b", 15_000, NOW);
    expect(taken).toMatchObject({ holderIdentity: "b", leaseTransitions: 5, strategy: "x" });
    const released = releasedSpec({ metadata: { name: "lock" }, spec: taken }, NOW);
    expect(released).toMatchObject({ leaseDurationSeconds: 1, leaseTransitions: 5 });
    expect(released).not.toHaveProperty("holderIdentity");
  });
});
