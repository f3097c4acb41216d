import { X509Certificate } from "node:crypto";
import { describe, expect, it } from "vitest";
import { makeOddCertificate, type OddCertificate, type OddOptions } from "../../../test/support/odd-certificates.ts";
import { verifyChain } from "./verify-chain.ts";

const NOW = Date.now();
const HOUR_MS = 3_600_000;
const PAST = { notBefore: new Date(NOW - 48 * HOUR_MS), notAfter: new Date(NOW - HOUR_MS) };

const root = await makeOddCertificate({ commonName: "root", ca: true });

function verify(presented: readonly OddCertificate[], trusted: readonly OddCertificate[] = [root]): string {
  const [leaf, ...above] = presented.map(({ certPem }) => new X509Certificate(certPem));
  if (leaf === undefined) throw new Error("nothing to verify");
  const verified = verifyChain(
    [leaf, ...above],
    trusted.map(({ certPem }) => certPem),
    NOW,
  );
  if (!verified.ok)
    return `${verified.failure.kind}: ${verified.failure.certificate.subject} ${verified.failure.why}`.trim();
  return verified.value.map(({ subject }) => subject).join(" < ");
}

const issue = (options: Partial<OddOptions>) =>
  makeOddCertificate({ commonName: "leaf", dnsNames: ["edge-7.test"], issuer: root, ...options });
const authority = (options: Partial<OddOptions>) =>
  makeOddCertificate({ commonName: "CA", ca: true, issuer: root, ...options });

/** DER of one element. */
function der(tag: number, ...parts: readonly (Buffer | string)[]): Buffer {
  const content = Buffer.concat(parts.map((part) => (typeof part === "string" ? Buffer.from(part, "latin1") : part)));
  const length = content.length < 0x80 ? [content.length] : [0x82, content.length >> 8, content.length & 0xff];
  return Buffer.concat([Buffer.from([tag, ...length]), content]);
}

/** Name constraints of DNS names, or of other names by their tag. */
function constraints(lists: { permitted?: readonly string[]; excluded?: readonly string[]; tag?: number }) {
  const { permitted = [], excluded = [], tag = 0x82 } = lists;
  const subtrees = (names: readonly string[]) => names.map((name) => der(0x30, der(tag, name)));
  const value = der(
    0x30,
    ...(permitted.length === 0 ? [] : [der(0xa0, ...subtrees(permitted))]),
    ...(excluded.length === 0 ? [] : [der(0xa1, ...subtrees(excluded))]),
  );
  return [{ oid: "2.5.29.30", critical: true, value }];
}

const basicConstraints = (value: string, critical = true) => ({
  oid: "2.5.29.19",
  critical,
  value: Buffer.from(value, "hex"),
});

describe("the way to a trusted certificate", () => {
  it("is found for each server with the same list, whatever was verified before", async () => {
    const other = await makeOddCertificate({ commonName: "other root", ca: true });
    const trusted = [root.certPem, other.certPem];
    const [first, second] = [await issue({}), await issue({ issuer: other })];
    const foreign = await issue({ issuer: await makeOddCertificate({ commonName: "root", ca: true }) });
    const outcome = ({ certPem }: OddCertificate) => verifyChain([new X509Certificate(certPem)], trusted, NOW).ok;
    for (let round = 0; round < 2; round++) {
      expect([first, foreign, second].map(outcome)).toEqual([true, false, true]);
    }
  });

  it("leads through intermediates in any order", async () => {
    const one = await authority({ commonName: "one" });
    const two = await authority({ commonName: "two", issuer: one });
    const leaf = await issue({ issuer: two });
    expect(verify([leaf, one, two])).toBe("CN=leaf < CN=two < CN=one < CN=root");
    expect(verify([leaf, two], [one])).toBe("CN=leaf < CN=two < CN=one");
    expect(verify([leaf, one])).toBe("untrusted: CN=leaf");
  });

  it("is found if CA and server have the same name", async () => {
    const namesake = await makeOddCertificate({ commonName: "edge", ca: true });
    const impostor = await makeOddCertificate({ commonName: "edge", ca: true });
    const leaf = await issue({ commonName: "edge", issuer: namesake });
    expect(verify([leaf], [namesake])).toBe("CN=edge < CN=edge");
    expect(verify([leaf, namesake], [namesake])).toBe("CN=edge < CN=edge");
    expect(verify([leaf], [impostor, namesake])).toBe("CN=edge < CN=edge");
    expect(verify([leaf], [impostor])).toBe("untrusted: CN=edge");
    expect(verify([leaf, namesake], [impostor])).toBe("untrusted: CN=edge");
  });

  it("is the server's own certificate, even if that is not a CA", async () => {
    const own = await makeOddCertificate({ commonName: "own", dnsNames: ["edge-7.test"] });
    expect(verify([own], [own])).toBe("CN=own");
    expect(verify([own])).toBe("untrusted: CN=own");
  });

  it("skips an invalid intermediate if there is another one", async () => {
    const good = await authority({});
    const old = await authority({ ...PAST, sameKeyAs: good });
    const narrow = await authority({ sameKeyAs: good, extensions: constraints({ permitted: ["other.test"] }) });
    const leaf = await issue({ issuer: good });
    expect(verify([leaf, old, narrow, good])).toBe("CN=leaf < CN=CA < CN=root");
    expect(verify([leaf, old])).toBe("expired: CN=CA");
    expect(verify([leaf, narrow])).toBe("constrained: CN=leaf edge-7.test");
  });

  it("ends for many CAs that all have one name and sign each other", async () => {
    const first = await makeOddCertificate({ commonName: "maze", ca: true });
    const maze = [first];
    for (let index = 0; index < 12; index++) {
      maze.push(await makeOddCertificate({ commonName: "maze", ca: true, issuer: maze[index] ?? first }));
    }
    expect(verify([await issue({ issuer: first }), ...maze])).toMatch(/^untrusted: /);
  });

  it("does not use signatures that Docker does not accept", async () => {
    const old = await makeOddCertificate({ commonName: "old", ca: true, rsaBits: 2048, hash: "SHA-1" });
    expect(verify([await issue({ issuer: old })], [old])).toBe("weak: CN=leaf is signed with SHA-1 or MD5");
    const short = await makeOddCertificate({ commonName: "short", ca: true, rsaBits: 512 });
    expect(verify([await issue({ issuer: short })], [short])).toMatch(/^malformed: CN=short has an RSA key of less/);
  });
});

describe("a CA", () => {
  it.each([
    ["that is not one", { ca: false }, "is not a CA"],
    ["that may not sign certificates", { keyUsage: 2 }, "may not issue certificates: its key usage lacks keyCertSign"],
    ["that is for clients", { usages: ["1.3.6.1.5.5.7.3.2"] }, "is not meant for servers"],
  ] as const)("is refused %s, trusted or not", async (_name, options, why) => {
    const above = await makeOddCertificate({ commonName: "CA", ca: true, ...options });
    const between = await authority(options);
    expect(verify([await issue({ issuer: above })], [above])).toBe(`usage: CN=CA ${why}`);
    expect(verify([await issue({ issuer: between }), between])).toBe(`usage: CN=CA ${why}`);
  });

  it.each(["1.3.6.1.5.5.7.3.1", "2.5.29.37.0"])("may be for servers, or for anything: %s", async (usage) => {
    const between = await authority({ usages: [usage] });
    expect(verify([await issue({ issuer: between, usages: [usage] }), between])).toContain("CN=root");
  });

  it("counts every CA below it for its path length, also one that issued itself again", async () => {
    const narrow = await authority({
      commonName: "narrow",
      bare: true,
      extensions: [basicConstraints("30060101ff020100")],
    });
    const again = await authority({ commonName: "narrow", issuer: narrow });
    const below = await authority({ commonName: "below", issuer: narrow });
    expect(verify([await issue({ issuer: narrow }), narrow])).toContain("CN=root");
    const why = "usage: CN=narrow allows only 0 CAs below it";
    expect(verify([await issue({ issuer: again }), again, narrow])).toBe(why);
    expect(verify([await issue({ issuer: below }), below, narrow])).toBe(why);
  });

  it("of version 3 without basic constraints is not a CA, even if it is trusted", async () => {
    const plain = await makeOddCertificate({ commonName: "plain", bare: true, extensions: [] });
    const leaf = await issue({ issuer: plain });
    expect(verify([leaf], [plain])).toBe("usage: CN=plain is not a CA");
  });
});

describe("name constraints", () => {
  const below = async (lists: Parameters<typeof constraints>[0], leaf: Partial<OddOptions>) => {
    const ca = await authority({ extensions: constraints(lists) });
    return verify([await issue({ issuer: ca, ...leaf }), ca]);
  };
  const HOLDS = "CN=leaf < CN=CA < CN=root";

  it.each([
    [{ permitted: ["test"] }, ["edge-7.test", "*.a.test"], HOLDS],
    [{ permitted: ["EDGE-7.test"] }, ["edge-7.TEST"], HOLDS],
    [{ permitted: ["edge-7.test"] }, ["*.test"], "constrained: CN=leaf *.test"],
    [{ permitted: ["a.test"] }, ["ba.test"], "constrained: CN=leaf ba.test"],
    [{ permitted: [".a.test"] }, ["a.test"], "constrained: CN=leaf a.test"],
    [{ permitted: [".a.test"] }, ["b.a.test"], HOLDS],
    [{ permitted: ["a.test", "b.test"] }, ["a.test", "c.test"], "constrained: CN=leaf c.test"],
    [{ excluded: ["secret.test"] }, ["*.test"], "constrained: CN=leaf *.test"],
    [{ excluded: ["secret.test"] }, ["a.secret.test"], "constrained: CN=leaf a.secret.test"],
    [{ excluded: ["secret.test"] }, ["open.test", "*.open.test"], HOLDS],
    [{ excluded: [""] }, ["edge-7.test"], "constrained: CN=leaf edge-7.test"],
    [{ permitted: ["test"] }, ["edge-7.test."], "constrained: CN=leaf edge-7.test."],
    [{ permitted: ["test"] }, ["a..test"], "constrained: CN=leaf a..test"],
  ])("%j hold for %j: %s", async (lists, dnsNames, verdict) => {
    expect(await below(lists, { dnsNames })).toBe(verdict);
  });

  it("hold for addresses, mailboxes and URIs", async () => {
    const network = "\x0a\x00\x00\x00\xff\x00\x00\x00";
    const ip = (address: string) => below({ permitted: [network], tag: 0x87 }, { ipAddresses: [address] });
    expect([await ip("10.1.2.3"), await ip("11.1.2.3")]).toEqual([HOLDS, "constrained: CN=leaf 11.1.2.3"]);
    const email = (value: string) =>
      below({ permitted: ["a@x.test", "y.test"], tag: 0x81 }, { names: [{ type: "email", value }] });
    expect([await email("a@X.test"), await email("b@y.test")]).toEqual([HOLDS, HOLDS]);
    expect(await email("A@x.test")).toBe("constrained: CN=leaf A@x.test");
    const uri = (value: string) => below({ permitted: ["x.test"], tag: 0x86 }, { names: [{ type: "url", value }] });
    expect(await uri("https://a@b.x.test:1/")).toBe(HOLDS);
    expect(await uri("https://10.0.0.1/")).toBe("constrained: CN=leaf https://10.0.0.1/");
  });

  it("do not look at the subject", async () => {
    expect(await below({ permitted: ["test"] }, { commonName: "other.example" })).toContain("CN=root");
  });

  it.each([
    ["are empty", Buffer.from("3000", "hex")],
    ["are cut", Buffer.from("3005a0", "hex")],
    ["have a mask with holes", der(0x30, der(0xa0, der(0x30, der(0x87, "\x0a\x00\x00\x00\xff\x00\xff\x00"))))],
  ])("make a CA unreadable that %s", async (_name, value) => {
    const ca = await authority({ extensions: [{ oid: "2.5.29.30", critical: true, value }] });
    expect(verify([await issue({ issuer: ca }), ca])).toBe("malformed: CN=CA is not encoded as it should be");
    expect(verify([await issue({ issuer: ca })], [ca])).toBe("untrusted: CN=leaf");
  });
});

describe("a certificate that Go does not read", () => {
  it.each([
    ["authority information access", { oid: "1.3.6.1.5.5.7.1.1", value: Buffer.from("3003020101", "hex") }],
    ["a critical key identifier", { oid: "2.5.29.14", critical: true, value: Buffer.from("040101", "hex") }],
    ["a truth that is neither", basicConstraints("3003010105")],
    ["key usage without its bits", { oid: "2.5.29.15", value: Buffer.from("0309", "hex") }],
    ["policies named twice", { oid: "2.5.29.32", value: Buffer.from("300c300406022a03300406022a03", "hex") }],
  ])("is malformed: %s", async (_name, extension) => {
    const leaf = await issue({ bare: true, extensions: [extension] });
    expect(verify([leaf])).toBe("malformed: CN=leaf is not encoded as it should be");
  });

  it("has something critical that is not known", async () => {
    const unknown = { oid: "1.2.3.4", critical: true, value: Buffer.from("0500", "hex") };
    const otherName = Buffer.from("300aa00806022a03a0020500", "hex");
    const names = { oid: "2.5.29.17", critical: true, value: otherName };
    const why = "malformed: CN=leaf has a critical extension that is not known";
    expect(verify([await issue({ extensions: [unknown] })])).toBe(why);
    expect(verify([await issue({ dnsNames: [], extensions: [names] })])).toBe(why);
    expect(verify([await issue({ dnsNames: [], extensions: [{ ...names, critical: false }] })])).toContain("CN=root");
  });
});

describe("certificate policies", () => {
  const demand = { oid: "2.5.29.36", critical: true, value: Buffer.from("3003800100", "hex") };
  const policy = (oid: string) => ({ oid: "2.5.29.32", value: der(0x30, der(0x30, der(6, Buffer.from(oid, "hex")))) });

  it.each([
    ["one that both name", [policy("2a03")], [policy("2a03")], true],
    ["one of anything", [policy("551d2000")], [policy("2a03")], true],
    ["two that differ", [policy("2a03")], [policy("2a04")], false],
    ["none", [policy("2a03")], [], false],
  ])("are required if a CA requires them: %s", async (_name, above, below, holds) => {
    const ca = await authority({ extensions: [...above, demand] });
    const verdict = verify([await issue({ issuer: ca, extensions: below }), ca]);
    expect(verdict.includes("CN=root")).toBe(holds);
  });
});
