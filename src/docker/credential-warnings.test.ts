import { X509Certificate } from "node:crypto";
import { expect, it } from "vitest";
import { makeOddCertificate } from "../../test/support/odd-certificates.ts";
import { isServerWarning, serverWarnings, shortKey } from "./credential-warnings.ts";

const certificate = async (rsaBits?: number) =>
  new X509Certificate((await makeOddCertificate({ commonName: "x", rsaBits })).certPem);

it("warns of short RSA keys of a server and above it, of the shortest there once", async () => {
  const [short, shorter, sound, curve] = await Promise.all([1536, 1024, 2048, undefined].map(certificate));
  if (!short || !shorter || !sound || !curve) throw new Error("a certificate is missing");
  expect(serverWarnings({ leaf: sound, above: [curve] })).toEqual([]);
  const warnings = serverWarnings({ leaf: shorter, above: [sound, short, shorter] });
  expect(warnings).toEqual([
    "The server's certificate has an RSA key of 1024 bits, which is too short today. Consider issuing it with at least 2048.",
    "The CA of the server's certificate has an RSA key of 1024 bits, which is too short today. Consider issuing it with at least 2048.",
  ]);
  expect(warnings.every(isServerWarning)).toBe(true);
});

it("knows the server's warnings from those of the Secret", () => {
  expect(isServerWarning(shortKey('client certificate "tls.crt" of Secret "edge-7-tls"', 1024))).toBe(false);
});
