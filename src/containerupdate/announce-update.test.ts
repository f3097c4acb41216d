import { describe, expect, it } from "vitest";
import { containerUpdate, updatableHost } from "../../test/support/container-update.ts";
import { condition } from "../../test/support/docker-host.ts";
import { MemoryLogger } from "../../test/support/memory-logger.ts";
import type { DockerHostObject } from "../api/docker-host.ts";
import type { ObjectEvent } from "../runtime/objects.ts";
import { announceUpdate, isNews, type UpdateNews } from "./announce-update.ts";
import type { PhaseReport } from "./phase-report.ts";

const WORKING: PhaseReport = { phase: "Pulling", state: "working", reason: "PullingImage", message: "Pulled" };

function announced(report: PhaseReport, host?: DockerHostObject, details?: UpdateNews["details"]) {
  const events: (ObjectEvent & { readonly of: string })[] = [];
  const keep = ({ kind }: { readonly kind?: string }, event: ObjectEvent) => {
    events.push({ ...event, of: kind ?? "" });
  };
  const logger = new MemoryLogger();
  announceUpdate({
    ...{ update: containerUpdate(), host, report, logger },
    updates: { recordEvent: keep },
    hosts: { recordEvent: keep },
    ...(details !== undefined && { details }),
  });
  return { events, lines: logger.lines };
}

describe("the announcement of an update", () => {
  it.each([
    ["working", "Verifying", "Normal", "info"],
    ["working", "RollingBack", "Warning", "warn"],
    ["waiting", "Pending", "Normal", "info"],
    ["blocked", "Pending", "Warning", "warn"],
    ["succeeded", "Succeeded", "Normal", "info"],
    ["ended", "RolledBack", "Warning", "warn"],
    ["ended", "Failed", "Warning", "warn"],
  ] as const)("that is %s in phase %s is of type %s", (state, phase, type, level) => {
    const { events, lines } = announced({ ...WORKING, state, phase }, updatableHost());
    const event = { type, reason: "PullingImage", action: "UpdateContainer" };
    expect(events).toEqual([
      { ...event, of: "ContainerUpdate", message: "Pulled" },
      { ...event, of: "DockerHost", message: "ContainerUpdate web: Pulled" },
    ]);
    const fields = { phase, reason: "PullingImage", detail: "Pulled" };
    expect(lines).toEqual([{ level, message: "Container update changed", fields }]);
  });

  it("has no event of a host that is gone", () => {
    expect(announced(WORKING).events.map(({ of }) => of)).toEqual(["ContainerUpdate"]);
  });

  it("shows addresses in the log only", () => {
    const { events, lines } = announced(WORKING, updatableHost(), { reveal: (text) => `${text} from 10.0.0.7` });
    expect(JSON.stringify(events)).not.toContain("10.0.0.7");
    expect(lines[0]?.fields.detail).toBe("Pulled from 10.0.0.7");
  });
});

describe("news of an update", () => {
  const conditions = [condition("Ready", "Unknown", "PullingImage")];
  it.each([
    ["nothing was stored before", undefined, true],
    ["nothing but the generation was stored", { observedGeneration: 1 }, true],
    ["the phase is another", { phase: "Pending", conditions }, true],
    ["the reason is another", { phase: "Pulling", conditions: [condition("Ready", "Unknown", "HostNotFound")] }, true],
    ["there is no reason", { phase: "Pulling", conditions: [condition("Connected", "True", "PullingImage")] }, true],
    ["only the message is another", { phase: "Pulling", conditions }, false],
  ] as const)("if %s: %s", (_, before, expected) => {
    const status = before === undefined ? undefined : { observedGeneration: 1, ...before, conditions: [] };
    const stored = before !== undefined && "conditions" in before ? [...before.conditions] : [];
    expect(isNews(status && { ...status, conditions: stored }, WORKING)).toBe(expected);
  });
});
