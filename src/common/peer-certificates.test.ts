import { generateKeyPairSync } from "node:crypto";
import { once } from "node:events";
import { Agent, request } from "node:https";
import { connect, TLSSocket } from "node:tls";
import { afterEach, describe, expect, it, vi } from "vitest";
import { makeOddCertificate } from "../../test/support/odd-certificates.ts";
import type { KeyPair } from "../../test/support/pki.ts";
import { startRawTlsServer } from "../../test/support/raw-server.ts";
import { readCertificates, shieldAgent } from "./peer-certificates.ts";

const cleanups: (() => unknown)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0)) await cleanup();
});

const root = await makeOddCertificate({ commonName: "root", ca: true });
const leaf = await makeOddCertificate({ commonName: "edge-7", dnsNames: ["edge-7"], issuer: root });

/** A server over TLS that answers every request. */
async function start({ certPem, keyPem }: KeyPair): Promise<number> {
  const server = await startRawTlsServer({ cert: certPem, key: keyPem }, (socket) => {
    socket.on("data", () => socket.end("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"));
  });
  cleanups.push(() => server.close());
  return server.port;
}

/** How a request to a server of this name ends, for an agent that is shielded. */
async function ask(port: number, servername: string): Promise<unknown> {
  const agent = shieldAgent(new Agent({ ca: root.certPem, servername }));
  cleanups.push(() => agent.destroy());
  const sent = request({ host: "127.0.0.1", port, agent }).end();
  return await Promise.race([
    once(sent, "response").then(([response]) => response.statusCode),
    once(sent, "error").then(([error]) => error.code),
  ]).catch((error: Error & { code?: string }) => error.code);
}

describe("shieldAgent", () => {
  it("does not change Node's check of the name, except for the common name", async () => {
    const port = await start(leaf);
    expect(await ask(port, "edge-7")).toBe(200);
    expect(await ask(port, "edge-8")).toBe("ERR_TLS_CERT_ALTNAME_INVALID");
    const nameless = await makeOddCertificate({ commonName: "edge-7", issuer: root });
    expect(await ask(await start(nameless), "edge-7")).toBe("ERR_TLS_CERT_ALTNAME_INVALID");
  });

  it("reads none of the certificates above the server's own, which Node never frees", async () => {
    const port = await start({ certPem: leaf.certPem + root.certPem, keyPem: leaf.keyPem });
    const reads = vi.spyOn(TLSSocket.prototype, "getPeerX509Certificate");
    cleanups.push(() => reads.mockRestore());
    expect(await ask(port, "edge-7")).toBe(200);
    expect(reads).not.toHaveBeenCalled();
  });

  it("survives a chain with a key at which Node would end the process", async () => {
    const { publicKey } = generateKeyPairSync("ec", { namedCurve: "secp256k1" });
    // OpenSSL takes the trusted certificate of that name; Node would show this one.
    const odd = await makeOddCertificate({
      commonName: "root",
      ca: true,
      publicKey: publicKey.export({ type: "spki", format: "der" }),
    });
    const port = await start({ certPem: leaf.certPem + odd.certPem, keyPem: leaf.keyPem });
    expect(await ask(port, "edge-7")).toBe(200);
  });
});

describe("readCertificates", () => {
  it("returns the certificates in the order in which they were sent, and not more than the maximum length of a chain", async () => {
    const port = await start({ certPem: leaf.certPem + root.certPem.repeat(20), keyPem: leaf.keyPem });
    const socket = connect({ host: "127.0.0.1", port, rejectUnauthorized: false });
    cleanups.push(() => socket.destroy());
    expect(readCertificates(socket).certificates).toEqual([]);
    await once(socket, "secureConnect");
    const { certificates, count } = readCertificates(socket);
    expect(count).toBe(21);
    const subjects = certificates.map(({ subject }) => subject);
    expect(subjects).toEqual(["CN=edge-7", ...Array(9).fill("CN=root")]);
    // Node itself would return another answer.
    expect(readCertificates(socket).certificates.map(({ subject }) => subject)).toEqual(subjects);
  });
});
