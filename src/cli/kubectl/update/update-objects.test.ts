import { describe, expect, it } from "vitest";
import { containerUpdate, DIGEST, updatableHost } from "../../../../test/support/container-update.ts";
import { parseUpdateSpec } from "../../../api/container-update.ts";
import { isKubeName } from "../../../runtime/kube-object.ts";
import { plain } from "../../condition-lines.ts";
import { historyLines } from "./history.ts";
import { orderLines } from "./order-lines.ts";
import { orderBack } from "./rollback.ts";
import { updateName, updateObject } from "./update-objects.ts";

const order = (container: string) => ({ container, image: "shop/web:1", digest: DIGEST });
const OLD = `sha256:${"a".repeat(64)}`;
const NOW = Date.parse("2026-01-02T00:00:00Z");

describe("the name of an update", () => {
  it.each(["web", "Web_1", "a.b", "-_-", "x".repeat(255), `${"x".repeat(240)}-_.y`])(
    "is valid for container %s",
    (container) => {
      const name = updateName("edge-7", order(container));
      expect(isKubeName(name), name).toBe(true);
      expect(name).toMatch(/^edge-7-?.*-[0-9a-f]{8}$/);
    },
  );

  it("is the same for the same update, and another one for any other", () => {
    const name = updateName("edge-7", order("web"));
    expect(updateName("edge-7", order("web"))).toBe(name);
    const others = [
      updateName("edge-7", order("Web")),
      updateName("edge-7", { ...order("web"), image: "shop/web:2" }),
      updateName("edge-7", { ...order("web"), digest: OLD }),
      updateName("edge-7", order("web"), "later"),
      updateName("edge-8", order("web")),
    ];
    expect(new Set([name, ...others]).size).toBe(6);
  });
});

describe("the object of an update", () => {
  it("has only what was asked for, fits the schema and is owned by the host", () => {
    const host = updatableHost();
    expect(updateObject(host, order("web"), {}, "name")).toEqual({
      apiVersion: "dockerhost.dev/v1alpha1",
      kind: "ContainerUpdate",
      metadata: {
        name: "name",
        namespace: "fleet",
        ownerReferences: [
          { apiVersion: "dockerhost.dev/v1alpha1", kind: "DockerHost", name: "edge-7", uid: host.metadata.uid },
        ],
      },
      spec: { hostRef: { name: "edge-7" }, ...order("web") },
    });
    const terms = { healthTimeout: "1m", stableFor: "2s", keep: true, removeOldImage: true, hooks: true };
    const { spec } = updateObject(host, order("web"), terms, "name");
    expect(parseUpdateSpec(spec)).toMatchObject({
      ok: true,
      value: {
        health: { timeout: "1m", stableFor: "2s" },
        onFailure: "Keep",
        removeOldImage: true,
        hooks: "Labels",
      },
    });
  });
});

describe("the way back", () => {
  const succeeded = (name: string, before: object | undefined, spec: object = {}) =>
    containerUpdate(
      spec,
      {
        phase: "Succeeded",
        after: { digest: DIGEST },
        ...(before !== undefined && { before: { imageID: "sha256:old", ...before } }),
      },
      { name },
    );

  it("leads to the image that the newest successful update of the container replaced", () => {
    const updates = [
      containerUpdate({}, { phase: "RolledBack", before: { imageID: "sha256:x", digest: OLD } }),
      succeeded("other", { digest: DIGEST }, { container: "other" }),
      succeeded("newest", { image: "shop/web:0.9", digest: OLD }),
      succeeded("oldest", { digest: DIGEST }),
    ];
    expect(orderBack(updates, "edge-7", "web")).toEqual({
      container: "web",
      image: "shop/web:0.9",
      digest: OLD,
      running: DIGEST,
    });
  });

  it.each([
    ["without an update", [], "no successful update of container web is known"],
    ["from an image that was built on the host", [succeeded("web", {})], "has no digest of a registry"],
  ])("is not known %s", (_, updates, words) => {
    expect(() => orderBack(updates, "edge-7", "web")).toThrow(words);
  });
});

describe("what a user sees", () => {
  it("of a plan", () => {
    const skipped = [{ container: "db", why: "its image postgres@sha256:1 is pinned by digest" }];
    const orders = [{ ...order("web"), running: OLD }];
    expect(orderLines("fleet/edge-7", orders, skipped, {}, { width: 80, paint: plain })).toEqual([
      "fleet/edge-7: 1 container will be updated.",
      "",
      "web",
      "  image    shop/web:1",
      "  from     sha256:aaaaaaaaaaaa",
      "  to       sha256:dddddddddddd",
      "",
      "Not updated: db: its image postgres@sha256:1 is pinned by digest",
      "",
      "Each old container is kept until the new one is healthy (within 5m) or has run",
      "for 30s. If it fails, the old one is put back. Before it changes anything, the",
      "controller shows what else is touched and what will differ.",
    ]);
    expect(orderLines("fleet/edge-7", [], [], {}, { width: 80, paint: plain })).toEqual([
      "fleet/edge-7: no container will be updated.",
    ]);
  });

  it("of the history", () => {
    const ended = {
      phase: "RolledBack",
      before: { imageID: "sha256:old", digest: OLD },
      conditions: [
        {
          type: "Ready",
          status: "False",
          reason: "ContainerExited",
          message: "It ended",
          observedGeneration: 1,
          lastTransitionTime: "2026-01-01T00:00:00Z",
        },
      ],
    } as const;
    const created = { creationTimestamp: "2026-01-01T23:00:00Z" };
    const updates = [
      containerUpdate({}, { ...ended, conditions: [...ended.conditions] }, { ...created, name: "second" }),
      containerUpdate({}, { phase: "Succeeded", downtime: "1.8s" }, { ...created, name: "first" }),
    ];
    const text = (width: number | undefined) =>
      historyLines(updates, { now: NOW, width, wide: false }, (line) => line).map((line) => line.trimEnd());
    expect(text(undefined)).toEqual([
      "CONTAINER   PHASE        IMAGE        FROM                  TO                    DOWNTIME   AGE   NAME     MESSAGE",
      "web         RolledBack   shop/web:1   sha256:aaaaaaaaaaaa   sha256:dddddddddddd   -          60m   second   It ended",
      "web         Succeeded    shop/web:1   -                     sha256:dddddddddddd   1.8s       60m   first",
    ]);
    expect(Math.max(...text(60).map((line) => line.length))).toBeLessThanOrEqual(60);
    expect(text(60)).toContain("    It ended");
  });
});
