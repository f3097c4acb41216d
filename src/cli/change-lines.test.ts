import { describe, expect, it } from "vitest";
import { condition, dockerHost } from "../../test/support/docker-host.ts";
import type { Condition } from "../api/status.ts";
import { changeLines } from "./change-lines.ts";

const NOW = Date.parse("2026-01-01T00:00:00Z");
const KEY = "fleet/edge-7";
const ready = condition("Ready", "True", "Succeeded");
const refused = condition("Ready", "False", "ConnectionRefused");

const host = (...conditions: Condition[]) => dockerHost({ status: { conditions } });

describe("changeLines", () => {
  it("reports each condition whose status or reason changed", () => {
    const connected = condition("Connected", "False", "ConnectionRefused");
    expect(
      changeLines({ type: "updated", key: KEY, object: host(refused, connected), previous: host(ready) }, NOW),
    ).toEqual([
      "2026-01-01T00:00:00Z fleet/edge-7 Ready=False ConnectionRefused: Message of ConnectionRefused",
      "2026-01-01T00:00:00Z fleet/edge-7 Connected=False ConnectionRefused: Message of ConnectionRefused",
    ]);
  });

  it("says nothing of a change of anything else", () => {
    const again = { ...ready, message: "other words", observedGeneration: 2 };
    expect(changeLines({ type: "updated", key: KEY, object: host(again), previous: host(ready) }, NOW)).toEqual([]);
    expect(changeLines({ type: "added", key: KEY, object: dockerHost() }, NOW)).toEqual([]);
  });

  it("reports what is known about a host that appears with a status, and that a host disappeared", () => {
    expect(changeLines({ type: "added", key: KEY, object: host(ready) }, NOW).length).toBe(1);
    expect(changeLines({ type: "deleted", key: KEY, object: host(ready) }, NOW)).toEqual([
      "2026-01-01T00:00:00Z fleet/edge-7 removed",
    ]);
  });

  it("keeps each change on its line", () => {
    const forged = { ...refused, message: "a\nb\u001b[2J" };
    expect(changeLines({ type: "added", key: KEY, object: host(forged) }, NOW)).toEqual([
      "2026-01-01T00:00:00Z fleet/edge-7 Ready=False ConnectionRefused: a b [2J",
    ]);
  });
});
