import { describe, expect, it } from "vitest";
import type { CertificateStatus } from "../../api/status.ts";
import { expiryContent, nextExpiry } from "./certificate-life.ts";

const DAY_MS = 24 * 3_600_000;
const NOW = Date.parse("2026-01-01T00:00:00Z");

/** A certificate with this many days left of a lifetime of this many. */
function certificate(daysLeft: number, lifetimeDays = 365): CertificateStatus {
  const end = NOW + daysLeft * DAY_MS;
  return {
    subject: "CN=edge-7",
    issuer: "CN=CA",
    notBefore: new Date(end - lifetimeDays * DAY_MS).toISOString(),
    notAfter: new Date(end).toISOString(),
    fingerprint: "ab",
  };
}

describe("nextExpiry", () => {
  it("is the earliest expiry date, whatever the certificate", () => {
    const known = { server: certificate(90), client: certificate(30), ca: certificate(60) };
    expect(nextExpiry(known)).toEqual({ nextExpiry: known.client.notAfter });
  });

  it("is undefined without certificates", () => {
    expect(nextExpiry({})).toEqual({});
  });
});

describe("expiryContent", () => {
  it.each([
    [365, 22, "False"],
    [365, 20.9, "True"],
    // A quarter of a short lifetime is sooner than 21 days.
    [30, 8, "False"],
    [30, 7.4, "True"],
    [1, 0.3, "False"],
    [1, 0.2, "True"],
    [365, -1, "True"],
  ])("of a certificate for %d days with %d days left is %s", (lifetime, left, status) => {
    expect(expiryContent({ server: certificate(left, lifetime) }, "Mutual", NOW).status).toBe(status);
  });

  it("names every certificate that expires soon with its date, the first one first", () => {
    const known = { server: certificate(10), client: certificate(5), ca: certificate(400, 3650) };
    expect(expiryContent(known, "Mutual", NOW)).toMatchObject({
      reason: "CertificateExpiresSoon",
      message: `Renew in time: the client certificate expires on ${known.client.notAfter}, the server's certificate expires on ${known.server.notAfter}`,
    });
  });

  it("says that a certificate has expired", () => {
    const known = { client: certificate(-1), server: certificate(5) };
    expect(expiryContent(known, "Mutual", NOW).message).toBe(
      `Renew now: the client certificate expired on ${known.client.notAfter}, the server's certificate expires on ${known.server.notAfter}`,
    );
  });

  it("has the same text while the state is the same", () => {
    const known = { server: certificate(10) };
    expect(expiryContent(known, "Mutual", NOW + DAY_MS)).toEqual(expiryContent(known, "Mutual", NOW));
  });

  it("names the certificate that expires first while everything is in order", () => {
    const known = { server: certificate(90), ca: certificate(80) };
    expect(expiryContent(known, "ServerVerified", NOW)).toMatchObject({
      status: "False",
      reason: "CertificatesCurrent",
      message: `The first to expire is the CA of the server's certificate, on ${known.ca.notAfter}`,
    });
  });

  it("does not apply to a connection without TLS, and is unknown before the first", () => {
    expect(expiryContent({}, "None", NOW)).toMatchObject({ status: "False", reason: "NotApplicable" });
    expect(expiryContent({}, "Mutual", NOW)).toMatchObject({ status: "Unknown", reason: "NotAttempted" });
    expect(expiryContent({}, undefined, NOW)).toMatchObject({ status: "Unknown", reason: "NotAttempted" });
  });
});
