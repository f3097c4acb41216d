import { describe, expect, it } from "vitest";
import { DockerHostSpecSchema } from "./spec.ts";
import { unknownFields } from "./unknown-fields.ts";

const find = (spec: unknown) => unknownFields(DockerHostSpecSchema, spec, "spec");

describe("unknownFields", () => {
  it("finds nothing in a spec of known fields", () => {
    expect(find({ host: "tcp://edge-7", tls: { verify: true } })).toEqual([]);
  });

  it("names each field by its path, at any depth, and the one that was probably meant", () => {
    const found = find({
      hots: "tcp://edge-7",
      tls: { verfy: true, nonsense: 1 },
      updateCheck: { registries: [{ host: "a" }, { host: "b", insecur: true }] },
    });
    expect(found).toEqual([
      { path: "spec.hots", meant: "spec.host" },
      { path: "spec.tls.verfy", meant: "spec.tls.verify" },
      { path: "spec.tls.nonsense" },
      { path: "spec.updateCheck.registries[1].insecur", meant: "spec.updateCheck.registries[1].insecure" },
    ]);
  });

  it("finds a field in the wrong place, if there is only one of its name", () => {
    expect(find({ certSecretRef: { name: "x" } })).toEqual([
      { path: "spec.certSecretRef", meant: "spec.tls.certSecretRef" },
    ]);
    expect(find({ name: "x" })).toEqual([{ path: "spec.name" }]);
  });

  it("finds only the first of very many", () => {
    const spec = Object.fromEntries(Array.from({ length: 100_000 }, (_, index) => [`hos${index}`, 1]));
    expect(find(spec).map(({ path }) => path)).toEqual(Array.from({ length: 20 }, (_, index) => `spec.hos${index}`));
  });

  it("is not misled by names that every object has", () => {
    const paths = find({ constructor: 1, toString: 2 }).map(({ path }) => path);
    expect(paths).toEqual(["spec.constructor", "spec.toString"]);
  });

  it("finds them next to values of the wrong type", () => {
    expect(find({ host: 7, hots: "x", tls: [], updateCheck: { containers: "x", schedul: 1 } })).toEqual([
      { path: "spec.hots", meant: "spec.host" },
      { path: "spec.updateCheck.schedul", meant: "spec.updateCheck.schedule" },
    ]);
    for (const spec of [undefined, null, "host", 7, []]) expect(find(spec)).toEqual([]);
  });
});
