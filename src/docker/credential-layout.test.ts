import { describe, expect, it } from "vitest";
import { findCredentials, type KeyNames } from "./credential-layout.ts";

const SOURCE = 'Secret "edge-7-tls"';

/** Which entry each role was taken from. */
function found(entries: readonly string[], names: KeyNames = {}): unknown {
  const values = Object.fromEntries(entries.map((name) => [name, `PEM of ${name}`]));
  const files = findCredentials(values, names, SOURCE);
  if (!files.ok) return files.failure;
  return Object.fromEntries(Object.entries(files.value).map(([role, file]) => [role, file.pem.replace("PEM of ", "")]));
}

describe("findCredentials", () => {
  it.each([
    ["Docker's names", ["ca.pem", "cert.pem", "key.pem"], { ca: "ca.pem", cert: "cert.pem", key: "key.pem" }],
    [
      "the names of kubernetes.io/tls",
      ["ca.crt", "tls.crt", "tls.key"],
      { ca: "ca.crt", cert: "tls.crt", key: "tls.key" },
    ],
    ["a CA alone", ["ca.crt"], { ca: "ca.crt" }],
    ["a pair alone", ["tls.crt", "tls.key"], { cert: "tls.crt", key: "tls.key" }],
    ["other entries beside them", ["ca.pem", "README", "server.pem"], { ca: "ca.pem" }],
    [
      "a CA of one layout and a pair of the other",
      ["ca.pem", "tls.crt", "tls.key"],
      { ca: "ca.pem", cert: "tls.crt", key: "tls.key" },
    ],
    [
      "both layouts, of which Docker's goes first",
      ["ca.crt", "tls.crt", "tls.key", "ca.pem", "cert.pem", "key.pem"],
      { ca: "ca.pem", cert: "cert.pem", key: "key.pem" },
    ],
  ])("finds %s", (_name, entries, expected) => {
    expect(found(entries)).toEqual(expected);
  });

  it("takes other names where they are given, and the usual ones for the rest", () => {
    const names = { ca: "issuing_ca", cert: "certificate", key: "private_key" };
    expect(found(["issuing_ca", "certificate", "private_key", "ca.pem"], names)).toEqual(names);
    expect(found(["issuing_ca", "tls.crt", "tls.key"], { ca: "issuing_ca" })).toEqual({
      ca: "issuing_ca",
      cert: "tls.crt",
      key: "tls.key",
    });
  });

  it("names the entry and its source, for messages", () => {
    const files = findCredentials({ "ca.pem": "x" }, {}, SOURCE);
    expect(files).toMatchObject({ value: { ca: { label: '"ca.pem" of Secret "edge-7-tls"' } } });
  });

  it.each(["issuing_ca", "constructor", "toString"])("says that the given name %s is not there", (ca) => {
    expect(found(["ca.pem"], { ca })).toMatchObject({
      reason: "SecretKeyMissing",
      message: `Secret "edge-7-tls" has no key "${ca}"; add it or correct the name in spec.tls.certSecretRef.keys`,
    });
  });

  it.each([[[]], [["README"]]])("says which names it looks for when there are none of them in %j", (entries) => {
    expect(found(entries)).toMatchObject({
      reason: "SecretKeyMissing",
      message: expect.stringMatching(
        /has none of the keys ca\.pem, cert\.pem and key\.pem or ca\.crt, tls\.crt and tls\.key/,
      ),
    });
  });

  it.each([
    [["tls.key"], {}, 'has a private key but no client certificate; add it as "tls.crt" or map its name'],
    [["cert.pem", "tls.key"], {}, 'has a client certificate but no private key; add it as "key.pem" or map its name'],
    [["ca.pem", "cert.pem"], {}, 'has a client certificate but no private key; add it as "key.pem" or map its name'],
    [["mine"], { key: "mine" }, "has a private key but no client certificate; add it or map its name"],
  ])("never mixes or halves a pair: %j", (entries, names, words) => {
    expect(found(entries, names)).toMatchObject({
      reason: "ClientKeyPairIncomplete",
      message: expect.stringContaining(words),
    });
  });
});
