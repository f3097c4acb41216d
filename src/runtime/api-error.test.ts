import { describe, expect, it } from "vitest";
import { DeadlineExceeded } from "../common/deadline.ts";
import { failureFromError, failureFromStatus, isTransient } from "./api-error.ts";

const what = "GET /api/v1/pods";

describe("failureFromStatus", () => {
  it.each([
    [400, "BadRequest", "Invalid"],
    [401, "Unauthorized", "Unauthorized"],
    [403, "Forbidden", "Forbidden"],
    [404, "NotFound", "NotFound"],
    [409, "Conflict", "Conflict"],
    [409, "AlreadyExists", "AlreadyExists"],
    [410, "Expired", "Gone"],
    [413, "RequestEntityTooLarge", "TooLarge"],
    [422, "Invalid", "Invalid"],
    [429, "TooManyRequests", "TooManyRequests"],
    [500, "InternalError", "ServerError"],
    [503, "ServiceUnavailable", "ServerError"],
    [302, "", "BadResponse"],
  ])("%i %s is %s", (status, reason, kind) => {
    expect(failureFromStatus(what, status, { reason }).kind).toBe(kind);
  });

  it("holds the call, the code and the server's words", () => {
    const failure = failureFromStatus(what, 404, { message: 'pods "a" not found', reason: "NotFound" });
    expect(failure).toEqual({ kind: "NotFound", status: 404, message: 'GET /api/v1/pods: 404: pods "a" not found' });
  });

  it("takes the code of a watch's Status over that of the answer", () => {
    expect(failureFromStatus(what, 500, { code: 410, reason: "Expired" })).toMatchObject({ kind: "Gone", status: 410 });
  });

  it("reads how long to wait from the header, else from the details", () => {
    expect(failureFromStatus(what, 429, {}, "7").retryAfterMs).toBe(7_000);
    expect(failureFromStatus(what, 429, {}, "86400").retryAfterMs).toBe(60_000);
    expect(failureFromStatus(what, 429, { details: { retryAfterSeconds: 3 } }).retryAfterMs).toBe(3_000);
    expect(failureFromStatus(what, 429, {}, "Wed, 21 Oct 2026 07:28:00 GMT")).not.toHaveProperty("retryAfterMs");
  });

  it("asks for a new list when our version lies in the server's future", () => {
    const details = { causes: [{ reason: "ResourceVersionTooLarge" }] };
    expect(failureFromStatus(what, 504, { reason: "Timeout", details }).kind).toBe("Gone");
  });

  it("survives any body", () => {
    for (const body of [undefined, null, "text", 5, [], { details: 7, message: {} }]) {
      expect(failureFromStatus(what, 500, body)).toEqual({ kind: "ServerError", status: 500, message: `${what}: 500` });
    }
  });

  it("cuts endless messages", () => {
    expect(failureFromStatus(what, 422, { message: "x".repeat(100_000) }).message.length).toBeLessThan(1_100);
  });
});

describe("failureFromError", () => {
  const live = new AbortController().signal;

  it("distinguishes a deadline from the caller's abort", () => {
    const late = AbortSignal.abort(new DeadlineExceeded(what, 500));
    expect(failureFromError(what, new Error("x"), late)).toMatchObject({
      kind: "Timeout",
      message: "GET /api/v1/pods: no answer within 500 ms",
    });
    expect(failureFromError(what, new Error("x"), AbortSignal.abort())).toMatchObject({ kind: "Aborted" });
  });

  it("distinguishes a connection that takes too long from one that is refused", () => {
    const timeout = Object.assign(new Error("Connect Timeout Error"), { code: "UND_ERR_CONNECT_TIMEOUT" });
    expect(failureFromError(what, timeout, live).kind).toBe("Timeout");
    const refused = Object.assign(new Error("connect ECONNREFUSED 127.0.0.1:1"), { code: "ECONNREFUSED" });
    expect(failureFromError(what, refused, live)).toMatchObject({
      kind: "Network",
      message: "GET /api/v1/pods: connect ECONNREFUSED 127.0.0.1:1",
    });
  });
});

describe("isTransient", () => {
  it("is true for what may succeed next time", () => {
    expect(isTransient({ kind: "ServerError", message: "" })).toBe(true);
    expect(isTransient({ kind: "Forbidden", message: "" })).toBe(false);
    expect(isTransient({ kind: "Aborted", message: "" })).toBe(false);
  });
});
