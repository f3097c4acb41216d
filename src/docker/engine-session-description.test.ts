import { describe, expect, it } from "vitest";
import { openSession, startTlsDaemon, tlsTarget } from "../../test/support/engine-sessions.ts";

describe("EngineSession.connect through a proxy", () => {
  const denied = { kind: "status", status: 403 } as const;
  const facts = { name: "Docker", version: "28.5.2", apiVersion: "1.51", os: "linux" };
  const engine = { version: "28.5.2", apiVersion: "1.51", minAPIVersion: "1.24" };

  it("knows the engine from the ping where /version is denied", async () => {
    const daemon = await startTlsDaemon({ engine });
    await daemon.setFaults({ ...denied, path: "/version" });
    expect(await openSession(tlsTarget(daemon)).connect(undefined)).toEqual({ ok: true, value: facts });
  });

  it("knows it from /version where the ping is denied", async () => {
    const daemon = await startTlsDaemon({ engine });
    await daemon.setFaults({ ...denied, path: "/_ping" });
    expect(await openSession(tlsTarget(daemon)).connect(undefined)).toMatchObject({ ok: true, value: facts });
  });

  it("still refuses a version that the daemon does not serve", async () => {
    const daemon = await startTlsDaemon({ engine });
    await daemon.setFaults({ ...denied, path: "/version" });
    const refused = await openSession(tlsTarget(daemon)).connect("1.52");
    expect(refused).toMatchObject({ failure: { reason: "APIVersionUnsupported" } });
  });

  it("fails where both are denied, and names what would allow the ping", async () => {
    const daemon = await startTlsDaemon({ engine });
    await daemon.setFaults(denied);
    expect(await openSession(tlsTarget(daemon)).connect(undefined)).toMatchObject({
      failure: { reason: "PermissionDenied", message: expect.stringContaining("GET /_ping (Tecnativa: set PING=1;") },
    });
  });
});

describe("EngineSession.probe", () => {
  it("reports what is allowed, and why the rest is not", async () => {
    const daemon = await startTlsDaemon({ engine: { apiVersion: "1.51" } });
    await daemon.setFaults({ kind: "status", status: 403, path: "/images/" });
    expect(await openSession(tlsTarget(daemon)).probe("1.51", "7".repeat(64))).toMatchObject([
      { capability: "list", allowed: true },
      { capability: "inspect", allowed: true },
      { capability: "imageInspect", allowed: false, denial: { reason: "PermissionDenied" } },
      { capability: "distribution", allowed: true },
    ]);
  });
});

describe("EngineSession.describe", () => {
  const engine = { name: "Docker", version: "25.0.0", apiVersion: "1.44", os: "linux" } as const;

  it.each(["containerd", "graphdriver"] as const)("reports the host and its image store: %s", async (imageStore) => {
    const daemon = await startTlsDaemon({ imageStore, engine: { id: "abc", name: "edge-7" } });
    expect(await openSession(tlsTarget(daemon)).describe(engine)).toEqual({
      ok: true,
      value: { id: "abc", hostname: "edge-7", imageStore },
    });
  });

  it("does not use the id from Podman, which generates another for each answer", async () => {
    const daemon = await startTlsDaemon({ imageStore: "graphdriver", engine: { id: "abc", name: "edge-7" } });
    expect(await openSession(tlsTarget(daemon)).describe({ ...engine, name: "Podman" })).toEqual({
      ok: true,
      value: { hostname: "edge-7", imageStore: "graphdriver" },
    });
  });

  it("names the request that a proxy denies", async () => {
    const daemon = await startTlsDaemon();
    await daemon.setFaults({ kind: "status", status: 403, path: "/info" });
    expect(await openSession(tlsTarget(daemon)).describe(engine)).toMatchObject({
      failure: {
        reason: "PermissionDenied",
        message: expect.stringContaining("GET /v1.44/info (Tecnativa: set INFO=1"),
      },
    });
  });
});
