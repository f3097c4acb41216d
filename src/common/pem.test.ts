import { describe, expect, it } from "vitest";
import { createAuthority } from "../../test/support/pki.ts";
import { certificateBlocks, pemBlocks } from "./pem.ts";

const { certPem, keyPem } = await createAuthority({ commonName: "fleet CA" });

describe("pemBlocks", () => {
  it("finds every block with its label, and leaves out what stands between", () => {
    const blocks = pemBlocks(`subject=CN = fleet CA\n${certPem}\n# the key\n${keyPem}${certPem}`);
    expect(blocks.map(({ label }) => label)).toEqual(["CERTIFICATE", "PRIVATE KEY", "CERTIFICATE"]);
    expect(blocks[0]?.text).toBe(certPem);
  });

  it("takes the line ends of other systems, spaces after a line's end, and a missing one at the last", () => {
    expect(certificateBlocks(certPem.replaceAll("\n", "\r\n"))).toEqual([certPem]);
    expect(pemBlocks(certPem.replace("CERTIFICATE-----\n", "CERTIFICATE-----  \n"))).toHaveLength(1);
    expect(certificateBlocks(certPem.trimEnd())).toEqual([certPem]);
  });

  it.each([
    ["nothing", ""],
    ["no PEM", "\u0000\u0001DER"],
    ["a block without an end", certPem.replace(/-----END.*/s, "")],
    ["a block with another end", certPem.replace("END CERTIFICATE", "END PRIVATE KEY")],
  ])("finds none in %s", (_name, text) => {
    expect(pemBlocks(text)).toEqual([]);
  });

  it("goes on after a block that was cut", () => {
    const cut = certPem.replace(/-----END.*/s, "");
    expect(certificateBlocks(`${cut}${certPem}`)).toEqual([certPem]);
  });

  it("keeps the headers of an encrypted key of old", () => {
    const key =
      "-----BEGIN RSA PRIVATE KEY-----\nProc-Type: 4,ENCRYPTED\nDEK-Info: AES-256-CBC,00\n\nAAAA\n-----END RSA PRIVATE KEY-----\n";
    expect(pemBlocks(key)).toEqual([{ label: "RSA PRIVATE KEY", text: key }]);
  });
});
