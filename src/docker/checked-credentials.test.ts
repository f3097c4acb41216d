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

describe("checked credentials", () => {
  const now = Date.now();
  const credentialsOf = (checked: CheckedCredentials, host: string, ca = authority.certPem) => {
    const label = (entry: string) => `${host}/${entry}`;
    const result = checked.preflight(
      {
        ca: { pem: ca, label: label("ca") },
        cert: { pem: client.certPem, label: label("cert") },
        key: { pem: client.keyPem, label: label("key") },
      },
      now,
    );
    return result.ok ? result.value : undefined;
  };

  it("have one list of authorities for all hosts with the same CA", () => {
    const checked = new CheckedCredentials(systemClock);
    const [one, another] = ["one", "another"].map((host) => credentialsOf(checked, host));
    expect(one?.ca).toEqual([authority.certPem]);
    expect(another?.ca).toBe(one?.ca);
    expect(another).not.toBe(one);
    expect(credentialsOf(checked, "one")).toBe(one);
  });

  it("do not share a list with a host that trusts more, less or others", async () => {
    const checked = new CheckedCredentials(systemClock);
    const second = await createAuthority({ commonName: "second CA" });
    const [one, both, other, swapped] = [
      authority.certPem,
      authority.certPem + second.certPem,
      second.certPem,
      second.certPem + authority.certPem,
    ].map((ca, index) => credentialsOf(checked, `host-${index}`, ca)?.ca);
    expect(new Set([one, both, other, swapped]).size).toBe(4);
    expect([one, both, other, swapped].map((list) => list?.length)).toEqual([1, 2, 1, 2]);
  });
});
