import { describe, expect, it } from "vitest";
import { dockerHost } from "../../test/support/docker-host.ts";
import { isUnclaimed } from "./claims.ts";

const CREATED = "2026-01-01T00:00:00Z";
const host = (observedGeneration?: number) => {
  const object = dockerHost({ ...(observedGeneration !== undefined && { status: { observedGeneration } }) });
  return { ...object, metadata: { ...object.metadata, generation: 2, creationTimestamp: CREATED } };
};
const afterSeconds = (seconds: number) => Date.parse(CREATED) + seconds * 1_000;

describe("a host", () => {
  it.each([undefined, -1, 1])(
    "is unclaimed while its status is of generation %s, once there was time",
    (generation) => {
      expect(isUnclaimed(host(generation), afterSeconds(60))).toBe(false);
      expect(isUnclaimed(host(generation), afterSeconds(61))).toBe(true);
    },
  );

  it("is not unclaimed once it was processed, nor while it is deleted", () => {
    expect(isUnclaimed(host(2), afterSeconds(3_600))).toBe(false);
    const { metadata, ...rest } = host(1);
    const deleted = { ...rest, metadata: { ...metadata, deletionTimestamp: CREATED } };
    expect(isUnclaimed(deleted, afterSeconds(3_600))).toBe(false);
  });
});
