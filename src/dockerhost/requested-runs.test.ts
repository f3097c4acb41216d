import { describe, expect, it } from "vitest";
import { dockerHost } from "../../test/support/docker-host.ts";
import { FLUX_REQUESTED_AT, REQUESTED_AT } from "../api/docker-host.ts";
import { handledRequests, isRequested } from "./requested-runs.ts";

describe("handledRequests", () => {
  it("echoes each annotation in its own field", () => {
    const host = dockerHost({ annotations: { [REQUESTED_AT]: "a", [FLUX_REQUESTED_AT]: "b", other: "c" } });
    expect(handledRequests(host)).toEqual({ lastHandledRequestedAt: "a", lastHandledReconcileAt: "b" });
  });

  it("echoes nothing if nothing is asked for", () => {
    expect(handledRequests(dockerHost())).toEqual({});
  });

  it("keeps to the bound of the status", () => {
    const host = dockerHost({ annotations: { [REQUESTED_AT]: "x".repeat(600) } });
    expect(handledRequests(host).lastHandledRequestedAt?.length).toBe(512);
  });
});

describe("a token that is cut in the middle of a character", () => {
  it("is handled once the API server has stored its echo", () => {
    const host = dockerHost({ annotations: { [REQUESTED_AT]: `${"x".repeat(511)}😀` } });
    // The server replaces halves of characters.
    const stored = JSON.parse(JSON.stringify(handledRequests(host)).replaceAll("\\ud83d", "\ufffd"));
    expect(isRequested(host, stored)).toBe(false);
  });
});

describe("isRequested", () => {
  it.each([
    ["a first request", { [REQUESTED_AT]: "a" }, undefined, true],
    ["a request that was handled", { [REQUESTED_AT]: "a" }, { lastHandledRequestedAt: "a" }, false],
    ["a new value", { [REQUESTED_AT]: "b" }, { lastHandledRequestedAt: "a" }, true],
    ["an annotation that was removed", {}, { lastHandledRequestedAt: "a" }, false],
    ["Flux's request", { [FLUX_REQUESTED_AT]: "a" }, { lastHandledRequestedAt: "a" }, true],
    [
      "Flux's request beside one of ours that was handled",
      { [REQUESTED_AT]: "a", [FLUX_REQUESTED_AT]: "b" },
      { lastHandledRequestedAt: "a", lastHandledReconcileAt: "a" },
      true,
    ],
    ["an empty value, which is one, too", { [REQUESTED_AT]: "" }, undefined, true],
  ])("of %s", (_what, annotations, handled, expected) => {
    expect(isRequested(dockerHost({ annotations }), handled)).toBe(expected);
  });

  it("takes a token that is too long for the status as handled once its beginning was", () => {
    const host = dockerHost({ annotations: { [REQUESTED_AT]: "x".repeat(600) } });
    expect(isRequested(host, handledRequests(host))).toBe(false);
  });
});
