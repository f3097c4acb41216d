import { createHmac } from "node:crypto";
import { describe, expect, it } from "vitest";
import { sshPublicKey } from "../../test/support/ssh-keys.ts";
import { findHostKeys, MAX_KNOWN_HOSTS_BYTES, parseKnownHosts } from "./known-hosts.ts";

const [A, B] = [sshPublicKey("ssh-ed25519", "a"), sshPublicKey("ecdsa-sha2-nistp256", "b")];

/** Describes which keys known_hosts has for a host. */
function found(text: string, host: string, port = 22): object {
  const parsed = parseKnownHosts(text);
  if (!parsed.ok) throw new Error(parsed.failure.why);
  const { trusted, revoked, authority } = findHostKeys(parsed.value, host, port);
  const name = (key: Buffer) => (key.equals(A.blob) ? "A" : key.equals(B.blob) ? "B" : "?");
  return {
    ...(trusted.length === 0 ? {} : { trusted: trusted.map(name).join("") }),
    ...(revoked.length === 0 ? {} : { revoked: revoked.map(name).join("") }),
    ...(authority ? { authority } : {}),
  };
}

const isKnown = (names: string, host: string, port = 22) =>
  Object.keys(found(`${names} ${A.line}`, host, port)).length > 0;

describe("names of known_hosts", () => {
  it.each([
    ["edge-7", "edge-7", 22, true],
    ["edge-7", "EDGE-7", 22, true],
    ["Edge-7", "edge-7", 22, true],
    ["edge-7", "edge-70", 22, false],
    ["edge-7,10.0.0.7", "10.0.0.7", 22, true],
    ["edge-7", "10.0.0.7", 22, false],
    ["[edge-7]:2222", "edge-7", 2222, true],
    ["[edge-7]:2222", "edge-7", 22, false],
    ["[edge-7]:2222", "edge-7", 2223, false],
    // As ssh does: a line without a port is for all of them, where none has the port.
    ["edge-7", "edge-7", 2222, true],
    ["::1", "::1", 22, true],
    ["[::1]:2222", "::1", 2222, true],
    ["*.example.com", "edge-7.example.com", 22, true],
    ["*.example.com", "example.com", 22, false],
    ["*.example.com", "edge-7.example.com.evil.test", 22, false],
    ["edge-?", "edge-7", 22, true],
    ["edge-?", "edge-10", 22, false],
    ["*", "edge-7", 2222, true],
    ["*.example.com,!edge-7.example.com", "edge-7.example.com", 22, false],
    ["!edge-7.example.com,*.example.com", "edge-7.example.com", 22, false],
    ["!edge-7.example.com,*.example.com", "edge-8.example.com", 22, true],
    ["!edge-7", "edge-8", 22, false],
  ])("%s, for %s on port %d: %s", (names, host, port, known) => {
    expect(isKnown(names, host, port)).toBe(known);
  });

  it("may be hashed", () => {
    const hashed = (name: string, salt = Buffer.from("01234567890123456789")) =>
      `|1|${salt.toString("base64")}|${createHmac("sha1", salt).update(name).digest("base64")}`;
    expect(isKnown(hashed("edge-7"), "Edge-7")).toBe(true);
    expect(isKnown(hashed("edge-7"), "edge-8")).toBe(false);
    expect(isKnown(hashed("[edge-7]:2222"), "edge-7", 2222)).toBe(true);
    expect(isKnown(hashed("[edge-7]:2222"), "edge-7")).toBe(false);
    expect(isKnown(hashed("edge-7").replace("|1|", "|2|"), "edge-7")).toBe(false);
    expect(isKnown("|1|", "edge-7")).toBe(false);
  });

  it("are matched quickly with any number of stars", () => {
    expect(isKnown(`${"*a".repeat(2_000)}b`, "a".repeat(250))).toBe(false);
  });
});

describe("lines of known_hosts", () => {
  it("are several for one host", () => {
    expect(found(`edge-7 ${A.line}\nedge-8 ${A.line}\nedge-7 ${B.line}\n`, "edge-7")).toEqual({ trusted: "AB" });
  });

  it("with the port count before those without", () => {
    expect(found(`edge-7 ${A.line}\n[edge-7]:2222 ${B.line}`, "edge-7", 2222)).toEqual({ trusted: "B" });
  });

  it("may be marked", () => {
    const text = `@revoked * ${A.line}\n@cert-authority *.example.com ${B.line}`;
    expect(found(text, "edge-7.example.com")).toEqual({ revoked: "A", authority: true });
    expect(found(text, "edge-7")).toEqual({ revoked: "A" });
  });

  it("revoke a key even if it is known by the name without the port", () => {
    expect(found(`edge-7 ${A.line}\n@revoked edge-7 ${A.line}`, "edge-7", 2222)).toEqual({
      trusted: "A",
      revoked: "A",
    });
  });

  it("may have comments, tabs, CRLF and blank lines between", () => {
    const text = `# edge\r\n\r\n  edge-7\t${A.line} root@edge-7\r\n`;
    expect(found(text, "edge-7")).toEqual({ trusted: "A" });
  });

  it.each([
    ["an unknown marker", `@trusted edge-7 ${A.line}`],
    ["no key", "edge-7 ssh-ed25519"],
    ["a key of another type than it says", `edge-7 ssh-rsa ${A.line.split(" ")[1]}`],
    ["a key that is no base64", "edge-7 ssh-ed25519 ****"],
    ["a key of protocol 1", "edge-7 1024 35 1234567890"],
  ])("that cannot be read are left out: %s", (_what, line) => {
    expect(found(`${line}\nother ${B.line}`, "edge-7")).toEqual({});
  });

  it.each([
    ["empty", "", "it is empty"],
    ["no known_hosts", "-----BEGIN OPENSSH PRIVATE KEY-----\nsecret\n", "it is a private key for SSH"],
    ["too large", "#".repeat(MAX_KNOWN_HOSTS_BYTES + 1), "larger than"],
  ])("must be there: a file that is %s", (_what, text, words) => {
    const parsed = parseKnownHosts(text);
    expect(parsed).toMatchObject({ ok: false, failure: { why: expect.stringContaining(words) } });
    expect(JSON.stringify(parsed)).not.toContain("secret");
  });
});
