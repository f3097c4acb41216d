import { X509Certificate } from "node:crypto";
import { once } from "node:events";
import { connect } from "node:tls";
import { describe, expect, it, onTestFinished } from "vitest";
import { createAuthority } from "../../../test/support/pki.ts";
import { startRawTlsServer } from "../../../test/support/raw-server.ts";
import { leafOfSession } from "./session-leaf.ts";

const authority = await createAuthority({ commonName: "CA" });
const { certPem, keyPem } = await authority.issue({ commonName: "edge-7", dnsNames: ["edge-7.test"] });
const leaf = new X509Certificate(certPem).raw;

async function sessionOf(options: { readonly maxVersion: "TLSv1.2" | "TLSv1.3"; readonly servername: string }) {
  const server = await startRawTlsServer({ cert: certPem + authority.certPem, key: keyPem }, () => {});
  onTestFinished(() => server.close());
  const socket = connect({ host: "127.0.0.1", port: server.port, rejectUnauthorized: false, ...options });
  onTestFinished(() => void socket.destroy());
  await once(socket, "secureConnect");
  return socket.getSession() ?? Buffer.alloc(0);
}

describe("leafOfSession", () => {
  it.each([
    ["TLSv1.2", ""],
    ["TLSv1.2", "edge-7.test"],
    ["TLSv1.3", ""],
    ["TLSv1.3", "edge-7.test"],
  ] as const)("returns the peer's own certificate, over %s to %j", async (maxVersion, servername) => {
    const session = await sessionOf({ maxVersion, servername });
    expect(leafOfSession(session)?.equals(leaf)).toBe(true);
    for (let length = 0; length < session.length; length++) {
      const cut = leafOfSession(session.subarray(0, length));
      expect(cut === undefined || cut.equals(leaf)).toBe(true);
    }
  });

  it("takes no certificate from another field, such as a ticket", async () => {
    const other = new X509Certificate((await authority.issue({ commonName: "other" })).certPem).raw;
    const field = (tag: number, content: Buffer) =>
      Buffer.concat([Buffer.from([tag, 0x82, content.length >> 8, content.length & 0xff]), content]);
    const session = (...fields: Buffer[]) => field(0x30, Buffer.concat(fields));
    expect(leafOfSession(session(field(0xaa, field(0x04, other)), field(0xa3, leaf)))?.equals(leaf)).toBe(true);
    expect(leafOfSession(session(field(0xaa, other), field(0x04, field(0xa3, other))))).toBeUndefined();
  });
});
