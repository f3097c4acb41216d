import { X509Certificate } from "node:crypto";
import { describe, expect, it } from "vitest";
import { createAuthority } from "../../test/support/pki.ts";
import { certificateBlocks, derOf, pemBlocks } from "./pem.ts";

const { certPem, keyPem } = await createAuthority({ commonName: "fleet CA" });

describe("pemBlocks", () => {
  it("finds every block with its label, and leaves out the text between them", () => {
    const blocks = pemBlocks(`subject=CN = fleet CA\n${certPem}\n# the key\n${keyPem}${certPem}`);
    expect(blocks.map(({ label }) => label)).toEqual(["CERTIFICATE", "PRIVATE KEY", "CERTIFICATE"]);
    expect(blocks[0]?.text).toBe(certPem);
  });

  it("accepts the line endings of other systems, spaces at the end of a line, and a missing last line ending", () => {
    expect(certificateBlocks(certPem.replaceAll("\n", "\r\n"))).toEqual([certPem]);
    expect(pemBlocks(certPem.replace("CERTIFICATE-----\n", "CERTIFICATE-----  \n"))).toHaveLength(1);
    expect(certificateBlocks(certPem.trimEnd())).toEqual([certPem]);
  });

  it.each([
    ["nothing", ""],
    ["no PEM", "\u0000\u0001DER"],
    ["a block without an end", certPem.replace(/-----END.*/s, "")],
    ["a block whose end is indented", certPem.replace("-----END", " -----END")],
    ["a block with another end", certPem.replace("END CERTIFICATE", "END PRIVATE KEY")],
  ])("finds none in %s", (_name, text) => {
    expect(pemBlocks(text)).toEqual([]);
  });

  it("continues after a block that was cut", () => {
    const cut = certPem.replace(/-----END.*/s, "");
    expect(certificateBlocks(`${cut}${certPem}`)).toEqual([certPem]);
  });

  it.each([
    ["blank lines", (pem: string) => pem.replaceAll("\n", "\n\n")],
    ["blank lines of Windows", (pem: string) => pem.replaceAll("\n", "\r\n\r\n")],
    ["indentation", (pem: string) => pem.replaceAll(/^(?!-)/gm, "  ").trimEnd()],
    ["tabs at the ends of lines", (pem: string) => pem.replaceAll("\n", "\t\n")],
  ])("reads a block with %s as if it had none", (_name, odd) => {
    const block = { label: "CERTIFICATE", hasHeaders: false, encrypted: false, text: certPem };
    expect(pemBlocks(odd(certPem))).toEqual([block]);
  });

  it.each(["Subject: fleet CA\nNote:\n\n", "Subject: fleet CA\n"])(
    "reads a block behind its headers: %j",
    (headers) => {
      const block = { label: "CERTIFICATE", hasHeaders: true, encrypted: false, text: certPem };
      expect(pemBlocks(certPem.replace("-----\n", `-----\n${headers}`))).toEqual([block]);
    },
  );

  it("finds both of two that were joined without a line break", () => {
    expect(certificateBlocks(certPem.trimEnd() + certPem)).toEqual([certPem, certPem]);
  });

  it("recognizes keys with a passphrase, of both kinds", () => {
    const legacy =
      "-----BEGIN RSA PRIVATE KEY-----\nProc-Type: 4,ENCRYPTED\nDEK-Info: AES-256-CBC,00\n\nAAAA\n-----END RSA PRIVATE KEY-----\n";
    const pkcs8 = "-----BEGIN ENCRYPTED PRIVATE KEY-----\nAAAA\n-----END ENCRYPTED PRIVATE KEY-----\n";
    expect(pemBlocks(legacy + pkcs8 + keyPem).map(({ encrypted }) => encrypted)).toEqual([true, true, false]);
  });

  it("needs no more time for text that was made to be slow", () => {
    const hostile = `-----BEGIN CERTIFICATE-----\n${"a: ".repeat(1000)}\n`.repeat(100);
    expect(pemBlocks(hostile)).toEqual([]);
  });
});

it("reads the bytes of a certificate into memory of their own", () => {
  const der = derOf(certPem);
  expect(der.equals(new X509Certificate(certPem).raw)).toBe(true);
  expect(der.buffer.byteLength).toBe(der.length);
});
