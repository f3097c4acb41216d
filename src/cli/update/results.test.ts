import { describe, expect, it } from "vitest";
import { advised } from "../../api/failure.ts";
import type { ReplacementResult } from "../../replacement/request.ts";
import { endsTheRun, exitCode, resultText } from "./results.ts";

const target = { container: "web", image: "shop/web:1", digest: `sha256:${"b".repeat(64)}` };
const text = (result: ReplacementResult) => resultText(target, result, "0123456789ab", "flags");

describe("the exit code", () => {
  it.each([
    [[], 0],
    [["Succeeded", "UpToDate"], 0],
    [["Succeeded", "RolledBack"], 4],
    [["RolledBack", "RolledBack"], 4],
    [["RolledBack", "Failed"], 1],
    [["Succeeded", "Kept"], 1],
    [["Cancelled"], 1],
    [["Superseded"], 1],
    [["Busy"], 1],
    [["Interrupted"], 1],
    [["Succeeded", "NotBegun"], 1],
  ] as const)("of %j is %d", (kinds, code) => {
    expect(exitCode(kinds)).toBe(code);
  });
});

describe("the text about an update", () => {
  it("names the digest and the downtime of one that succeeded", () => {
    const done = { kind: "Succeeded", before: "a", after: "b", warnings: [] } as const;
    expect(text({ ...done, downtimeMs: 1_846.8 })).toBe("web now runs sha256:bbbbbbbbbbbb, and was down for 1.8s.");
    expect(text({ ...done, downtimeMs: 61_499 })).toBe("web now runs sha256:bbbbbbbbbbbb, and was down for 1m1s.");
    expect(text(done)).toBe("web now runs sha256:bbbbbbbbbbbb.");
  });

  it("says once that one was cancelled", () => {
    const failure = advised("UpdateCancelled", "The update was cancelled while the image was pulled");
    expect(text({ kind: "Cancelled", failure })).toBe(
      "web was not updated, and the old container is as it was. The update was cancelled while the image was pulled. Run the command again to try again.",
    );
  });

  it("names flags, not fields of an object", () => {
    const failure = advised("HealthCheckTimedOut", "The new container web was still starting after 5m");
    expect(text({ kind: "RolledBack", failure })).toBe(
      "web was not updated, and the old container is back as it was. The new container web was still starting after 5m. Find out why the container does not become healthy, or allow it more time with --health-timeout.",
    );
  });

  it("shows the name under which an old container is kept", () => {
    const failure = advised("ContainerExited", "The new container web ended (exit code 1)");
    expect(text({ kind: "Kept", failure })).toContain("under the name web.dockerhost-0123456789ab-kept.");
  });

  it("never claims that nothing was changed if a rollback failed", () => {
    const failure = advised("RollbackFailed", "Of web there is none");
    expect(text({ kind: "Failed", failure })).not.toContain("nothing was changed");
    expect(endsTheRun({ kind: "Failed", failure })).toBe(true);
    const refused = advised("ContainerPaused", "Container web is not replaced: it is paused");
    expect(text({ kind: "Failed", failure: refused })).toContain("nothing was changed");
    expect(endsTheRun({ kind: "Failed", failure: refused })).toBe(false);
  });
});
