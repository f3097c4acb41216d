import { describe, expect, it } from "vitest";
import { condition, dockerHost } from "../../../test/support/docker-host.ts";
import { REQUESTED_AT } from "../../api/docker-host.ts";
import { type ControllerEvidence, examineController } from "./controller-examination.ts";

const NOW = Date.parse("2026-03-01T12:00:00Z");
const ago = (seconds: number) => new Date(NOW - seconds * 1_000).toISOString();

function host(status: object | undefined, metadata: object = {}) {
  const base = dockerHost({});
  return {
    ...base,
    metadata: {
      ...base.metadata,
      name: "edge",
      namespace: "fleet",
      generation: 1,
      creationTimestamp: ago(3_600),
      ...metadata,
    },
    ...(status !== undefined && { status: { observedGeneration: 1, ...status } }),
  } as ControllerEvidence["hosts"][number];
}

function lease(renewed: number, holderIdentity = "pod-1_x") {
  return {
    metadata: { namespace: "ops", name: "dockerhost-operator" },
    spec: { holderIdentity, leaseDurationSeconds: 15, renewTime: ago(renewed) },
  };
}

const connected = [condition("Connected", "True", "Succeeded")];

function examine(evidence: Partial<ControllerEvidence>) {
  const given = { hosts: [host({})], place: 'namespace "fleet"', leases: [lease(2)], now: NOW, ...evidence };
  return [...examineController(given)].map(({ level, message }) => `${level} ${message}`);
}

describe("examineController", () => {
  it("names what it checked if everything is in order", () => {
    expect(examine({})).toEqual([
      'ok A controller works: all hosts are processed, no request is unanswered and no check is overdue (looked at 1 host in namespace "fleet" and at the Lease ops/dockerhost-operator, renewed 2s ago)',
    ]);
  });

  it.each<[string, Partial<ControllerEvidence>, RegExp]>([
    [
      "a host without a status",
      { hosts: [host(undefined)] },
      /^problem No controller has processed 1 host: fleet\/edge$/,
    ],
    [
      "a young host",
      { hosts: [host(undefined, { creationTimestamp: ago(20) })], leases: [] },
      /^warning It is too early to say/,
    ],
    [
      "a request without an answer",
      { hosts: [host({}, { annotations: { [REQUESTED_AT]: ago(90) } })] },
      /^problem No controller has answered the request to check 1 host: fleet\/edge$/,
    ],
    [
      "a request of just now",
      { hosts: [host({}, { annotations: { [REQUESTED_AT]: ago(5) } })] },
      /^ok A controller works/,
    ],
    [
      "an answered request",
      { hosts: [host({ lastHandledRequestedAt: "now" }, { annotations: { [REQUESTED_AT]: "now" } })] },
      /^ok A controller works/,
    ],
    [
      "a check that is overdue",
      { hosts: [host({ conditions: connected, updates: { nextCheckTime: ago(3_000) } })] },
      /^problem The image check is overdue on 1 host: fleet\/edge$/,
    ],
    ["a host that is down", { hosts: [host({ updates: { nextCheckTime: ago(3_000) } })] }, /^ok A controller works/],
    [
      "a Lease that nobody renews",
      { leases: [lease(300)] },
      /^problem The Lease ops\/dockerhost-operator was last renewed 5m ago/,
    ],
    ["a Lease that was released", { leases: [lease(3, "")] }, /^problem No controller holds the Lease/],
    ["an old Lease beside one in use", { leases: [lease(300), lease(1)] }, /^ok A controller works/],
    [
      "an old Lease, and a controller without election",
      { leases: [lease(300)], hosts: [host({ updates: { lastCheckTime: ago(10) } })] },
      /^ok A controller works/,
    ],
    ["no hosts and no Lease", { hosts: [], leases: [] }, /^warning It is too early to say .* no host to process/],
    ["no hosts and a Lease", { hosts: [] }, /^ok A controller holds the Lease/],
    [
      "Leases that may not be read",
      { leases: "you may not list Leases" },
      /^ok .* no Lease, because you may not list Leases\)$/,
    ],
  ])("examines %s", (_what, evidence, line) => {
    expect(examine(evidence)).toEqual([expect.stringMatching(line)]);
  });
});
