import { describe, expect, it } from "vitest";
import { findCredentials, type KeyNames } from "./credential-layout.ts";

const SOURCE = 'Secret "edge-7-tls"';

const KUBERNETES = ["tls.crt", "tls.key", "ca.crt"];
const DOCKER = ["ca.pem", "cert.pem", "key.pem"];
const VAULT = ["certificate", "private_key", "ca_chain", "issuing_ca"];

/** Which entries each role was taken from. */
function found(entries: readonly string[], names: KeyNames = {}): unknown {
  const values = Object.fromEntries(entries.map((name) => [name, `PEM of ${name}`]));
  const files = findCredentials(values, names, SOURCE);
  if (!files.ok) return files.failure;
  return Object.fromEntries(
    Object.entries(files.value).map(([role, file]) => [role, file.pem.replaceAll("PEM of ", "").replaceAll("\n", " ")]),
  );
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
      "every layout, of which that of kubernetes.io/tls goes first",
      [...DOCKER, ...VAULT, ...KUBERNETES],
      { ca: "ca.crt", cert: "tls.crt", key: "tls.key" },
    ],
    ["Docker's names before Vault's", [...VAULT, ...DOCKER], { ca: "ca.pem", cert: "cert.pem", key: "key.pem" }],
    [
      "the fields of Vault's answer, the CAs together, and the chain after the certificate",
      VAULT,
      { ca: "ca_chain issuing_ca", cert: "certificate ca_chain", key: "private_key" },
    ],
    [
      "those of Vault without a chain",
      ["certificate", "private_key", "issuing_ca"],
      { ca: "issuing_ca", cert: "certificate", key: "private_key" },
    ],
    [
      "Vault's chain beside tls.crt, which holds its own",
      ["tls.crt", "tls.key", ...VAULT],
      { ca: "ca_chain issuing_ca", cert: "tls.crt", key: "tls.key" },
    ],
    [
      "cert-manager's names among its other formats",
      [...KUBERNETES, "tls-combined.pem", "key.der", "keystore.p12"],
      { ca: "ca.crt", cert: "tls.crt", key: "tls.key" },
    ],
    [
      "a whole pair rather than the half of one that goes first",
      ["tls.key", "ca.crt", ...DOCKER],
      { ca: "ca.pem", cert: "cert.pem", key: "key.pem" },
    ],
    [
      "the only CA there is, though it is of another whole layout",
      ["tls.crt", "tls.key", ...DOCKER],
      { ca: "ca.pem", cert: "tls.crt", key: "tls.key" },
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

  it("says about several entries together which they are", () => {
    const files = findCredentials({ ca_chain: "x", issuing_ca: "y" }, {}, SOURCE);
    expect(files).toMatchObject({ value: { ca: { label: '"ca_chain" with "issuing_ca" of Secret "edge-7-tls"' } } });
  });

  it.each([
    ["a list as JSON", ' ["one\\n", "two\\n"]', "one\n\ntwo\n"],
    ["an empty list", "[]", ""],
    ["what only begins like a list", "[one", "[one"],
    ["a list of something else", "[1, 2]", "[1, 2]"],
    ["PEM text", "-----BEGIN", "-----BEGIN"],
  ])("reads Vault's chain: %s", (_name, chain, pem) => {
    expect(findCredentials({ ca_chain: chain }, {}, SOURCE)).toMatchObject({ value: { ca: { pem } } });
    expect(findCredentials({ mine: chain }, { ca: "mine" }, SOURCE)).toMatchObject({ value: { ca: { pem } } });
  });

  it.each(["issuing_ca", "constructor", "toString"])("says that the given name %s is not there", (ca) => {
    expect(found(["ca.pem"], { ca })).toMatchObject({
      reason: "SecretKeyMissing",
      message: `Secret "edge-7-tls" has no key "${ca}". Add it, or correct the name in spec.tls.certSecretRef.keys.`,
    });
  });

  it.each([[[]], [["README"]]])("says which names it looks for when there are none of them in %j", (entries) => {
    expect(found(entries)).toMatchObject({
      reason: "SecretKeyMissing",
      message: expect.stringMatching(
        /has none of the keys tls\.crt, tls\.key and ca\.crt, or cert\.pem, key\.pem and ca\.pem, or certificate, /,
      ),
    });
  });

  it.each([
    [["tls.key"], {}, 'has a private key but no client certificate. Add it as "tls.crt", or map its name'],
    [["cert.pem", "tls.key"], {}, 'has a private key but no client certificate. Add it as "tls.crt", or map its name'],
    [["private_key", "ca_chain"], {}, 'has a private key but no client certificate. Add it as "certificate", or map'],
    [["ca.pem", "cert.pem"], {}, 'has a client certificate but no private key. Add it as "key.pem", or map its name'],
    [["mine"], { key: "mine" }, "has a private key but no client certificate. Add it, or map its name"],
  ])("never mixes or halves a pair: %j", (entries, names, words) => {
    expect(found(entries, names)).toMatchObject({
      reason: "ClientKeyPairIncomplete",
      message: expect.stringContaining(words),
    });
  });
});
