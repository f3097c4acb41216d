import { describe, expect, it } from "vitest";
import { createAuthority } from "../../test/support/pki.ts";
import { systemClock } from "../common/clock.ts";
import { CheckedCredentials } from "./checked-credentials.ts";
import { certificatesFingerprint } from "./credential-fingerprint.ts";

const authority = await createAuthority({ commonName: "CA" });
const client = await authority.issue({ commonName: "fleet", usages: ["clientAuth"] });
const other = await authority.issue({ commonName: "other", usages: ["clientAuth"] });
const file = (pem: string) => ({ pem, label: "file" });

describe("the fingerprint of credentials", () => {
  it("is that of the certificates, each time that it is asked for", () => {
    const checked = new CheckedCredentials(systemClock);
    for (const files of [
      { cert: file(client.certPem), ca: file(authority.certPem) },
      { cert: file(client.certPem) },
      { ca: file(client.certPem) },
      { cert: file(other.certPem), ca: file(authority.certPem) },
    ]) {
      const expected = certificatesFingerprint(files);
      expect([checked.fingerprint(files), checked.fingerprint(files)]).toEqual([expected, expected]);
    }
  });

  it("does not depend on the key, and is missing without a readable certificate", () => {
    const checked = new CheckedCredentials(systemClock);
    const cert = file(client.certPem);
    expect(checked.fingerprint({ cert, key: file(client.keyPem) })).toBe(
      checked.fingerprint({ cert, key: file("another") }),
    );
    expect(checked.fingerprint({ cert: file("nonsense") })).toBeUndefined();
    expect(checked.fingerprint({})).toBeUndefined();
  });
});
