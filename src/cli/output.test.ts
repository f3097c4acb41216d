import { describe, expect, it } from "vitest";
import { parse } from "yaml";
import { condition, dockerHost } from "../../test/support/docker-host.ts";
import type { UpdateItemStatus } from "../api/status.ts";
import { coloured, conditionLines, plain } from "./condition-lines.ts";
import { formatHosts } from "./output.ts";

const NOW = Date.parse("2026-01-01T00:00:00Z");
const DIGESTS = { running: `sha256:${"a".repeat(64)}`, available: `sha256:${"b".repeat(64)}` };

const items: UpdateItemStatus[] = [
  { container: "web", image: "shop/web:1", verdict: "Outdated", ...DIGESTS },
  { container: "db", image: "shop/db:1", verdict: "Failed", reason: "RegistryTimedOut", message: "No answer" },
  { container: "api", image: "shop/api:1", verdict: "UpToDate", ...DIGESTS },
];

const host = dockerHost({
  spec: { host: "tcp://edge-7:2376" },
  resourceVersion: "7",
  status: {
    observedGeneration: 1,
    conditions: [
      condition("Ready", "True", "Succeeded"),
      condition("UpdateCheckSucceeded", "False", "PartiallyFailed"),
    ],
    updates: { outdated: 1, failed: 1, total: 3, items },
  },
});
const down = dockerHost({ status: { conditions: [condition("Ready", "False", "ConnectionRefused")] } });

describe("formatHosts", () => {
  it.each(["json", "yaml"] as const)("prints a List of the objects as %s", (format) => {
    const list = parse(formatHosts([host], format, { now: NOW, paint: coloured })) as unknown;
    expect(list).toEqual({
      apiVersion: "v1",
      kind: "List",
      metadata: { resourceVersion: "" },
      items: [
        {
          apiVersion: "dockerhost.dev/v1alpha1",
          kind: "DockerHost",
          metadata: { name: "edge-7", namespace: "fleet", generation: 1 },
          spec: host.spec,
          status: host.status,
        },
      ],
    });
  });

  it("lists what is up to date too, if it is wide", () => {
    const listed = (format: "table" | "wide", width?: number) =>
      formatHosts([host], format, { now: NOW, paint: plain, width })
        .split("\n")
        .filter((line) => /^edge-7 +(?:web|db|api) /.test(line));
    expect(listed("table")).toHaveLength(2);
    expect(listed("wide").at(-1)).toMatch(/^edge-7 +api +shop\/api:1 +UpToDate /);
    expect(listed("wide", 80).at(-1)).toMatch(/^edge-7 +api +shop\/api:1 +UpToDate/);
  });

  it("prints the hosts, and below them the containers that somebody should look at", () => {
    const lines = formatHosts([host], "table", { now: NOW, paint: plain }).split("\n");
    expect(lines[0]).toMatch(/^NAME +HOST +READY /);
    expect(lines[1]).toMatch(/^edge-7 +tcp:\/\/edge-7:2376 +True +Succeeded +- .* Message of Succeeded$/);
    expect(lines.slice(2, 6)).toEqual([
      "",
      "edge-7: the update check failed (PartiallyFailed): Message of PartiallyFailed",
      "",
      expect.stringMatching(/^HOST +CONTAINER +IMAGE +VERDICT +RUNNING +AVAILABLE +DETAIL$/),
    ]);
    expect(lines[6]).toMatch(/^edge-7 +web +shop\/web:1 +Outdated +sha256:aaaaaaaaaaaa +sha256:bbbbbbbbbbbb$/);
    expect(lines[7]).toMatch(/^edge-7 +db +shop\/db:1 +Failed +No answer$/);
    expect(lines.slice(8)).toEqual([""]);
  });

  it("shows newer tags if there are any", () => {
    const newerTag = { tag: "1.3", change: "Minor" } as const;
    const api = { container: "api", image: "shop/api:1.2", verdict: "UpToDate", ...DIGESTS, newerTag } as const;
    const tagged = dockerHost({ status: { updates: { newerTags: 1, items: [api] } } });
    const lines = formatHosts([tagged], "table", { now: NOW, paint: plain }).split("\n");
    expect(lines.at(-3)).toMatch(/ AVAILABLE +NEWER TAG +DETAIL$/);
    expect(lines.at(-2)).toMatch(/^edge-7 +api +shop\/api:1\.2 +UpToDate .* 1\.3 \(Minor\)$/);
  });

  it("names a container's host with its namespace if there are several, in the order of the table", () => {
    const other = { ...host, metadata: { ...host.metadata, namespace: "attic" } };
    const lines = formatHosts([host, other], "table", { now: NOW, paint: plain }).split("\n");
    expect(lines.slice(8, -1).map((line) => line.split(/ +/).slice(0, 2))).toEqual([
      ["attic/edge-7", "web"],
      ["attic/edge-7", "db"],
      ["fleet/edge-7", "web"],
      ["fleet/edge-7", "db"],
    ]);
  });

  it("prints only the hosts if everything is in order", () => {
    expect(formatHosts([down], "wide", { now: NOW, paint: plain }).split("\n").length).toBe(3);
  });

  it("paints cells, never a row, and only if it is asked to", () => {
    const painted = formatHosts([down, host], "table", { now: NOW, paint: coloured });
    expect(painted).toContain("\u001b[31mFalse\u001b[39m");
    expect(painted).toContain("\u001b[32mTrue\u001b[39m");
    expect(painted).toMatch(/^edge-7 /m);
    expect(formatHosts([down, host], "table", { now: NOW, paint: plain })).not.toContain("\u001b");
  });
});

describe("conditionLines", () => {
  it("shows conditions and warnings as kubectl describe does", () => {
    const warned = { ...host, status: { ...host.status, warnings: ["Careful."] } };
    expect(conditionLines(warned, plain)).toEqual([
      "fleet/edge-7",
      "  TYPE                   STATUS   REASON            MESSAGE",
      "  Ready                  True     Succeeded         Message of Succeeded",
      "  UpdateCheckSucceeded   False    PartiallyFailed   Message of PartiallyFailed",
      "  Warning: Careful.",
    ]);
  });
});
