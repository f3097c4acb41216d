import { describe, expect, it } from "vitest";
import { condition, dockerHost } from "../../test/support/docker-host.ts";
import type { DockerHostObject } from "../api/docker-host.ts";
import { age } from "./age.ts";
import { hostTable } from "./host-table.ts";

const NOW = Date.parse("2026-01-01T00:00:00Z");

function named(name: string, namespace = "fleet", parts: Partial<DockerHostObject> = {}): DockerHostObject {
  const host = dockerHost();
  const metadata = { ...host.metadata, name, namespace, creationTimestamp: "2025-12-31T23:58:00Z" };
  return { ...host, metadata, ...parts };
}

describe("hostTable", () => {
  const healthy = named("edge-7", "fleet", {
    spec: { host: "tcp://edge-7:2376" },
    status: {
      conditions: [
        condition("Connected", "True", "ConnectionEstablished"),
        condition("Ready", "True", "Succeeded"),
        condition("UpdateCheckSucceeded", "True", "CheckSucceeded"),
        condition("UpdatesAvailable", "False", "UpToDate"),
      ],
      endpoint: "https://edge-7:2376",
      tlsMode: "Mutual",
      engine: { version: "29.0.0", apiVersion: "1.52" },
      certificates: { nextExpiry: "2026-12-01T00:00:00Z" },
      updates: { outdated: 0, lastCheckTime: "2025-12-31T20:00:00Z" },
    },
  });

  it("has the columns of kubectl get, in its words", () => {
    expect(hostTable([healthy], { wide: false, now: NOW })).toEqual({
      header: [
        ...["NAME", "HOST", "READY", "REASON", "ENGINE", "UPDATES", "OUTDATED"],
        ...["CERT EXPIRES", "LAST CHECK", "AGE", "MESSAGE"],
      ],
      rows: [
        [
          "edge-7",
          "tcp://edge-7:2376",
          "True",
          "Succeeded",
          "29.0.0",
          "False",
          "0",
          "2026-12-01T00:00:00Z",
          "4h",
          "2m",
          "Message of Succeeded",
        ],
      ],
    });
  });

  it("has more columns when it is wide", () => {
    const { header, rows } = hostTable([healthy], { wide: true, now: NOW });
    expect(header.slice(-5)).toEqual(["SUSPENDED", "ENDPOINT", "TLS", "API", "MESSAGE"]);
    expect(rows[0]?.slice(-5)).toEqual(["", "https://edge-7:2376", "Mutual", "1.52", "Message of Succeeded"]);
  });

  it("leaves empty what is not known, as kubectl does", () => {
    const { rows } = hostTable([named("edge-7")], { wide: true, now: NOW });
    expect(rows).toEqual([["edge-7", ...Array(8).fill(""), "2m", ...Array(5).fill("")]]);
  });

  const checked = (succeeded: "True" | "False", reason: string, generation = 1) =>
    named("edge-7", "fleet", {
      spec: { host: "tcp://edge-7:2376" },
      metadata: { ...healthy.metadata, generation: 2 },
      status: {
        conditions: [condition("UpdateCheckSucceeded", succeeded, reason, { observedGeneration: generation })],
        updates: { outdated: 0, failed: 0 },
      },
    });

  it.each([
    ["of a check that succeeded", checked("True", "CheckSucceeded", 2), "0"],
    ["of a check that could not list the containers", checked("False", "InvalidSelection", 2), "?"],
    ["of a check that answered for a part", checked("False", "PartiallyFailed", 2), "?"],
    ["of an older generation", checked("True", "CheckSucceeded", 1), "?"],
    ["of a host that was never checked", named("edge-7"), ""],
  ])("shows the number %s if it is known", (_what, host, text) => {
    const { header, rows } = hostTable([host], { wide: false, now: NOW });
    expect(rows[0]?.[header.indexOf("OUTDATED")]).toBe(text);
  });

  it("says about a suspended host that it is suspended", () => {
    const { header, rows } = hostTable([{ ...healthy, spec: { suspend: true } }], { wide: true, now: NOW });
    const cell = (name: string) => rows[0]?.[header.indexOf(name)];
    expect([cell("READY"), cell("SUSPENDED")]).toEqual(["Suspended", "true"]);
  });

  it("is in the order of the names, with their namespaces if there are several", () => {
    const table = (...hosts: readonly DockerHostObject[]) => hostTable(hosts, { wide: false, now: NOW });
    const one = table(named("b"), named("a"));
    expect(one.rows.map(([name]) => name)).toEqual(["a", "b"]);
    const several = table(named("b", "x"), named("c", "w"), named("a", "x"));
    expect(several.header.slice(0, 2)).toEqual(["NAMESPACE", "NAME"]);
    expect(several.rows.map((row) => row.slice(0, 2))).toEqual([
      ["w", "c"],
      ["x", "a"],
      ["x", "b"],
    ]);
  });
});

describe("age", () => {
  const [SECOND, MINUTE, HOUR, DAY] = [1_000, 60_000, 3_600_000, 86_400_000];

  it.each([
    [-5 * SECOND, "0s"],
    [0, "0s"],
    [1_999, "1s"],
    [119 * SECOND, "119s"],
    [120 * SECOND, "2m"],
    [150 * SECOND, "2m30s"],
    [10 * MINUTE + 30 * SECOND, "10m"],
    [179 * MINUTE, "179m"],
    [180 * MINUTE, "3h"],
    [200 * MINUTE, "3h20m"],
    [8 * HOUR + 30 * MINUTE, "8h"],
    [47 * HOUR, "47h"],
    [48 * HOUR, "2d"],
    [51 * HOUR, "2d3h"],
    [8 * DAY + 5 * HOUR, "8d"],
    [729 * DAY, "729d"],
    [730 * DAY, "2y"],
    [800 * DAY, "2y70d"],
    [3000 * DAY, "8y"],
  ])("of %d ms is %s, as kubectl writes it", (ms, text) => {
    expect(age(ms)).toBe(text);
  });
});
