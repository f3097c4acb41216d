import { afterAll, beforeAll, describe, expect, inject, it } from "vitest";
import { connectEnvironment } from "../env/environment.ts";
import { ApiProxy } from "./api-proxy.ts";
import { hostManifest, TestNamespace } from "./cluster.ts";
import type { ControllerRights } from "./controller-account.ts";
import { LOOPBACK, Program } from "./program.ts";

const { kube } = connectEnvironment(inject("environment"));
const spec = { host: "tcp://127.0.0.1:9", timeout: "5s" };
const REFUSED = { type: "Connected", status: "False", reason: "ConnectionRefused" } as const;

interface Shard {
  readonly proxy: ApiProxy;
  readonly program: Program;
}

describe("controllers that share a fleet", () => {
  const namespaces: TestNamespace[] = [];
  const shards: Shard[] = [];

  beforeAll(async () => {
    namespaces.push(await TestNamespace.create(kube), await TestNamespace.create(kube));
    const [one, two] = namespaces as [TestNamespace, TestNamespace];
    const selectors = ["shard=1", "shard notin (1)"];
    const rights: ControllerRights = {
      watchNamespaces: [one.name, two.name],
      // Each with a lease of its own.
      shards: selectors.map((labelSelector, index) => ({ name: `shard-${index}`, labelSelector })),
    };
    for (const selector of selectors) {
      const proxy = await ApiProxy.start(kube);
      const program = await Program.startController(proxy.kube, rights, [
        ...[...LOOPBACK, "--watch-label-selector", selector, "--enable-leader-election"],
        ...["--leader-election-namespace", one.name, "--health-addr", "127.0.0.1:0", "--metrics-addr", "0"],
      ]);
      shards.push({ proxy, program });
    }
    for (const { program } of shards) await program.says("Starting the workers");
  });

  afterAll(async () => {
    await Promise.all(shards.map(({ program }) => program.stop()));
    await Promise.all(shards.map(({ proxy }) => proxy.close()));
    await Promise.all(namespaces.map((namespace) => namespace.delete()));
  });

  const labelled = (name: string, shard: string) => {
    const manifest = hostManifest(name, spec);
    return { ...manifest, metadata: { ...manifest.metadata, labels: { shard } } };
  };

  /** The hosts whose status a shard wrote. */
  const written = (shard: number) =>
    new Set(
      shards[shard]?.proxy.requests.flatMap((request) => /^PATCH .*\/([^/]+)\/status$/.exec(request)?.[1] ?? []) ?? [],
    );

  it("lead each in its own right, and never touch the same host, in whatever namespace", async () => {
    const [one, two] = namespaces as [TestNamespace, TestNamespace];
    await one.apply(labelled("a1", "1"), labelled("a2", "2"), hostManifest("a0", spec));
    await two.apply(labelled("b1", "1"), labelled("b2", "2"));
    for (const name of ["a0", "a1", "a2"]) await one.waitFor(name, REFUSED);
    for (const name of ["b1", "b2"]) await two.waitFor(name, REFUSED);
    expect(written(0)).toEqual(new Set(["a1", "b1"]));
    expect(written(1)).toEqual(new Set(["a0", "a2", "b2"]));
    const leases = await one.kubectl("get", "leases", "-o", "name");
    expect(leases.match(/dockerhost-operator-[0-9a-f]{10}$/gm)).toHaveLength(2);
  });

  it("hand a host over when its label changes", async () => {
    const [one] = namespaces as [TestNamespace, TestNamespace];
    await one.kubectl("label", "dockerhost", "a1", "shard=2", "--overwrite");
    await one.kubectl("patch", "dockerhost", "a1", "--type=merge", "-p", '{"spec":{"timeout":"6s"}}');
    await one.waitFor("a1", REFUSED);
    expect(written(1)).toContain("a1");
  });
});
