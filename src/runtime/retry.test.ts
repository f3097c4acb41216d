import { beforeEach, describe, expect, it } from "vitest";
import { FakeClock, settle } from "../../test/support/fake-clock.ts";
import { failure, success } from "../common/result.ts";
import type { ApiFailure, ApiResult } from "./api-error.ts";
import { withRetries } from "./retry.ts";

let clock: FakeClock;
let tries = 0;
let stop: AbortController;

beforeEach(() => {
  clock = new FakeClock();
  tries = 0;
  stop = new AbortController();
});

const unavailable: ApiFailure = { kind: "ServerError", message: "PATCH /x: 503" };

/** Calls that fail so, one after the other; the next one succeeds. */
function calling(...failures: readonly ApiFailure[]): Promise<ApiResult<string>> {
  const call = async () => {
    const failed = failures[tries++];
    return failed === undefined ? success("done") : failure(failed);
  };
  const retryable = ({ kind }: ApiFailure) => kind !== "NotFound";
  return withRetries(call, { what: "PATCH /x", clock, random: () => 0, signal: stop.signal, retryable });
}

describe("withRetries", () => {
  it("waits a growing time, and ends with the sixth failure", async () => {
    const result = calling(...Array.from({ length: 9 }, () => unavailable));
    const seen: number[] = [];
    for (const ms of [200, 400, 800, 1_600, 3_200]) {
      await clock.advance(ms - 1);
      seen.push(tries);
      await clock.advance(1);
    }
    expect(seen).toEqual([1, 2, 3, 4, 5]);
    expect(await result).toEqual(failure(unavailable));
    expect(tries).toBe(6);
  });

  it("does not try again what fails for good", async () => {
    expect(await calling({ kind: "NotFound", message: "gone" })).toMatchObject({ ok: false });
    expect(tries).toBe(1);
  });

  it("tries what is forbidden twice more", async () => {
    const result = calling(...Array.from({ length: 9 }, (): ApiFailure => ({ kind: "Forbidden", message: "no" })));
    await clock.advance(60_000);
    expect(await result).toMatchObject({ ok: false, failure: { kind: "Forbidden" } });
    expect(tries).toBe(3);
  });

  it("gives a server the time that it asks for", async () => {
    const result = calling({ ...unavailable, retryAfterMs: 10_000 });
    await clock.advance(9_999);
    expect(tries).toBe(1);
    await clock.advance(1);
    expect(await result).toEqual(success("done"));
  });

  it("ends when it is stopped between two tries, and tries no more", async () => {
    const result = calling(unavailable);
    await settle();
    stop.abort(new Error("stopped"));
    expect(await result).toMatchObject({ ok: false, failure: { kind: "Aborted" } });
    expect(tries).toBe(1);
  });
});
