import { describe, expect, it } from "vitest";
import { FakeClock } from "../../test/support/fake-clock.ts";
import { ERRAND, type ErrandStatus } from "../../test/support/second-kind.ts";
import { temporaryFolder } from "../../test/support/temp-folder.ts";
import { MANIFEST_KINDS } from "../api/kinds.ts";
import { silentLogger } from "../common/logger.ts";
import { FileObjects } from "./file-objects.ts";
import { FileResources } from "./file-resources.ts";
import { mergeManifests } from "./manifest-set.ts";
import { readManifests } from "./manifests.ts";
import { StateFolder } from "./state-folder.ts";

const signal = new AbortController().signal;
const KEY = "fleet/edge-7";

const manifest = (kind: string, spec: object, metadata: object = {}) =>
  JSON.stringify({
    apiVersion: "dockerhost.dev/v1alpha1",
    kind,
    metadata: { name: "edge-7", namespace: "fleet", ...metadata },
    spec,
  });

function merged(...documents: readonly string[]) {
  const read = readManifests(documents.join("\n---\n"), [...MANIFEST_KINDS, ERRAND]);
  if (!read.ok) throw new Error(read.failure.join("; "));
  return mergeManifests(new Map([["a.yaml", read.value]]));
}

const HOST = manifest("DockerHost", { host: "tcp://edge-7:2376" });
const run = manifest("Errand", { target: "shop" }, { labels: { ring: "canary" } });

function errands(state?: StateFolder) {
  return new FileObjects<ErrandStatus, "runner">(ERRAND, { clock: new FakeClock(), state });
}

describe("FileObjects of a second kind", () => {
  it("take their manifests from the same files, with the defaults of their own schema", async () => {
    const objects = errands();
    const resources = new FileResources({ clock: new FakeClock(), others: [objects] });
    await resources.apply(merged(HOST, run));
    expect(resources.hosts.list()).toMatchObject([{ kind: "DockerHost", metadata: { name: "edge-7" } }]);
    expect(objects.store.list()).toMatchObject([
      {
        kind: "Errand",
        metadata: { name: "edge-7", generation: 1, labels: { ring: "canary" } },
        spec: { target: "shop", retries: 3 },
      },
    ]);
    await resources.apply(merged(HOST));
    expect([resources.hosts.size, objects.store.size]).toEqual([1, 0]);
  });

  it("notice changed labels, and count only changed specs as generations", async () => {
    const objects = errands();
    await objects.apply(merged(run));
    await objects.apply(merged(manifest("Errand", { target: "shop" }, { labels: { ring: "rest" } })));
    expect(objects.get(KEY)?.metadata).toMatchObject({ generation: 1, labels: { ring: "rest" } });
    await objects.apply(merged(manifest("Errand", { target: "desk" })));
    expect(objects.get(KEY)?.metadata.generation).toBe(2);
  });

  it("keep their state in files of their own, held to their own schema", async () => {
    const folder = await temporaryFolder();
    const [hostState, state] = [new StateFolder(folder, silentLogger), new StateFolder(folder, silentLogger, ERRAND)];
    await hostState.save(KEY, { spec: {}, generation: 7, creationTimestamp: "", status: { endpoint: "a" } });
    const objects = errands(state);
    await objects.apply(merged(run));
    await objects.saveStatus(objects.get(KEY) ?? expect.fail(), "runner", { phase: "Done" }, signal);
    expect(await state.load(KEY)).toMatchObject({ generation: 1, status: { phase: "Done" } });
    expect(await hostState.load(KEY)).toMatchObject({ generation: 7, status: { endpoint: "a" } });
    await state.save(KEY, { spec: {}, generation: 1, creationTimestamp: "", status: { phase: "Elsewhere" } });
    expect(await state.load(KEY)).toBeUndefined();
  });

  it("name all kinds that are read when a manifest has another", () => {
    const read = readManifests(manifest("errand", {}), [...MANIFEST_KINDS, ERRAND]);
    expect(read).toEqual({
      ok: false,
      failure: [
        "errand of dockerhost.dev/v1alpha1 is not supported; this program reads DockerHost and Errand of dockerhost.dev/v1alpha1",
      ],
    });
    expect(readManifests(manifest("Errand", { target: "a", retry: 1 }), [ERRAND])).toEqual({
      ok: false,
      failure: ['Errand "edge-7": unknown field "spec.retry"; correct or remove it'],
    });
  });
});
