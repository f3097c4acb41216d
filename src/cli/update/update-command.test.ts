import { describe, expect, it } from "vitest";
import { runCli } from "../../../test/support/cli.ts";

/** Nothing listens there. */
const NOWHERE = "tcp://127.0.0.1:1";

function manifest(spec: object): string {
  const metadata = { name: "edge-7", namespace: "fleet" };
  return JSON.stringify({ apiVersion: "dockerhost.dev/v1alpha1", kind: "DockerHost", metadata, spec });
}

/** `update edge-7 web -f -` of a host at which nothing listens. */
async function updateOf(spec: object) {
  const stdin = manifest({ host: NOWHERE, ...spec });
  const { code, stdout, stderr } = await runCli(["update", "edge-7", "web", "--yes", "-f", "-"], { stdin });
  return { code, stdout, stderr: stderr.replace(/\s+/g, " ").trim() };
}

describe("dockerhost update of a host that cannot be updated", () => {
  it("says why it cannot be reached, and what to do", async () => {
    const { code, stdout, stderr } = await runCli(["update", "web", "--yes", "--host", NOWHERE]);
    expect([code, stdout]).toEqual([1, ""]);
    expect(stderr.trim()).toMatch(/^error: 127\.0\.0\.1-1: .*127\.0\.0\.1:1.*refused.*\. [A-Z].*\.$/s);
    expect(stderr).not.toContain("Ready");
  });

  it("says the same of a host in a manifest", async () => {
    const { code, stderr } = await updateOf({ allowUpdates: true });
    expect(code).toBe(1);
    expect(stderr).toMatch(/^error: fleet\/edge-7: .*127\.0\.0\.1:1.*\. [A-Z].*\.$/);
    expect(stderr).not.toContain("Ready");
  });

  it("says that it is suspended", async () => {
    const { code, stderr } = await updateOf({ allowUpdates: true, suspend: true });
    expect([code, stderr]).toEqual([1, expect.stringContaining("remove spec.suspend from its manifest")]);
  });

  it("says that it does not allow updates, without a connection", async () => {
    const { code, stderr } = await updateOf({});
    expect(code).toBe(1);
    expect(stderr).toBe("error: fleet/edge-7 does not allow updates. Set spec.allowUpdates: true in its manifest");
  });

  it("says what is wrong with its spec", async () => {
    const { code, stderr } = await updateOf({ allowUpdates: true, timeout: "never" });
    expect(code).toBeGreaterThan(0);
    expect(stderr).toContain("timeout");
  });
});
