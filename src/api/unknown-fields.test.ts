import { describe, expect, it } from "vitest";
import { DockerHostSpecSchema } from "./spec.ts";
import { unknownFields } from "./unknown-fields.ts";

const find = (spec: unknown) => unknownFields(DockerHostSpecSchema, spec, "spec");

describe("unknownFields", () => {
  it("finds nothing in a spec of known fields", () => {
    expect(find({ host: "tcp://edge-7", tls: { verify: true } })).toEqual([]);
  });

  it("names each field by its path, at any depth", () => {
    expect(
      find({
        hots: "tcp://edge-7",
        tls: { verfy: true },
        updateCheck: { registries: [{ host: "a" }, { host: "b", insecur: true }] },
      }),
    ).toEqual(["spec.hots", "spec.tls.verfy", "spec.updateCheck.registries[1].insecur"]);
  });

  it("is not misled by names that every object has", () => {
    expect(find({ constructor: 1, toString: 2 })).toEqual(["spec.constructor", "spec.toString"]);
  });

  it("leaves a spec that does not match the schema to the parse", () => {
    expect(find({ host: 7, hots: "x" })).toEqual([]);
  });
});
