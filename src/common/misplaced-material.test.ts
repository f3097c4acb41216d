import { generateKeyPairSync } from "node:crypto";
import fc from "fast-check";
import { beforeAll, describe, expect, it } from "vitest";
import { createAuthority } from "../../test/support/pki.ts";
import { sshKeyPair } from "../../test/support/ssh-keys.ts";
import { describeMisplaced, type Expected } from "./misplaced-material.ts";

let cert: string;
const { privateKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
const key = privateKey.export({ type: "pkcs8", format: "pem" }).toString();
const ssh = sshKeyPair();

beforeAll(async () => {
  cert = (await (await createAuthority({ commonName: "CA" })).issue({ commonName: "client" })).certPem;
});

const base64 = (text: string) => Buffer.from(text).toString("base64");
const der = (pem: string) => Buffer.from(pem.replace(/-----[^\n]*-----|\s/g, ""), "base64").toString("utf8");

describe("what is in the place of a certificate or key", () => {
  it.each<[string, () => string, Expected, string]>([
    ["nothing", () => " \r\n", "certificate", "empty"],
    ["base64 twice", () => base64(cert), "certificate", "in base64 once more"],
    ["base64 three times", () => base64(base64(key)), "key", "in base64 once more"],
    ["a key in base64 twice", () => base64(ssh.private), "sshKey", "in base64 once more"],
    ["line breaks as \\n", () => cert.replaceAll("\n", "\\n"), "certificate", "the two characters \\n"],
    ["line breaks as \\r\\n", () => key.replaceAll("\n", "\\r\\n"), "key", "the two characters \\n"],
    ["UTF-16", () => Buffer.from(`\ufeff${cert}`, "utf16le").toString("utf8"), "certificate", "UTF-16"],
    ["UTF-16, big-endian", () => Buffer.from(`\ufeff${key}`, "utf16le").swap16().toString("utf8"), "key", "UTF-16"],
    ["UTF-16 without a mark", () => Buffer.from(cert, "utf16le").toString("utf8"), "certificate", "UTF-16"],
    [
      "known_hosts in UTF-16",
      () => Buffer.from("edge-7 ssh-ed25519 AAAA", "utf16le").toString("utf8"),
      "knownHosts",
      "UTF-16",
    ],
    ["DER", () => der(cert), "certificate", "in DER"],
    ["PKCS#12", () => Buffer.from("308209b602010330820972", "hex").toString("utf8"), "certificate", "PKCS#12"],
    ["a request", () => "-----BEGIN CERTIFICATE REQUEST-----\nAAAA\n", "certificate", "certificate request (CSR)"],
    [
      "an older request",
      () => "-----BEGIN NEW CERTIFICATE REQUEST-----\nAAAA\n",
      "certificate",
      "certificate request (CSR)",
    ],
    ["a key for a certificate", () => key, "certificate", "a private key"],
    ["a certificate for a key", () => cert, "key", "a certificate"],
    [
      "an encrypted key for a certificate",
      () => "-----BEGIN ENCRYPTED PRIVATE KEY-----\n",
      "certificate",
      "an encrypted private key",
    ],
    ["a key for SSH", () => ssh.private, "key", "a private key for SSH"],
    ["a public key", () => "-----BEGIN PUBLIC KEY-----\nAAAA\n", "key", "a public key"],
    ["a public key for SSH", () => ssh.public, "sshKey", "a public key for SSH"],
    ["a key of PuTTY", () => "PuTTY-User-Key-File-3: ssh-ed25519\n", "sshKey", "a key of PuTTY"],
    ["a certificate for SSH", () => cert, "sshKey", "a certificate"],
    ["a page", () => "\n<!DOCTYPE html><html>", "certificate", "a web page"],
    ["JSON", () => '{"ca": "x"}', "certificate", "JSON"],
    ["one line", () => cert.replaceAll("\n", ""), "certificate", "lost its line breaks"],
    ["one line with blanks", () => key.replaceAll("\n", " "), "key", "lost its line breaks"],
    ["a cut one", () => cert.slice(0, 200), "certificate", "is cut"],
    ["only the body", () => cert.replace(/-----[^\n]*-----\n?/g, ""), "certificate", "without its lines BEGIN and END"],
    ["a description", () => "Certificate:\n    Data:\n", "certificate", "openssl x509 -text"],
    ["a private key for known_hosts", () => ssh.private, "knownHosts", "a private key for SSH"],
    ["a public key for known_hosts", () => ssh.public, "knownHosts", "a public key for SSH"],
    ["known_hosts for a key", () => `edge-7 ${ssh.public}`, "sshKey", "a file of known hosts"],
  ])("%s is named, and how to put it right", (_what, text, expected, words) => {
    const found = describeMisplaced(text(), expected);
    expect(found?.what).toContain(words);
    expect(found?.next).toMatch(/^[A-Z].*\.$/);
  });

  it("does not name valid content, or unknown content", () => {
    expect(describeMisplaced(cert, "certificate")).toBeUndefined();
    expect(describeMisplaced(cert.replaceAll("\n", "\r\n"), "certificate")).toBeUndefined();
    expect(describeMisplaced(`Bag Attributes\n${key}`, "key")).toBeUndefined();
    expect(describeMisplaced(ssh.private, "sshKey")).toBeUndefined();
    expect(describeMisplaced("hello", "knownHosts")).toBeUndefined();
  });

  it("is found for any text, and never quotes it", () => {
    const kinds = fc.constantFrom<Expected>("certificate", "key", "sshKey", "knownHosts");
    const secret = "hunter2secret";
    fc.assert(
      fc.property(fc.string({ unit: "binary" }), kinds, (text, expected) => {
        const found = describeMisplaced(`${text}${secret}`, expected);
        expect(JSON.stringify(found ?? {})).not.toContain(secret);
        expect(JSON.stringify(found ?? {}).length).toBeLessThan(400);
      }),
    );
  });
});
