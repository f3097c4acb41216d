import { afterAll, beforeAll, describe, expect, inject, it } from "vitest";
import { connectEnvironment } from "../env/environment.ts";
import { ApiProxy } from "../integration/api-proxy.ts";
import { LOOPBACK, Program } from "../integration/program.ts";
import { eventually } from "../support/eventually.ts";
import { formatSummary } from "../support/summary.ts";
import { ChaosFleet } from "./chaos-fleet.ts";
import { settle } from "./settle.ts";

const { kube } = connectEnvironment(inject("environment"));
const HOSTS = 3;
const ROUNDS = 2;
const FOREIGN = 20;

describe("a controller whose namespace is full of Secrets that are none of its business", () => {
  let fleet: ChaosFleet;
  let proxy: ApiProxy;
  let controller: Program;

  beforeAll(async () => {
    fleet = await ChaosFleet.start(kube, HOSTS);
    proxy = await ApiProxy.start(kube);
    const blob = "x".repeat(700_000);
    // kubectl would leave a copy of the data in an annotation.
    const annotations = { "kubectl.kubernetes.io/last-applied-configuration": "y".repeat(200_000) };
    for (let index = 0; index < FOREIGN; index++) {
      await fleet.api.create(fleet.secrets, {
        metadata: { name: `foreign-${index}`, annotations },
        stringData: { blob },
      });
    }
    for (const { name } of fleet.hosts)
      await fleet.api.patch(`${fleet.dockerHosts}/${name}`, { spec: { interval: "10s" } });
    controller = await Program.controller(proxy.kube, fleet.namespace.name, LOOPBACK);
    expect(await settle(() => fleet.unsettled(), 60_000)).toEqual([]);
  });

  afterAll(async () => {
    await controller?.stop();
    await fleet?.stop();
    await proxy?.close();
  });

  it("writes and reports nothing while nothing changes, no matter how often it checks", async () => {
    // A pass makes one handshake; 10 s is the shortest interval there is.
    const handshakes = () => Math.min(...fleet.hosts.map(({ daemon }) => daemon.counters.handshakes));
    const passes = (more: number) => {
      const wanted = handshakes() + more;
      return expect.poll(handshakes, { timeout: 60_000, interval: 200 }).toBeGreaterThanOrEqual(wanted);
    };
    // What followed from the beginning has been written by the time of the next pass.
    await passes(1);
    const from = proxy.seen.length;
    const versions = async () => (await fleet.list(fleet.dockerHosts)).map(({ metadata }) => metadata.resourceVersion);
    const settled = await versions();
    await passes(ROUNDS);
    const writes = proxy.seen.slice(from).filter(({ method }) => method !== "GET" && method !== "WATCH");
    console.log(
      formatSummary("nothing changes", [
        {
          promise: "no write and no event",
          seen: `${writes.length} in ${ROUNDS} rounds of ${HOSTS} hosts`,
          kept: writes.length === 0,
        },
      ]),
    );
    expect(writes).toEqual([]);
    expect(await versions()).toEqual(settled);
  });

  it("requests only the metadata of Secrets, and the data of none that it does not use", async () => {
    await fleet.api.patch(`${fleet.secrets}/foreign-0`, { stringData: { blob: "z" } });
    const host = fleet.hosts[0] ?? expect.fail("no hosts");
    // What comes later has been seen: so has the other.
    const fingerprint = await fleet.rotate(host);
    await eventually(() => expect(host.daemon.counters.clients.has(fingerprint)).toBe(true));
    const secrets = proxy.seen.filter(({ path }) => path.includes("/secrets"));
    const collections = secrets.filter(({ path }) => path === fleet.secrets);
    expect(collections.length).toBeGreaterThan(0);
    expect(collections.every(({ accept }) => accept.includes("as=PartialObjectMetadata"))).toBe(true);
    const read = new Set(secrets.map(({ path }) => path).filter((path) => path !== fleet.secrets));
    expect([...read].filter((path) => path.includes("foreign"))).toEqual([]);
  });
});
