import type { AddressInfo } from "node:net";
import type { SecureContextOptions } from "node:tls";
import * as tls from "node:tls";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type SimRegistry, startSimRegistry } from "../../test/sim/registry.ts";
import { type Authority, createAuthority, type KeyPair } from "../../test/support/pki.ts";
import { HeldTooLong } from "../common/byte-budget.ts";
import { systemClock } from "../common/clock.ts";
import { DeadlineExceeded } from "../common/deadline.ts";
import { openGuard } from "../common/dial-guard.ts";
import { RegistryClient } from "./client.ts";
import { RegistryConnections } from "./connections.ts";
import { classifyError } from "./transport-failure.ts";
import type { RegistryTrust } from "./trust.ts";

const DAY_MS = 86_400_000;
const SIGNAL = new AbortController().signal;

describe("what a registry shows on the wire", () => {
  let ca: Authority;
  let other: Authority;
  let client: KeyPair;
  const closes: (() => Promise<void> | void)[] = [];

  beforeAll(async () => {
    [ca, other] = await Promise.all([createAuthority({ commonName: "ca" }), createAuthority({ commonName: "other" })]);
    client = await ca.issue({ commonName: "client", usages: ["clientAuth"] });
  });
  afterAll(async () => {
    for (const close of closes) await close();
  });

  const server = (options: Partial<Parameters<Authority["issue"]>[0]> = {}) =>
    ca.issue({ commonName: "registry", ipAddresses: ["127.0.0.1"], ...options });

  async function start(pair: KeyPair, clientCa?: string): Promise<SimRegistry> {
    const registry = await startSimRegistry({
      tls: { cert: pair.certPem, key: pair.keyPem, ...(clientCa !== undefined && { clientCa }) },
    });
    closes.push(() => registry.close());
    registry.push("team/app", "1");
    return registry;
  }

  async function ask(domain: string, trust: RegistryTrust = { roots: [ca.certPem] }, systemRoots: string[] = []) {
    const connections = new RegistryConnections({ systemRoots, guard: openGuard() });
    const target = { domain, path: "team/app", access: { trust, insecure: false } };
    const outcome = await new RegistryClient({ connections, clock: systemClock, random: Math.random }).resolveTag(
      target,
      "1",
      SIGNAL,
    );
    connections.close();
    if (!outcome.ok) expect(outcome.failure.message).toContain(`Registry ${domain}: `);
    return outcome.ok ? "answered" : outcome.failure.reason;
  }

  it("a certificate of a trusted CA of the system or of the Secret", async () => {
    const { host } = await start(await server());
    expect(await ask(host)).toBe("answered");
    expect(await ask(host, { roots: [] }, [ca.certPem])).toBe("answered");
    expect(await ask(host, { roots: [other.certPem] }, [ca.certPem])).toBe("answered");
  });

  it("a certificate that nobody trusts", async () => {
    const { host } = await start(await server());
    expect(await ask(host, { roots: [] })).toBe("RegistryCertificateUntrusted");
    expect(await ask(host, { roots: [other.certPem] })).toBe("RegistryCertificateUntrusted");
  });

  it("a certificate for another name, another use or another time", async () => {
    const pairs = {
      RegistryNameMismatch: await server({ ipAddresses: ["127.0.0.9"] }),
      RegistryCertificateInvalid: await server({ usages: ["clientAuth"] }),
      RegistryCertificateExpired: await server({
        notBefore: new Date(Date.now() - 2 * DAY_MS),
        notAfter: new Date(Date.now() - DAY_MS),
      }),
      RegistryCertificateNotYetValid: await server({ notBefore: new Date(Date.now() + DAY_MS) }),
    };
    for (const [reason, pair] of Object.entries(pairs)) {
      const { host } = await start(pair);
      expect(await ask(host)).toBe(reason);
    }
  });

  it("a demand for a client certificate", async () => {
    const { host } = await start(await server(), ca.certPem);
    expect(await ask(host)).toBe("RegistryClientCertificateRequired");
    expect(await ask(host, { roots: [ca.certPem], clientPairs: [{ cert: client.certPem, key: client.keyPem }] })).toBe(
      "answered",
    );
  });

  it.each<SecureContextOptions>([{ maxVersion: "TLSv1.2" }, { minVersion: "TLSv1.3" }])(
    "a demand for a client certificate, with %j",
    async (versions) => {
      const pair = await server();
      const listener = tls.createServer({
        cert: pair.certPem,
        key: pair.keyPem,
        ca: ca.certPem,
        requestCert: true,
        rejectUnauthorized: true,
        ...versions,
      });
      await new Promise<void>((resolve) => listener.listen(0, "127.0.0.1", resolve));
      closes.push(() => void listener.close());
      const { port } = listener.address() as AddressInfo;
      expect(await ask(`127.0.0.1:${port}`)).toMatch(/^RegistryClientCertificateRequired$|^RegistryTLSFailed$/);
    },
  );

  it("plain http", async () => {
    const registry = await startSimRegistry();
    closes.push(() => registry.close());
    expect(await ask(registry.host)).toBe("RegistryNotTLS");
  });

  it("nothing at all", async () => {
    const registry = await startSimRegistry();
    await registry.close();
    expect(await ask(registry.host)).toBe("RegistryUnreachable");
  });

  it("a reset", async () => {
    const registry = await start(await server());
    await registry.setFaults({ kind: "reset" });
    expect(await ask(registry.host)).toBe("RegistryUnreachable");
  });
});

describe("classifyError", () => {
  const error = (code: string, message = "") => Object.assign(new Error(message), { code });

  it.each([
    [error("ENOTFOUND"), false, "RegistryNameResolutionFailed"],
    [error("EAI_AGAIN"), false, "RegistryNameResolutionFailed"],
    [error("ETIMEDOUT"), false, "RegistryTimedOut"],
    [error("EHOSTUNREACH"), false, "RegistryUnreachable"],
    [new DeadlineExceeded("the answer", 30_000), false, "RegistryTimedOut"],
    [new HeldTooLong("others waited"), false, "RegistryTimedOut"],
    [error("DEPTH_ZERO_SELF_SIGNED_CERT"), false, "RegistryCertificateUntrusted"],
    [error("UNSPECIFIED", "CA signature digest algorithm too weak"), false, "RegistryCertificateInvalid"],
    [error("EPROTO", "tlsv1 alert protocol version: SSL alert number 70"), false, "RegistryTLSFailed"],
    [error("EPROTO", "handshake failure: SSL alert number 40"), true, "RegistryTLSFailed"],
    [error("EPROTO", "certificate expired: SSL alert number 45"), true, "RegistryClientCertificateRejected"],
    [
      error("ERR_SSL_TLSV13_ALERT_CERTIFICATE_REQUIRED", "SSL alert number 116"),
      false,
      "RegistryClientCertificateRequired",
    ],
    [error("EPROTO", "wrong version number"), false, "RegistryNotTLS"],
    [error("EPROTO", "no shared cipher"), false, "RegistryTLSFailed"],
    [error("HPE_INVALID_CONSTANT"), false, "RegistryBadResponse"],
    [error("ESTRANGE"), false, "RegistryUnreachable"],
    [new AggregateError([error("ECONNREFUSED"), error("ENETUNREACH")]), false, "RegistryUnreachable"],
    [new AggregateError([]), false, "RegistryUnreachable"],
    ["not even an error", false, "RegistryUnreachable"],
  ])("%s (pair shown: %s) is %s", (cause, showedPair, reason) => {
    expect(classifyError(cause, "registry.example.com", showedPair).reason).toBe(reason);
  });

  it("gives the same text whichever address refused", () => {
    const refusals = ["127.0.0.1", "10.0.0.1"].map((address) =>
      error("ECONNREFUSED", `connect ECONNREFUSED ${address}`),
    );
    const texts = refusals.map((refusal) => classifyError(refusal, "registry.example.com", false).message);
    expect(texts[0]).toBe(texts[1]);
  });
});
