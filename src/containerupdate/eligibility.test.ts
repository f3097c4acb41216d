import { describe, expect, it } from "vitest";
import { containerUpdate, updatableHost } from "../../test/support/container-update.ts";
import { condition, dockerHost } from "../../test/support/docker-host.ts";
import type { ContainerUpdateStatus } from "../api/container-update-status.ts";
import type { DockerHostObject } from "../api/docker-host.ts";
import { eligibility } from "./eligibility.ts";

const BEGUN: ContainerUpdateStatus = {
  observedGeneration: 1,
  phase: "Replacing",
  transaction: { id: "0123456789ab", step: "StopOld", oldID: "a".repeat(64), wasRunning: true },
};

/** A host whose owner has changed its spec since it was connected. */
function changed(): DockerHostObject {
  const host = updatableHost();
  return { ...host, metadata: { ...host.metadata, generation: 2 } };
}

function disconnected(): DockerHostObject {
  const { status } = dockerHost({
    status: { observedGeneration: 1, conditions: [condition("Connected", "False", "HostUnreachable")] },
  });
  return { ...updatableHost(), ...(status !== undefined && { status }) };
}

function deleted(): DockerHostObject {
  const host = updatableHost();
  return { ...host, metadata: { ...host.metadata, deletionTimestamp: "2026-01-01T00:00:00Z" } };
}

/** The reason why it waits, or `eligible`. */
function verdict(
  { spec = {}, status }: { readonly spec?: object; readonly status?: ContainerUpdateStatus },
  host: DockerHostObject | undefined,
  isEnabled = true,
): string {
  const result = eligibility(containerUpdate(spec, status), host, isEnabled);
  return result.kind === "not" ? `${result.report.phase} ${result.report.state} ${result.report.reason}` : result.kind;
}

describe("an unfinished update", () => {
  const cancelled = { cancel: true };
  it.each([
    ["is carried out", {}, "eligible"],
    ["has a spec that is not valid", { spec: { digest: "latest" } }, "Failed ended InvalidSpec"],
    ["was cancelled", { spec: cancelled }, "Cancelled ended UpdateCancelled"],
  ])("that %s", (_, parts, expected) => {
    expect(verdict(parts, updatableHost())).toBe(expected);
  });

  it.each([
    ["there is none", undefined, "Pending waiting HostNotFound", "Pending waiting HostNotFound"],
    ["it is deleted", deleted(), "Pending waiting HostNotFound", "Pending waiting HostNotFound"],
    [
      "its spec is not valid",
      { ...updatableHost(), spec: { host: 7 } },
      "Pending waiting InvalidSpec",
      "Pending waiting InvalidSpec",
    ],
    ["it allows no updates", updatableHost({ allowUpdates: false }), "Pending blocked UpdatesNotAllowed", "eligible"],
    ["it is suspended", updatableHost({ suspend: true }), "Pending waiting HostSuspended", "eligible"],
    ["it is not connected", disconnected(), "Pending waiting HostNotConnected", "eligible"],
    [
      "it was never connected",
      dockerHost({ spec: updatableHost().spec }),
      "Pending waiting HostNotConnected",
      "eligible",
    ],
    ["its spec has changed since", changed(), "Pending waiting HostNotConnected", "eligible"],
  ] as const)("of a host: %s", (_, host, beforeItBegan, afterwards) => {
    expect(verdict({}, host)).toBe(beforeItBegan);
    expect(verdict({ status: BEGUN }, host)).toBe(afterwards);
    // Nothing has to be undone, whatever the host is like.
    expect(verdict({ spec: cancelled }, host)).toBe("Cancelled ended UpdateCancelled");
    expect(verdict({ spec: cancelled, status: BEGUN }, host)).toBe(afterwards);
  });

  it.each([
    ["waits", {}, "Pending blocked UpdatesDisabled"],
    ["waits in the middle", { status: BEGUN }, "Pending blocked UpdatesDisabled"],
    ["ends if it was cancelled", { spec: cancelled }, "Cancelled ended UpdateCancelled"],
    ["waits if it was cancelled in the middle", { spec: cancelled, status: BEGUN }, "Pending blocked UpdatesDisabled"],
  ])("of a controller without updates %s", (_, parts, expected) => {
    expect(verdict(parts, updatableHost(), false)).toBe(expected);
  });
});

describe("the daemon of an update", () => {
  const daemonOf = (host: DockerHostObject) => {
    const result = eligibility(containerUpdate({}, BEGUN), host, true);
    return result.kind === "eligible" ? result.daemon : result.report.reason;
  };

  it("is the engine, or else the endpoint, or else the host", () => {
    const host = updatableHost();
    expect(daemonOf(host)).toBe("engine ENGINE");
    expect(daemonOf({ ...host, metadata: { ...host.metadata, name: "another", uid: "another" } })).toBe(
      "engine ENGINE",
    );
    const endpoint = { observedGeneration: 1, endpoint: "tcp://edge-7:2375" };
    expect(daemonOf({ ...host, status: endpoint })).toBe("endpoint tcp://edge-7:2375");
    expect(daemonOf({ ...host, status: { observedGeneration: 1 } })).toBe("endpoint 0a3c7b9e");
  });
});
