import { X509Certificate } from "node:crypto";
import { once } from "node:events";
import { createServer, request } from "node:https";
import type { AddressInfo } from "node:net";
import { describe, expect, it } from "vitest";
import { selfSigned } from "./self-signed.ts";

const DAY_MS = 86_400_000;
const now = Date.now();
const pair = (more: object = {}) =>
  selfSigned({ commonName: "metrics", dnsNames: ["localhost", "pod-a"], now, validForMs: 365 * DAY_MS, ...more });

describe("a self-signed certificate", () => {
  it("contains its purpose and its dates", async () => {
    const { cert, key } = await pair();
    const parsed = new X509Certificate(cert);
    expect(parsed.subject).toBe("CN=metrics");
    expect(parsed.subjectAltName).toBe("DNS:localhost, DNS:pod-a");
    expect(parsed.keyUsage).toEqual(["1.3.6.1.5.5.7.3.1"]);
    expect(parsed.verify(parsed.publicKey)).toBe(true);
    expect(Math.abs(parsed.validToDate.getTime() - now - 365 * DAY_MS)).toBeLessThan(1_000);
    expect(parsed.validFromDate.getTime()).toBeLessThan(now);
    expect(key).toMatch(/^-----BEGIN PRIVATE KEY-----/);
  });

  it("has a length of more than one byte if names are long", async () => {
    const dnsNames = Array.from({ length: 20 }, (_, index) => `${"a".repeat(60)}-${index}`);
    expect(new X509Certificate((await pair({ dnsNames })).cert).subjectAltName?.split(", ")).toHaveLength(20);
  });

  it("serves TLS to a client that trusts it, and to no other", async () => {
    const { cert, key } = await pair();
    const server = createServer({ cert, key }, (_, response) => response.end("ok")).listen(0, "127.0.0.1");
    await once(server, "listening");
    const { port } = server.address() as AddressInfo;
    const get = async (ca: string) => {
      const outgoing = request({ port, host: "127.0.0.1", servername: "localhost", ca, agent: false }).end();
      const [response] = await once(outgoing, "response");
      response.resume();
      return response.statusCode as number;
    };
    expect(await get(cert)).toBe(200);
    await expect(get((await pair()).cert)).rejects.toThrow(/self-signed certificate/);
    server.close();
  });
});
