import { describe, expect, it, vi } from "vitest";
import { FakeClock } from "../../test/support/fake-clock.ts";
import { hostManifests } from "../../test/support/merged-manifests.ts";
import type { DockerHostObject } from "../api/docker-host.ts";
import type { DockerHostStatus } from "../api/status.ts";
import type { HostEvent } from "../dockerhost/ports.ts";
import type { StateStore, StoredObject } from "./file-objects.ts";
import { FileResources, type FileResourcesOptions } from "./file-resources.ts";
import type { MergedManifests } from "./manifest-set.ts";

const KEY = "fleet/edge-7";
const SPEC = { host: "tcp://edge-7:2376" };

function manifests(
  spec: unknown = SPEC,
  more: {
    annotations?: Readonly<Record<string, string>>;
    secrets?: Readonly<Record<string, Readonly<Record<string, string>>>>;
  } = {},
): MergedManifests {
  const { annotations, secrets = {} } = more;
  const host = { spec, ...(annotations && { annotations }) };
  return hostManifests({ [KEY]: host }, secrets);
}

const NOTHING = hostManifests({});

function get(resources: FileResources): DockerHostObject {
  const host = resources.getHost(KEY);
  if (host === undefined) throw new Error("there is no such host");
  return host;
}

function condition(type: "Ready" | "UpdatesAvailable", status: "True" | "False") {
  const times = { observedGeneration: 1, lastTransitionTime: "2026-01-01T00:00:00Z" };
  return { type, status, reason: "Succeeded", message: "", ...times };
}

class MemoryState implements StateStore {
  readonly hosts = new Map<string, StoredObject>();

  async load(key: string) {
    return this.hosts.get(key);
  }

  async save(key: string, host: StoredObject) {
    this.hosts.set(key, host);
  }

  async remove(key: string) {
    this.hosts.delete(key);
  }
}

async function applied(options: Partial<FileResourcesOptions> = {}, first = manifests()) {
  const clock = new FakeClock();
  const resources = new FileResources({ clock, ...options });
  await resources.apply(first);
  return { clock, resources };
}

describe("FileResources", () => {
  it("stores a host as the API server would: with defaults, a generation and the time of its creation", async () => {
    const { resources } = await applied();
    expect(get(resources)).toMatchObject({
      apiVersion: "dockerhost.dev/v1alpha1",
      kind: "DockerHost",
      metadata: { name: "edge-7", namespace: "fleet", generation: 1, creationTimestamp: "2026-01-01T00:00:00Z" },
      spec: { host: "tcp://edge-7:2376", interval: "5m", tls: { verify: false } },
    });
  });

  it("increases the generation only with the spec", async () => {
    const { resources } = await applied();
    await resources.apply(manifests({ ...SPEC, interval: "5m" }));
    expect(get(resources).metadata.generation).toBe(1);
    await resources.apply(manifests(SPEC, { annotations: { "dockerhost.dev/requestedAt": "1" } }));
    expect(get(resources).metadata).toMatchObject({
      generation: 1,
      annotations: { "dockerhost.dev/requestedAt": "1" },
    });
    await resources.apply(manifests({ ...SPEC, interval: "10m" }));
    expect(get(resources).metadata.generation).toBe(2);
  });

  it("reports no change if there is none", async () => {
    const { resources } = await applied();
    const changes: string[] = [];
    resources.hosts.subscribe(({ type }) => changes.push(type));
    await resources.apply(manifests());
    expect(changes).toEqual([]);
    await resources.apply(manifests({ host: "tcp://edge-8:2376" }));
    await resources.apply(NOTHING);
    expect(changes).toEqual(["updated", "deleted"]);
  });

  it("keeps an invalid spec as it is, for the reconciler to report", async () => {
    const { resources } = await applied({}, manifests({ host: "edge-7" }));
    expect(get(resources).spec).toEqual({ host: "edge-7" });
  });

  it("keeps the status over changes of the spec, and loses it with the host", async () => {
    const { resources } = await applied();
    await resources.saveStatus(get(resources), "connection", { observedGeneration: 1 });
    await resources.apply(manifests({ ...SPEC, interval: "10m" }));
    expect(get(resources).status).toMatchObject({ observedGeneration: 1 });
    await resources.apply(NOTHING);
    await resources.apply(manifests());
    expect(get(resources)).toMatchObject({ metadata: { generation: 1 } });
    expect(get(resources).status).toBeUndefined();
  });

  it("merges the two owners' parts of the status", async () => {
    const { resources } = await applied();
    const ready = condition("Ready", "True");
    const available = condition("UpdatesAvailable", "False");
    const updates: DockerHostStatus["updates"] = { total: 3 };
    await resources.saveStatus(get(resources), "connection", { endpoint: "https://edge-7:2376", conditions: [ready] });
    await resources.saveStatus(get(resources), "updates", { conditions: [available], updates });
    expect(get(resources).status).toEqual({ endpoint: "https://edge-7:2376", conditions: [ready, available], updates });
    await resources.saveStatus(get(resources), "connection", { conditions: [condition("Ready", "False")] });
    expect(get(resources).status).toEqual({ conditions: [condition("Ready", "False"), available], updates });
  });

  it("says whether it was stored, and stores an intent only on the host that the caller saw", async () => {
    const { resources } = await applied();
    const host = get(resources);
    const save = (total: number, onlyIfUnchanged: boolean, seen = host) =>
      resources.saveStatus(seen, "updates", { updates: { total } }, undefined, { onlyIfUnchanged });
    expect(await save(1, true)).toBe("stored");
    expect(await save(2, true)).toBe("changed");
    expect(get(resources).status?.updates).toEqual({ total: 1 });
    expect(await save(2, false)).toBe("stored");
    expect(await save(3, true, get(resources))).toBe("stored");
    await resources.apply(NOTHING);
    expect(await save(4, true)).toBe("gone");
  });

  it("merges onto the status of now, not onto the one that a pass began with", async () => {
    const { resources } = await applied();
    const atTheStart = get(resources);
    await resources.saveStatus(atTheStart, "updates", { updates: { total: 3 } });
    await resources.saveStatus(atTheStart, "connection", { observedGeneration: 1 });
    expect(get(resources).status).toEqual({ conditions: [], observedGeneration: 1, updates: { total: 3 } });
  });

  it("skips a write that changes nothing", async () => {
    const state = new MemoryState();
    const { resources } = await applied({ state });
    await resources.saveStatus(get(resources), "connection", { observedGeneration: 1, conditions: [] });
    const { resourceVersion } = get(resources).metadata;
    state.hosts.clear();
    await resources.saveStatus(get(resources), "connection", { observedGeneration: 1, conditions: [] });
    expect(get(resources).metadata.resourceVersion).toBe(resourceVersion);
    expect(state.hosts.size).toBe(0);
  });

  it("writes again what could not be kept, though it is known already", async () => {
    const state = new MemoryState();
    const { resources } = await applied({ state });
    vi.spyOn(state, "save").mockRejectedValueOnce(new Error("no space left on device"));
    const save = () => resources.saveStatus(get(resources), "connection", { observedGeneration: 1 });
    await expect(save()).rejects.toThrow("no space left");
    expect(state.hosts.size).toBe(0);
    await save();
    expect(state.hosts.get(KEY)?.status).toMatchObject({ observedGeneration: 1 });
  });

  it("drops the status of a host that was removed during the pass", async () => {
    const state = new MemoryState();
    const { resources } = await applied({ state });
    const host = get(resources);
    await resources.apply(NOTHING);
    await resources.saveStatus(host, "connection", { observedGeneration: 1 });
    expect(resources.getHost(KEY)).toBeUndefined();
    expect(state.hosts.size).toBe(0);
  });

  it("serves Secrets by namespace and name, as the manifests have them now", async () => {
    const { resources } = await applied({}, manifests(SPEC, { secrets: { "fleet/tls": { "ca.pem": "1" } } }));
    expect(await resources.getSecret("fleet", "tls")).toEqual({ ok: true, value: { "ca.pem": "1" } });
    expect(await resources.getSecret("other", "tls")).toEqual({ ok: true, value: undefined });
    await resources.apply(manifests(SPEC, { secrets: { "fleet/tls": { "ca.pem": "2" } } }));
    expect(await resources.getSecret("fleet", "tls")).toEqual({ ok: true, value: { "ca.pem": "2" } });
  });

  it("reports each Secret that appeared, changed or disappeared, when it can be read already", async () => {
    const seen: string[] = [];
    const clock = new FakeClock();
    const resources: FileResources = new FileResources({
      clock,
      onSecretChange: (key) => {
        seen.push(key);
      },
    });
    await resources.apply(manifests(SPEC, { secrets: { "fleet/a": {}, "fleet/b": {} } }));
    await resources.apply(manifests(SPEC, { secrets: { "fleet/a": {}, "fleet/b": { "ca.pem": "1" } } }));
    await resources.apply(manifests());
    expect(seen).toEqual(["fleet/a", "fleet/b", "fleet/b", "fleet/a", "fleet/b"]);
  });

  it("passes events on", async () => {
    const seen: HostEvent[] = [];
    const { resources } = await applied({ onEvent: (_host, event) => seen.push(event) });
    const event = { type: "Normal", reason: "Succeeded", action: "Connect", message: "" } as const;
    resources.recordEvent(get(resources), event);
    expect(seen).toEqual([event]);
  });

  describe("with a state that outlives it", () => {
    it("continues where it left off: generation, creation and status", async () => {
      const state = new MemoryState();
      const { resources } = await applied({ state });
      await resources.apply(manifests({ ...SPEC, interval: "10m" }));
      await resources.saveStatus(get(resources), "connection", { observedGeneration: 2 });

      const clock = new FakeClock(Date.parse("2026-06-01T00:00:00Z"));
      const again = new FileResources({ clock, state });
      await again.apply(manifests({ ...SPEC, interval: "10m" }));
      expect(get(again)).toMatchObject({
        metadata: { generation: 2, creationTimestamp: "2026-01-01T00:00:00Z" },
        status: { observedGeneration: 2 },
      });
    });

    it("sees that the spec was changed in between", async () => {
      const state = new MemoryState();
      const { resources } = await applied({ state });
      await resources.saveStatus(get(resources), "connection", { observedGeneration: 1 });
      const { resources: again } = await applied({ state }, manifests({ ...SPEC, interval: "10m" }));
      expect(get(again)).toMatchObject({ metadata: { generation: 2 }, status: { observedGeneration: 1 } });
    });

    it("forgets a host that is gone", async () => {
      const state = new MemoryState();
      const { resources } = await applied({ state });
      await resources.saveStatus(get(resources), "connection", { observedGeneration: 1 });
      await resources.apply(NOTHING);
      expect(state.hosts.size).toBe(0);
    });
  });
});

it("stores by the retry what failed while an earlier write of the other owner was still under way", async () => {
  const { promise: earlier, resolve: finish } = Promise.withResolvers<void>();
  const stored: StoredObject[] = [];
  const saves = [
    async (host: StoredObject) => {
      await earlier;
      stored.push(host);
    },
    async () => {
      throw new Error("the disk is full");
    },
  ];
  const state = new MemoryState();
  state.save = async (_key, host) => await (saves.shift() ?? (async () => void stored.push(host)))(host);
  const { resources } = await applied({ state });
  const part = { conditions: [condition("UpdatesAvailable", "True")] };
  const first = resources.saveStatus(get(resources), "connection", { conditions: [condition("Ready", "True")] });
  await expect(resources.saveStatus(get(resources), "updates", part)).rejects.toThrow("full");
  finish();
  await first;
  await resources.saveStatus(get(resources), "updates", part);
  expect(stored.at(-1)?.status).toMatchObject({ conditions: [{ type: "Ready" }, { type: "UpdatesAvailable" }] });
});
