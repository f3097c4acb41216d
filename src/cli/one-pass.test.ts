import { expect, it } from "vitest";
import { hostManifests } from "../../test/support/merged-manifests.ts";
import { systemClock } from "../common/clock.ts";
import { FileResources } from "../files/file-resources.ts";
import { onePass, type PassReconcilers } from "./one-pass.ts";

async function pass(signal = new AbortController().signal) {
  const resources = new FileResources({ clock: systemClock });
  await resources.apply(hostManifests({ "fleet/a": {}, "fleet/b": {}, "fleet/c": {} }));
  const looked: string[] = [];
  const thrown: string[] = [];
  const reconcile = (key: string) => {
    looked.push(key);
    return key === "fleet/a" ? Promise.reject(new TypeError()) : Promise.resolve({ kind: "done" } as const);
  };
  const reconcilers: PassReconcilers = { connection: { reconcile }, updates: { reconcile } };
  await onePass(resources, reconcilers, signal, (key, error) => thrown.push(`${key} ${(error as Error).name}`));
  return { looked, thrown };
}

it("looks at the other hosts where one host's pass throws", async () => {
  const { looked, thrown } = await pass();
  expect(thrown).toEqual(["fleet/a TypeError"]);
  expect(looked.toSorted()).toEqual(["fleet/a", "fleet/b", "fleet/b", "fleet/c", "fleet/c"]);
});

it("ends if it is cut short", async () => {
  await expect(pass(AbortSignal.abort(new Error("stopped")))).rejects.toThrow("stopped");
});
