import { describe, expect, it } from "vitest";
import { type CredentialsSituation, credentialsAfter, withRotation } from "./tried-credentials.ts";

const [FIRST, SECOND] = ["a".repeat(64), "b".repeat(64)];
const [MONDAY, TUESDAY] = ["2026-01-05T00:00:00Z", "2026-01-06T00:00:00Z"];
const of = (fingerprint: string, secret = "tls") => ({ secret, fingerprint });

function reported(situation: Partial<CredentialsSituation>) {
  return credentialsAfter({
    before: undefined,
    secret: "tls",
    fingerprint: FIRST,
    accepted: true,
    now: TUESDAY,
    ...situation,
  });
}

const good = { ...of(FIRST), since: MONDAY };
const rotated = { tried: { ...of(SECOND), since: TUESDAY }, good };

describe("the credentials in the status", () => {
  it("are both tried and good once the daemon accepted them, and only tried before", () => {
    const first = { ...of(FIRST), since: TUESDAY };
    expect(reported({})).toEqual({ tried: first, good: first });
    expect(reported({ accepted: false })).toEqual({ tried: first });
  });

  it("keep their dates while the same ones are used", () => {
    const before = { tried: good, good };
    expect(reported({ before })).toEqual(before);
    expect(reported({ before, accepted: false })).toEqual(before);
  });

  it("differ after a bad rotation, and are one again after the return or a better one", () => {
    expect(reported({ before: { tried: good, good }, fingerprint: SECOND, accepted: false })).toEqual(rotated);
    expect(reported({ before: rotated, now: "2026-01-07T00:00:00Z" })).toEqual({
      tried: { ...of(FIRST), since: "2026-01-07T00:00:00Z" },
      good,
    });
    expect(reported({ before: rotated, fingerprint: SECOND, now: "2026-01-07T00:00:00Z" })).toEqual({
      tried: rotated.tried,
      good: { ...of(SECOND), since: "2026-01-07T00:00:00Z" },
    });
  });

  it("stay where a pass found none to take a fingerprint of", () => {
    expect(reported({ before: rotated, fingerprint: undefined, accepted: false })).toEqual(rotated);
    expect(reported({ fingerprint: undefined, accepted: false })).toBeUndefined();
  });

  it("are dropped with the name of the Secret, and if none is read", () => {
    expect(reported({ before: rotated, secret: "other", fingerprint: undefined, accepted: false })).toBeUndefined();
    const other = { ...of(SECOND, "other"), since: TUESDAY };
    expect(reported({ before: rotated, secret: "other", fingerprint: SECOND })).toEqual({
      tried: other,
      good: other,
    });
    expect(reported({ before: rotated, secret: undefined, fingerprint: undefined })).toBeUndefined();
  });
});

describe("withRotation", () => {
  const failure = { reason: "ClientCertificateUntrusted", message: "It is not trusted. Issue another." } as const;

  it("says what changed since the daemon last accepted the credentials", () => {
    expect(withRotation(failure, rotated)).toEqual({
      reason: "ClientCertificateUntrusted",
      message: `It is not trusted. Issue another. The credentials in Secret "tls" changed at ${TUESDAY} to bbbbbbbbbbbb; the daemon last accepted aaaaaaaaaaaa.`,
    });
  });

  it("adds nothing where nothing changed, or nothing was ever accepted", () => {
    for (const credentials of [undefined, { tried: good, good }, { tried: good }, { good }]) {
      expect(withRotation(failure, credentials)).toEqual(failure);
    }
  });
});
