import { X509Certificate } from "node:crypto";
import { expect, it } from "vitest";
import { makeOddCertificate } from "../../test/support/odd-certificates.ts";
import { fittingIssuers } from "./issuer-choice.ts";

const old = await makeOddCertificate({ commonName: "fleet CA", ca: true });
const fresh = await makeOddCertificate({ commonName: "fleet CA", ca: true });
const other = await makeOddCertificate({ commonName: "other CA", ca: true });
const leaf = await makeOddCertificate({ commonName: "edge-7", issuer: fresh });
const presented = [new X509Certificate(leaf.certPem)];

const choose = (...authorities: (typeof old)[]) =>
  fittingIssuers(
    authorities.map(({ certPem }) => certPem),
    presented,
  );

it("leaves out the namesakes of the CA that signed, and no one else", () => {
  expect(choose(old, other, fresh)).toEqual([other.certPem, fresh.certPem]);
});

it("has no choice where none signed, or no other has the name", () => {
  expect(choose(old, other)).toBeUndefined();
  expect(choose(fresh, other)).toBeUndefined();
  expect(fittingIssuers(["no certificate", fresh.certPem], [])).toBeUndefined();
});
