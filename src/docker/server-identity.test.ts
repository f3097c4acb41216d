import { generateKeyPairSync, X509Certificate } from "node:crypto";
import { describe, expect, it } from "vitest";
import { makeOddCertificate, type OddOptions } from "../../test/support/odd-certificates.ts";
import { checkServer } from "./server-identity.ts";

async function certificate(options: Partial<OddOptions>): Promise<X509Certificate> {
  return new X509Certificate((await makeOddCertificate({ commonName: "edge-7.test", ...options })).certPem);
}

/** What is wrong with a server of this name that shows such a certificate. */
async function diagnose(name: string, options: Partial<OddOptions>): Promise<string> {
  return checkServer(name, [await certificate(options)])?.code ?? "accepted";
}

const dns = (...dnsNames: string[]) => ({ dnsNames });
const ip = (...ipAddresses: string[]) => ({ ipAddresses });
const MISMATCH = "DOCKERHOST_NAME_MISMATCH";
const MALFORMED = "DOCKERHOST_CERTIFICATE_MALFORMED";

describe("the server's name", () => {
  /** Each was put to Go's crypto/tls client, which said the same. */
  it.each([
    ["edge-7.test", dns("edge-7.test"), "accepted"],
    ["EDGE-7.test", dns("edge-7.TEST"), "accepted"],
    ["edge-8.test", dns("edge-7.test"), MISMATCH],
    ["edge-7", dns("edge-7.test"), MISMATCH],
    // Wildcards: a whole label, the leftmost, for one label. Node refuses the first and takes two of the refused.
    ["edge-7.test", dns("*.test"), "accepted"],
    ["edge-7.fleet.test", dns("*.fleet.test"), "accepted"],
    ["xn--mnchen-3ya.test", dns("*.test"), "accepted"],
    ["edge_7.test", dns("*.test"), "accepted"],
    ["fleet.test", dns("*.fleet.test"), MISMATCH],
    ["a.edge-7.fleet.test", dns("*.fleet.test"), MISMATCH],
    ["edge-7.fleet.test", dns("edge*.fleet.test"), MISMATCH],
    ["edge-7.fleet.test", dns("*-7.fleet.test"), MISMATCH],
    ["edge-7.fleet.test", dns("edge-7.*.test"), MISMATCH],
    ["edge-7", dns("*"), MISMATCH],
    ["edge-7.test", dns("*.*"), MISMATCH],
    ["-edge.test", dns("*.test"), MISMATCH],
    // The dot of an absolute name.
    ["edge-7.test.", dns("edge-7.test"), "accepted"],
    ["edge-7.test.", dns("edge-7.test."), "accepted"],
    ["edge-7.test", dns("edge-7.test."), MISMATCH],
    // Names that are not valid are compared as they are.
    ["edge-7", dns('odd", DNS:edge-8', "edge-7"), "accepted"],
    ["edge-8", dns('odd", DNS:edge-8', "edge-7"), MISMATCH],
    ["edge_7.test", dns("edge_7.test"), "accepted"],
    ["xn--mnchen-3ya.test", dns("xn--mnchen-3ya.test"), "accepted"],
    // Addresses are compared only with addresses.
    ["10.0.0.1", ip("10.0.0.1"), "accepted"],
    ["10.0.0.1", dns("10.0.0.1"), MISMATCH],
    ["10.0.0.1", ip("10.0.0.2"), MISMATCH],
    ["10.0.0.1", ip("::a00:1"), MISMATCH],
    ["fd00::1", ip("fd00:0:0:0:0:0:0:1"), "accepted"],
    ["::1", ip("127.0.0.1"), MISMATCH],
    ["edge-7.test", ip("10.0.0.1"), MISMATCH],
    // The common name is nobody's.
    ["edge-7.test", {}, "DOCKERHOST_NO_SAN"],
    ["10.0.0.1", {}, "DOCKERHOST_NO_SAN"],
  ])("%s with %j: %s", async (name, options, diagnosis) => {
    expect(await diagnose(name, options)).toBe(diagnosis);
  });

  it("is an IPv4 address also if that is written as an IPv6 one", async () => {
    const mapped = Buffer.from("3012871000000000000000000000ffff0a000001", "hex");
    const extensions = [{ oid: "2.5.29.17", value: mapped }];
    expect(await diagnose("10.0.0.1", { extensions })).toBe("accepted");
    expect(await diagnose("10.0.0.2", { extensions })).toBe(MISMATCH);
  });

  it("is not found among names of other kinds", async () => {
    const names = [
      { type: "email" as const, value: "edge-7.test" },
      { type: "url" as const, value: "https://edge-7.test" },
    ];
    expect(await diagnose("edge-7.test", { names })).toBe(MISMATCH);
  });

  it("reports which names the certificate has", async () => {
    const error = checkServer("edge-8", [await certificate({ dnsNames: ["edge-7"], ipAddresses: ["10.0.0.7"] })]);
    expect(error?.message).toBe("DNS:edge-7, IP Address:10.0.0.7");
  });
});

describe("a certificate that Go cannot read", () => {
  it.each([
    ["a name that is not ASCII", "301487040a000001820c6dfc6e6368656e2e74657374"],
    ["an address of two bytes", "300a87040a00000187020102"],
  ])("is refused, whatever else it names: %s", async (_name, hex) => {
    const extensions = [{ oid: "2.5.29.17", value: Buffer.from(hex, "hex") }];
    expect(await diagnose("10.0.0.1", { extensions })).toBe(MALFORMED);
  });

  it.each([
    ["secp256k1", () => generateKeyPairSync("ec", { namedCurve: "secp256k1" })],
    ["brainpoolP256r1", () => generateKeyPairSync("ec", { namedCurve: "brainpoolP256r1" })],
    ["RSA-PSS", () => generateKeyPairSync("rsa-pss", { modulusLength: 1024 })],
    ["Ed448", () => generateKeyPairSync("ed448")],
  ])("is refused wherever it is in the chain: %s", async (_name, generate) => {
    const publicKey = generate().publicKey.export({ type: "spki", format: "der" });
    const odd = await certificate({ ...dns("edge-7"), publicKey });
    const plain = await certificate(dns("edge-7"));
    expect(checkServer("edge-7", [odd])?.code).toBe(MALFORMED);
    expect(checkServer("edge-7", [plain, odd])?.code).toBe(MALFORMED);
    expect(checkServer("edge-7", [plain])).toBeUndefined();
  });

  it.each(["P-384", "P-521", "Ed25519"] as const)("is none with a key of %s", async (curve) => {
    expect(await diagnose("edge-7", { ...dns("edge-7"), curve })).toBe("accepted");
  });

  it("is what a server has that shows none", () => {
    expect(checkServer("edge-7", [])?.code).toBe(MALFORMED);
  });
});
