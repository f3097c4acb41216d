import { Registry } from "prom-client";
import { beforeEach, describe, expect, it } from "vitest";
import { FakeClock } from "../../../test/support/fake-clock.ts";
import { seriesOf } from "../../../test/support/scrape.ts";
import type { RegistryObserver, RegistryRequestEnd } from "../../registry/registry-observer.ts";
import { MetricSet } from "./metric-set.ts";
import { observeRegistries } from "./registry-metrics.ts";

let clock: FakeClock;
let metrics: MetricSet;
let observer: RegistryObserver;

beforeEach(() => {
  clock = new FakeClock();
  metrics = new MetricSet(new Registry());
  observer = observeRegistries(metrics, clock);
});

const read = async (prefix: string) => seriesOf(await metrics.text(), prefix);
const end = (parts: Partial<RegistryRequestEnd> = {}) =>
  observer.requestEnded({
    registry: "r.example.com",
    owner: "fleet",
    code: 200,
    account: "a",
    remaining: undefined,
    ...parts,
  });

describe("the metrics of registries", () => {
  it("count requests by status, unusual ones by their class", async () => {
    for (const code of [200, 200, 429, 418, 999, undefined]) end({ code });
    expect(await read("dockerhost_registry_requests_total")).toEqual({
      'dockerhost_registry_requests_total{registry="r.example.com",code="200"}': 2,
      'dockerhost_registry_requests_total{registry="r.example.com",code="429"}': 1,
      'dockerhost_registry_requests_total{registry="r.example.com",code="4xx"}': 1,
      'dockerhost_registry_requests_total{registry="r.example.com",code="9xx"}': 1,
      'dockerhost_registry_requests_total{registry="r.example.com",code="<error>"}': 1,
    });
  });

  it("stay few, no matter how many registries a daemon names", async () => {
    for (let i = 0; i < 1_000; i++) end({ registry: `${i}.example.com`, remaining: { requests: 1 } });
    const requests = await read("dockerhost_registry_requests_total");
    expect(Object.keys(requests).length).toBe(21);
    expect(requests['dockerhost_registry_requests_total{registry="other",code="200"}']).toBe(980);
    expect(Object.keys(await read("dockerhost_registry_rate_limit_remaining")).length).toBe(20);
  });

  it("leave names for the registries of other namespaces, and are bounded for all together", async () => {
    for (let i = 0; i < 100; i++) end({ registry: `${i}.made-up.example`, owner: "greedy" });
    end({ owner: "victim" });
    expect(await read("dockerhost_registry_requests_total")).toMatchObject({
      'dockerhost_registry_requests_total{registry="r.example.com",code="200"}': 1,
      'dockerhost_registry_requests_total{registry="other",code="200"}': 80,
    });
    for (let i = 0; i < 1_000; i++) end({ registry: `${i}.example.com`, owner: `team-${i}` });
    expect(Object.keys(await read("dockerhost_registry_requests_total")).length).toBe(41);
  });

  it("report what remains for the account that has the least, until its window is over", async () => {
    const remaining = async () => Object.values(await read("dockerhost_registry_rate_limit_remaining"));
    expect(await remaining()).toEqual([]);
    end({ account: "a", remaining: { requests: 3, windowMs: 60_000 } });
    end({ account: "b", remaining: { requests: 90, windowMs: 600_000 } });
    expect(await remaining()).toEqual([3]);
    end({ account: "a", remaining: { requests: 2, windowMs: 60_000 } });
    end({ account: "b" });
    expect(await remaining()).toEqual([2]);
    await clock.advance(60_000);
    expect(await remaining()).toEqual([90]);
    await clock.advance(540_000);
    expect(await remaining()).toEqual([]);
  });
});
