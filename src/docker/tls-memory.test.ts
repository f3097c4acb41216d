import { X509Certificate } from "node:crypto";
import { TLSSocket } from "node:tls";
import { describe, expect, it, onTestFinished, vi } from "vitest";
import { FakeClock } from "../../test/support/fake-clock.ts";
import { makeOddCertificate } from "../../test/support/odd-certificates.ts";
import { createAuthority, type KeyPair } from "../../test/support/pki.ts";
import {
  agentFor,
  authority,
  clientCredentials,
  connect,
  endpointAt,
  reach,
  serverIdentity,
  settings,
  startChangingServer,
  startTlsServer,
} from "../../test/support/tls-connections.ts";
import type { CredentialFiles } from "./credential-layout.ts";
import { createTlsMemory } from "./tls-memory.ts";
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

/** Counts from now on how often all certificates of a server are read. */
function countReads(): () => number {
  const reads = vi.spyOn(TLSSocket.prototype, "getPeerX509Certificate");
  onTestFinished(() => reads.mockRestore());
  reads.mockClear();
  return () => reads.mock.calls.length;
}

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
    /** How often the certificates of a server were read, and how each connection ended. */
    async function connections(changes: readonly Partial<TlsSettings>[]) {
      const identity = await serverIdentity({ dnsNames: ["edge-7.test"] });
      const certPem = identity.certPem + authority.certPem;
      const running = await startTlsServer({ ...identity, certPem }, { maxVersion });
      const memory = createTlsMemory(new FakeClock(NOW));
      const reads = countReads();
      const results: unknown[] = [];
      for (const change of changes) {
        results.push(await connect(endpointAt(running, "edge-7.test"), settings({ memory, ...change })));
      }
      return { results, reads: reads() };
    }
    const unverified = { verify: false };
    const refused = { credentials: { ca: [other.certPem] } };

    it("reads its certificates once", async () => {
      expect(await connections([{}, {}, {}])).toEqual({ results: Array(3).fill("connected"), reads: 1 });
    });

    it("reads its certificates once if it is not verified", async () => {
      const changes = Array(3).fill(unverified);
      expect(await connections(changes)).toEqual({ results: Array(3).fill("connected"), reads: 1 });
    });

    it("reads its certificates once if it is refused", async () => {
      const { results, reads } = await connections(Array(5).fill(refused));
      expect(results).toEqual(Array(5).fill("SELF_SIGNED_CERT_IN_CHAIN"));
      expect(reads).toBe(1);
    });

    it("refuses it once a certificate is not valid any more, and if others are trusted", async () => {
      const { results } = await connections([{}, refused, {}, { now: NOW + 4_000 * DAY_MS }]);
      expect(results.map((result) => result === "connected")).toEqual([true, false, true, false]);
    });
  });

  describe("to a server that changes what it sends with its certificate", async () => {
    const root = await makeOddCertificate({ commonName: "root", ca: true });
    const middle = await makeOddCertificate({ commonName: "middle", ca: true, issuer: root });
    const leaf = await makeOddCertificate({ commonName: "edge-7", dnsNames: ["edge-7.test"], issuer: middle });
    const whole = { ...leaf, certPem: leaf.certPem + middle.certPem };
    const start = async (identity: KeyPair) => {
      const running = await startChangingServer(identity);
      const memory = createTlsMemory(new FakeClock(NOW));
      const tls = settings({ memory, credentials: { ca: [root.certPem] } });
      const endpoint = endpointAt(running, "edge-7.test");
      return { endpoint, tls, visit: () => connect(endpoint, tls), show: running.show };
    };

    it("treats one that no longer sends its intermediate as one that never did", async () => {
      const { visit, show } = await start(whole);
      expect(await visit()).toBe("connected");
      show(leaf);
      const never = await (await start(leaf)).visit();
      expect(never).not.toBe("connected");
      expect(await visit()).not.toBe("connected");
      expect(await visit()).toBe(never);
    });

    it("connects as soon as it sends the missing intermediate, no matter how long it was refused", async () => {
      const { visit, show } = await start(leaf);
      for (let round = 0; round < 3; round++) {
        expect(await visit()).not.toBe("connected");
        expect(await visit()).not.toBe("connected");
        show(whole);
        expect(await visit()).toBe("connected");
        expect(await visit()).toBe("connected");
        show(leaf);
      }
    });

    it("explains the certificates that it sends now, if OpenSSL refuses it for another reason", async () => {
      const old = { notBefore: new Date(NOW - 2 * DAY_MS), notAfter: new Date(NOW - DAY_MS) };
      const expired = await makeOddCertificate({
        commonName: "middle",
        ca: true,
        issuer: root,
        sameKeyAs: middle,
        ...old,
      });
      const { endpoint, tls, show } = await start(leaf);
      const refusal = async () => {
        const agent = agentFor(endpoint, tls);
        await expect(reach(endpoint, agent)).rejects.toThrow();
        return agent.refused()?.problem?.kind;
      };
      expect([await refusal(), await refusal()]).toEqual(["untrusted", "untrusted"]);
      show({ ...leaf, certPem: leaf.certPem + expired.certPem });
      expect([await refusal(), await refusal()]).toEqual(["expired", "expired"]);
    });
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
