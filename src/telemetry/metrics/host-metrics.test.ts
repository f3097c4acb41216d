import { Registry } from "prom-client";
import { beforeEach, describe, expect, it } from "vitest";
import { condition, dockerHost, type HostParts } from "../../../test/support/docker-host.ts";
import { series, seriesOf } from "../../../test/support/scrape.ts";
import type { DockerHostObject } from "../../api/docker-host.ts";
import { reasons } from "../../api/reasons.ts";
import type { DockerHostStatus } from "../../api/status.ts";
import type { HostObserver } from "../../dockerhost/host-observer.ts";
import { Store } from "../../runtime/store.ts";
import { observeHosts } from "./host-metrics.ts";
import { MetricSet } from "./metric-set.ts";

const AT = Date.UTC(2026, 0, 1);
const certificate = { subject: "", issuer: "", notBefore: "2025-01-01T00:00:00Z", fingerprint: "" };

/** Everything that a host's status can hold. */
const FULL: DockerHostStatus = {
  conditions: [condition("Ready", "True", "Succeeded"), condition("UpdateCheckSucceeded", "True", "CheckSucceeded")],
  certificates: {
    nextExpiry: "2026-02-01T00:00:00Z",
    server: { ...certificate, notAfter: "2026-02-01T00:00:00Z" },
    client: { ...certificate, notAfter: "2026-03-01T00:00:00Z" },
    ca: { ...certificate, notAfter: "2036-01-01T00:00:00Z" },
  },
  updates: { lastCheckTime: "2026-01-01T00:00:00Z", total: 5, upToDate: 3, outdated: 2 },
};

let metrics: MetricSet;
let store: Store<DockerHostObject>;
let observer: HostObserver;
let isLeader: boolean;

beforeEach(() => {
  metrics = new MetricSet(new Registry());
  store = new Store();
  isLeader = true;
  observer = observeHosts(metrics, store, () => isLeader, { now: () => AT });
});

const ended = { reason: "Succeeded", succeeded: true, ms: 250, at: AT };
const read = async (prefix: string) => seriesOf(await metrics.text(), prefix);
const perHost = async () => [...series(await metrics.text()).keys()].filter((name) => name.includes("namespace="));

function put(parts: HostParts): DockerHostObject {
  const host = dockerHost({ resourceVersion: String(store.size + 1), ...parts });
  store.upsert(host);
  return host;
}

describe("the metrics of hosts", () => {
  it("are read off the status", async () => {
    put({ status: FULL });
    const labels = 'namespace="fleet",name="edge-7"';
    expect(await read("dockerhost_ready")).toEqual({ [`dockerhost_ready{${labels}}`]: 1 });
    expect(await read("dockerhost_suspended")).toEqual({ [`dockerhost_suspended{${labels}}`]: 0 });
    expect(await read("dockerhost_certificate_expiry")).toEqual({
      [`dockerhost_certificate_expiry_timestamp_seconds{${labels},certificate="server"}`]: 1_769_904_000,
      [`dockerhost_certificate_expiry_timestamp_seconds{${labels},certificate="client"}`]: 1_772_323_200,
      [`dockerhost_certificate_expiry_timestamp_seconds{${labels},certificate="ca"}`]: 2_082_758_400,
    });
    const containers = await read("dockerhost_containers");
    expect(containers[`dockerhost_containers{${labels},verdict="UpToDate"}`]).toBe(3);
    expect(containers[`dockerhost_containers{${labels},verdict="Outdated"}`]).toBe(2);
    expect(Object.values(containers).reduce((a, b) => a + b, 0)).toBe(5);
    expect(Object.values(await read("dockerhost_update_check_last_success"))).toEqual([AT / 1_000]);
  });

  it.each([
    ["a year, 22 days before its end", "2025-01-23T00:00:00Z", "2026-01-23T00:00:00Z", 0],
    ["a year, 20 days before its end", "2025-01-21T00:00:00Z", "2026-01-21T00:00:00Z", 1],
    ["a day, 12 hours before its end", "2025-12-31T12:00:00Z", "2026-01-01T12:00:00Z", 0],
    ["a day, 5 hours before its end", "2025-12-31T05:00:00Z", "2026-01-01T05:00:00Z", 1],
    ["a year, after its end", "2024-12-31T00:00:00Z", "2025-12-31T00:00:00Z", 1],
  ])("say whether a certificate counts as expiring: one of %s", async (_what, notBefore, notAfter, value) => {
    put({ status: { certificates: { nextExpiry: notAfter, client: { ...certificate, notBefore, notAfter } } } });
    const name = 'dockerhost_certificate_expiring{namespace="fleet",name="edge-7",certificate="client"}';
    expect(await read("dockerhost_certificate_expiring")).toEqual({ [name]: value });
  });

  it("name a host that no controller has processed, even if this one stands by", async () => {
    isLeader = false;
    const { metadata, ...rest } = dockerHost({ status: { observedGeneration: -1 } });
    store.upsert({ ...rest, metadata: { ...metadata, generation: 1, creationTimestamp: "2025-12-31T23:00:00Z" } });
    const name = 'dockerhost_unclaimed{namespace="fleet",name="edge-7"}';
    expect(await read("dockerhost_")).toEqual(expect.objectContaining({ [name]: 1 }));
    expect(await perHost()).toEqual([name]);
    store.upsert({
      ...rest,
      metadata: { ...metadata, generation: 1, creationTimestamp: "2025-12-31T23:00:00Z", resourceVersion: "999" },
      status: { observedGeneration: 1 },
    });
    expect(await read("dockerhost_unclaimed")).toEqual({});
  });

  it("are 18 at most, whatever is known of a host", async () => {
    const host = put({ status: FULL });
    observer.connectionEnded(host, ended);
    observer.updateCheckEnded(host, ended);
    expect((await perHost()).length).toBe(18);
  });

  it("claim nothing about a host that was never processed", async () => {
    put({});
    expect((await perHost()).map((name) => name.split("{")[0])).toEqual(["dockerhost_ready", "dockerhost_suspended"]);
    expect(Object.values(await read("dockerhost_ready"))).toEqual([0]);
  });

  it("survive a spec that is none", async () => {
    put({ spec: "nonsense" });
    expect(Object.values(await read("dockerhost_suspended"))).toEqual([0]);
  });

  it("report that a host is suspended", async () => {
    put({ spec: { suspend: true } });
    expect(Object.values(await read("dockerhost_suspended"))).toEqual([1]);
  });

  it("keep the last success while later attempts fail", async () => {
    const host = put({ status: FULL });
    observer.connectionEnded(host, ended);
    observer.updateCheckEnded(host, ended);
    observer.connectionEnded(host, { ...ended, reason: "ConnectionRefused", succeeded: false, at: AT + 60_000 });
    put({ status: { ...FULL, conditions: [condition("UpdateCheckSucceeded", "False", "PartiallyFailed")] } });
    expect(Object.values(await read("dockerhost_connection_last_success"))).toEqual([AT / 1_000]);
    expect(Object.values(await read("dockerhost_update_check_last_success"))).toEqual([AT / 1_000]);
  });

  it("are gone with the host, also where an attempt ends after that", async () => {
    const host = put({ status: FULL });
    observer.connectionEnded(host, ended);
    store.remove("fleet/edge-7");
    observer.connectionEnded(host, ended);
    expect(await perHost()).toEqual([]);
    store.upsert({ ...host, metadata: { ...host.metadata, uid: "another" } });
    expect(await read("dockerhost_connection_last_success")).toEqual({});
  });

  it("are reported only by the leader", async () => {
    put({ status: FULL });
    isLeader = false;
    expect(await perHost()).toEqual([]);
  });
});

describe("the metrics of attempts", () => {
  it("count by reason and measure by result, for all hosts together", async () => {
    const host = put({});
    observer.connectionEnded(host, ended);
    observer.connectionEnded(host, { ...ended, reason: "ConnectionRefused", succeeded: false });
    observer.updateCheckEnded(host, { ...ended, reason: "CheckSucceeded", ms: 1_500 });
    const attempts = await read("dockerhost_connection_attempts_total");
    expect(Object.fromEntries(Object.entries(attempts).filter(([, count]) => count > 0))).toEqual({
      'dockerhost_connection_attempts_total{reason="Succeeded"}': 1,
      'dockerhost_connection_attempts_total{reason="ConnectionRefused"}': 1,
    });
    expect(await read("dockerhost_connection_duration_seconds_sum")).toEqual({
      'dockerhost_connection_duration_seconds_sum{result="success"}': 0.25,
      'dockerhost_connection_duration_seconds_sum{result="failure"}': 0.25,
    });
    expect(
      (await read("dockerhost_update_check_duration_seconds_sum"))[
        'dockerhost_update_check_duration_seconds_sum{result="success"}'
      ],
    ).toBe(1.5);
  });

  it("begin at zero for every reason of the table that an attempt can end with", async () => {
    const begun = [
      ...Object.keys(await read("dockerhost_connection_attempts_total")),
      ...Object.keys(await read("dockerhost_update_checks_total")),
    ];
    const words = begun.map((name) => /reason="(\w+)"/.exec(name)?.[1] ?? "");
    expect(words.filter((word) => !(word in reasons))).toEqual([]);
    expect(words).toEqual(
      expect.arrayContaining([
        "SecretNotFound",
        "InvalidEndpoint",
        "ServerNameMismatch",
        "PartiallyFailed",
        "RegistryRateLimited",
      ]),
    );
  });
});
