import { describe, expect, it } from "vitest";
import { isClosedByPeer } from "./kept-connection.ts";

describe("a connection that the other side closed", () => {
  const coded = (code: string) => Object.assign(new Error("broken"), { code });

  it.each(["ECONNRESET", "EPIPE", "UND_ERR_SOCKET"])("shows in %s", (code) => {
    expect(isClosedByPeer(coded(code))).toBe(true);
  });

  it.each(["ETIMEDOUT", "ECONNREFUSED", "HPE_INVALID_CONSTANT"])("does not show in %s", (code) => {
    expect(isClosedByPeer(coded(code))).toBe(false);
  });
});
