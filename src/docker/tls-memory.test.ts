import { X509Certificate } from "node:crypto";
import { TLSSocket } from "node:tls";
import { describe, expect, it, onTestFinished, vi } from "vitest";
import { FakeClock } from "../../test/support/fake-clock.ts";
import { makeOddCertificate } from "../../test/support/odd-certificates.ts";
import { createAuthority, type KeyPair } from "../../test/support/pki.ts";
import {
  authority,
  clientCredentials,
  connect,
  endpointAt,
  serverIdentity,
  settings,
  startTlsServer,
} from "../../test/support/tls-connections.ts";
import type { CredentialFiles } from "./credential-layout.ts";
import { createTlsMemory, type TlsMemory } from "./tls-memory.ts";
import type { TlsSettings } from "./tls-options.ts";

const DAY_MS = 24 * 3_600_000;
const NOW = Date.now();

const [one, other] = await Promise.all([
  createAuthority({ commonName: "one CA", days: 30 }),
  createAuthority({ commonName: "other CA", days: 60 }),
]);
const client = await one.issue({ commonName: "operator", notAfter: new Date(NOW + 10 * DAY_MS) });
const server = await one.issue({
  commonName: "edge-7",
  dnsNames: ["edge-7.test"],
  notAfter: new Date(NOW + 5 * DAY_MS),
});

function remember() {
  const clock = new FakeClock(NOW);
  return { clock, ...createTlsMemory(clock) };
}

describe("TLS contexts", () => {
  it("are shared by connections with the same certificates, and by no others", () => {
    const { contexts } = remember();
    const options = { ca: [one.certPem], cert: client.certPem, key: client.keyPem };
    const context = contexts.get(options);
    expect(contexts.get({ ...options })).toBe(context);
    expect(contexts.get({ ...options, ca: [other.certPem] })).not.toBe(context);
    expect(contexts.get({ ...options, ca: [one.certPem, other.certPem] })).not.toBe(context);
    expect(contexts.get({ ca: [one.certPem] })).not.toBe(context);
    expect(contexts.get({ ...options, ciphers: "ECDHE-RSA-AES128-GCM-SHA256" })).not.toBe(context);
  });

  it("do not outlive the credentials by more than ten minutes", async () => {
    const { contexts, clock } = remember();
    const context = contexts.get({ ca: [one.certPem] });
    await clock.advance(10 * 60_000);
    expect(contexts.get({ ca: [one.certPem] })).not.toBe(context);
  });
});

describe("checked credentials", () => {
  const files: CredentialFiles = {
    ca: { label: "ca", pem: one.certPem },
    cert: { label: "cert", pem: client.certPem },
    key: { label: "key", pem: client.keyPem },
  };

  it("are checked once", () => {
    const { credentials } = remember();
    const checked = credentials.preflight(files, NOW);
    const again = credentials.preflight({ ...files }, NOW + 1);
    expect(checked.ok && again.ok && again.value === checked.value).toBe(true);
  });

  it("are checked again once a certificate has expired", () => {
    const { credentials } = remember();
    expect(credentials.preflight(files, NOW).ok).toBe(true);
    expect(credentials.preflight(files, NOW + 11 * DAY_MS)).toMatchObject({
      failure: { reason: "ClientCertificateExpired" },
    });
  });

  it("are checked again when the clock was set back to before a certificate is valid", () => {
    const { credentials } = remember();
    expect(credentials.preflight(files, NOW).ok).toBe(true);
    expect(credentials.preflight(files, NOW - 2 * DAY_MS)).toMatchObject({
      failure: { reason: "ClientCertificateNotYetValid" },
    });
  });

  it("warn of a CA from the moment at which it expires", () => {
    const { credentials } = remember();
    const { ca } = files;
    expect(credentials.preflight({ ...(ca && { ca }) }, NOW)).toMatchObject({ ok: true });
    const later = credentials.preflight({ ...(ca && { ca }) }, NOW + 31 * DAY_MS);
    expect(later.ok && later.value.warnings).toHaveLength(1);
  });

  it("differ by the names of their files, which messages show", () => {
    const { credentials } = remember();
    const bundle = `${one.certPem}-----BEGIN CERTIFICATE-----\nbroken\n-----END CERTIFICATE-----\n`;
    const warnings = ["first", "second"].map((label) => {
      const checked = credentials.preflight({ ca: { label, pem: bundle } }, NOW);
      return checked.ok ? checked.value.warnings?.[0] : undefined;
    });
    expect(warnings).toEqual([expect.stringContaining("first"), expect.stringContaining("second")]);
  });

  it("that are refused are checked each time", () => {
    const { credentials } = remember();
    const wrong = { ...files, key: { label: "key", pem: server.keyPem } };
    for (const _ of [1, 2]) {
      expect(credentials.preflight(wrong, NOW)).toMatchObject({ failure: { reason: "ClientKeyMismatch" } });
    }
  });
});

describe("verified servers", () => {
  const leaf = new X509Certificate(server.certPem);
  const root = new X509Certificate(one.certPem);
  const checked = { name: "edge-7.test", presented: [leaf], trusted: [other.certPem, one.certPem] };

  it("are known with their chain", () => {
    const { servers } = remember();
    expect(servers.find(checked, NOW)).toBeUndefined();
    servers.add(checked, [leaf, root]);
    const chain = servers.find({ ...checked, presented: [new X509Certificate(server.certPem)] }, NOW);
    expect(chain?.map(({ fingerprint256 }) => fingerprint256)).toEqual([leaf.fingerprint256, root.fingerprint256]);
  });

  it("are verified again for another name, other certificates and other CAs", () => {
    const { servers } = remember();
    servers.add(checked, [leaf, root]);
    expect(servers.find({ ...checked, name: "edge-8.test" }, NOW)).toBeUndefined();
    expect(servers.find({ ...checked, presented: [leaf, root] }, NOW)).toBeUndefined();
    expect(servers.find({ ...checked, trusted: [other.certPem] }, NOW)).toBeUndefined();
    expect(servers.find({ ...checked, trusted: [one.certPem] }, NOW)).toBeUndefined();
  });

  it("are verified again as soon as a certificate of the chain is not valid", () => {
    const { servers } = remember();
    servers.add(checked, [leaf, root]);
    expect(servers.find(checked, NOW + 4 * DAY_MS)).toBeDefined();
    expect(servers.find(checked, NOW + 6 * DAY_MS)).toBeUndefined();
    expect(servers.find(checked, NOW - 2 * DAY_MS)).toBeUndefined();
  });
});

describe("a connection that remembers", () => {
  it("refuses a server that is not for the name, though it was verified for another", async () => {
    const memory = createTlsMemory(new FakeClock(NOW));
    const running = await startTlsServer(await serverIdentity({ dnsNames: ["edge-7.test"] }));
    const tls = settings({ memory });
    const results: unknown[] = [];
    for (const host of ["edge-7.test", "edge-7.test", "edge-8.test"]) {
      results.push(await connect(endpointAt(running, host), tls));
    }
    expect(results).toEqual(["connected", "connected", "DOCKERHOST_NAME_MISMATCH"]);
  });

  describe.each(["TLSv1.2", "TLSv1.3"] as const)("to a server that sends its CA as well, over %s", (maxVersion) => {
    /** How often a server was asked for all of its certificates, and how each connection ended. */
    async function connections(changes: readonly Partial<TlsSettings>[], chains: readonly string[]) {
      const asked = vi.spyOn(TLSSocket.prototype, "getPeerX509Certificate");
      onTestFinished(() => asked.mockRestore());
      const identity = await serverIdentity({ dnsNames: ["edge-7.test"] });
      const memory = createTlsMemory(new FakeClock(NOW));
      const results: unknown[] = [];
      for (const [index, change] of changes.entries()) {
        const certPem = identity.certPem + (chains[index] ?? authority.certPem);
        const running = await startTlsServer({ ...identity, certPem }, { maxVersion });
        results.push(await connect(endpointAt(running, "edge-7.test"), settings({ memory, ...change })));
      }
      return { results, asked: asked.mock.calls.length };
    }

    it("asks it once for its certificates, which Node never frees", async () => {
      expect(await connections([{}, {}, {}], [])).toEqual({ results: Array(3).fill("connected"), asked: 1 });
    });

    it("asks again once a certificate is not valid any more, and if others are trusted", async () => {
      const later = { now: NOW + 4_000 * DAY_MS };
      const others = { credentials: { ca: [other.certPem] } };
      const { results, asked } = await connections([{}, others, later], []);
      expect(results[0]).toBe("connected");
      expect(results.slice(1)).not.toContain("connected");
      expect(asked).toBeGreaterThanOrEqual(3);
    });
  });

  it("treats a server that no longer sends its intermediate as one that never did", async () => {
    const root = await makeOddCertificate({ commonName: "root", ca: true });
    const middle = await makeOddCertificate({ commonName: "middle", ca: true, issuer: root });
    const leaf = await makeOddCertificate({ commonName: "edge-7", dnsNames: ["edge-7.test"], issuer: middle });
    const whole = { ...leaf, certPem: leaf.certPem + middle.certPem };
    const visit = async (memory: TlsMemory, identity: KeyPair) => {
      const running = await startTlsServer(identity);
      const tls = settings({ memory, credentials: { ca: [root.certPem] } });
      return await connect(endpointAt(running, "edge-7.test"), tls);
    };
    const memory = createTlsMemory(new FakeClock(NOW));
    expect(await visit(memory, whole)).toBe("connected");
    const never = await visit(createTlsMemory(new FakeClock(NOW)), leaf);
    expect(never).not.toBe("connected");
    expect(await visit(memory, leaf)).not.toBe("connected");
    expect(await visit(memory, whole)).toBe("connected");
  });

  it("refuses a server that was verified with other CAs", async () => {
    const memory = createTlsMemory(new FakeClock(NOW));
    const running = await startTlsServer(await serverIdentity({ ipAddresses: ["127.0.0.1"] }));
    expect(await connect(endpointAt(running), settings({ memory }))).toBe("connected");
    const others = settings({ memory, credentials: { ca: [other.certPem] } });
    expect(await connect(endpointAt(running), others)).not.toBe("connected");
  });

  it("shows each client's own certificate", async () => {
    const memory = createTlsMemory(new FakeClock(NOW));
    const running = await startTlsServer(await serverIdentity({ ipAddresses: ["127.0.0.1"] }), {
      requestCert: true,
      rejectUnauthorized: false,
    });
    const clients = await Promise.all(["first", "second"].map((commonName) => one.issue({ commonName })));
    for (const identity of [...clients, ...clients]) {
      const tls = settings({ memory });
      const credentials = { ...tls.credentials, client: clientCredentials(identity) };
      expect(await connect(endpointAt(running), { ...tls, credentials })).toBe("connected");
    }
    expect(running.seen.map((seen) => seen.client)).toEqual(["first", "second", "first", "second"]);
  });
});
