import { beforeAll, describe, expect, it } from "vitest";
import { answerProblems } from "../../../test/support/condition-checker.ts";
import { summaries } from "../../../test/support/docker-host.ts";
import { makeOddCertificate } from "../../../test/support/odd-certificates.ts";
import { startRawTlsServer } from "../../../test/support/raw-server.ts";
import { createWorldKeys, SimulatedWorld, type WorldKeys } from "../../../test/support/simulated-world.ts";

let keys: WorldKeys;

beforeAll(async () => {
  keys = await createWorldKeys();
});

const connected = () => SimulatedWorld.startConnected(keys);
const ready = (world: SimulatedWorld) => summaries(world.host.status?.conditions)[0];

describe("ConnectionReconciler, of credentials and certificates", () => {
  it("follows a Secret that is replaced by another authority's, and back", async () => {
    const world = await connected();
    await world.setSecret("tls", keys.foreign);
    await world.connect();
    expect(ready(world)).toBe("Ready=False ServerCertificateUntrusted");
    expect(answerProblems(world.host)).toEqual([]);
    await world.setSecret("tls", { ...keys.foreign, "ca.pem": keys.client["ca.pem"] ?? "" });
    await world.connect();
    // The simulated daemon cuts the connection where a real one sends an alert.
    expect(ready(world)).toMatch(/^Ready=False (ClientCertificate(Untrusted|Rejected)|ConnectionReset)$/);
    await world.setSecret("tls", keys.client);
    await world.connect();
    expect(ready(world)).toBe("Ready=True Succeeded");
    expect(world.host.metadata.generation).toBe(1);
    expect(world.takeEvents()).toEqual([
      "Warning ServerCertificateUntrusted",
      expect.stringMatching(/^Warning (ClientCertificate|ConnectionReset)/),
      "Normal Succeeded",
    ]);
  });

  it("shows which credentials it tried and which the daemon accepted last, also where it refused them itself", async () => {
    const world = await connected();
    const credentials = () => world.host.status?.credentials;
    const first = credentials();
    expect(first?.tried).toEqual(first?.good);
    expect(first?.good).toMatchObject({ secret: "tls", fingerprint: expect.stringMatching(/^[0-9a-f]{64}$/) });
    const since = first?.good?.since;
    await world.clock.advance(60_000);
    await world.setSecret("tls", { ...keys.foreign, "key.pem": keys.client["key.pem"] ?? "" });
    await world.connect();
    expect(ready(world)).toBe("Ready=False ClientKeyMismatch");
    expect(world.host.status?.conditions?.[0]?.message).toContain("the daemon last accepted");
    expect(credentials()?.good).toEqual(first?.good);
    expect(credentials()?.tried?.fingerprint).not.toBe(first?.good?.fingerprint);
    expect(summaries(world.host.status?.conditions)).toContain("CertificateExpiring=False CertificatesCurrent");
    await world.setSecret("tls", keys.client);
    await world.connect();
    expect(credentials()).toEqual({
      tried: { ...first?.good, since: expect.not.stringContaining(since ?? "") },
      good: first?.good,
    });
    expect(world.host.status?.conditions?.[0]?.message).not.toContain("the daemon last accepted");
  });

  it("waits for a Secret that is not there, and takes it when it comes", async () => {
    const world = await SimulatedWorld.start(keys);
    await world.setSecret("tls", undefined);
    expect(await world.connect()).toMatchObject({ kind: "backoff" });
    expect(summaries(world.host.status?.conditions).slice(0, 4)).toEqual([
      "Ready=False SecretNotFound",
      "Reconciling=True ProgressingWithRetry",
      "CredentialsValid=False SecretNotFound",
      "Connected=Unknown NotAttempted",
    ]);
    expect(world.host.status?.conditions?.[0]?.message).toBe(
      'Secret "tls" does not exist in namespace "fleet". Create it in the same namespace, or correct the name.',
    );
    expect(world.host.status?.tlsMode).toBeUndefined();
    expect(world.daemon.counters.connections).toBe(0);
    await world.setSecret("tls", keys.client);
    await world.connect();
    expect(ready(world)).toBe("Ready=True Succeeded");
  });

  describe("takes the credentials from where the spec says", () => {
    async function outcome(tls: object, secrets: Readonly<Record<string, Readonly<Record<string, string>>>> = {}) {
      const world = await SimulatedWorld.start(keys);
      for (const [name, entries] of Object.entries(secrets)) await world.setSecret(name, entries);
      await world.setSpec({ tls: { verify: true, ...tls } });
      await world.connect();
      return world.host.status ?? {};
    }
    const first = async (...args: Parameters<typeof outcome>) => summaries((await outcome(...args)).conditions)[0];

    it("from keys of other names", async () => {
      const { "ca.pem": ca = "", "cert.pem": cert = "", "key.pem": key = "" } = keys.client;
      const names = { ca: "issuing_ca", cert: "certificate", key: "private_key" };
      const vault = { issuing_ca: ca, certificate: cert, private_key: key };
      expect(await first({ certSecretRef: { name: "vault", keys: names } }, { vault })).toBe("Ready=True Succeeded");
      expect(await first({ certSecretRef: { name: "tls", keys: { ca: "issuing_ca" } } })).toBe(
        "Ready=False SecretKeyMissing",
      );
    });

    it("the CA from a Secret of its own, which takes precedence", async () => {
      const { "ca.pem": ca = "" } = keys.client;
      const caSecretRef = { name: "fleet-ca" };
      const mixed = { ...keys.client, "ca.pem": keys.foreign["ca.pem"] ?? "" };
      const secrets = { mixed, "fleet-ca": { "ca.crt": ca } };
      expect(await first({ certSecretRef: { name: "mixed" } }, secrets)).toBe("Ready=False ServerCertificateUntrusted");
      expect(await first({ certSecretRef: { name: "mixed" }, caSecretRef }, secrets)).toBe("Ready=True Succeeded");
      expect(await first({ caSecretRef })).toBe("Ready=False SecretNotFound");
      expect(await first({ caSecretRef: { name: "tls", key: "root.pem" } })).toBe("Ready=False SecretKeyMissing");
      expect(await first({ caSecretRef: { name: "tls", key: "constructor" } })).toBe("Ready=False SecretKeyMissing");
    });

    it("the system's roots, whatever CA the Secret holds", async () => {
      const status = await outcome({ certSecretRef: { name: "tls" }, systemRoots: true });
      expect(summaries(status.conditions)[0]).toMatch(/^Ready=False ServerCertificate(Untrusted|SelfSigned)$/);
    });

    it("none, and then the daemon asks for them", async () => {
      const status = await outcome({ caSecretRef: { name: "registry-ca" } });
      expect(summaries(status.conditions)[0]).toBe("Ready=False ClientCertificateRequired");
      expect(status.tlsMode).toBe("ServerVerified");
    });
  });

  it("reads no Secret for a plaintext endpoint, and warns where TLS was meant", async () => {
    const world = await SimulatedWorld.start(keys);
    await world.setSecret("tls", undefined);
    await world.setSpec({ tls: { verify: false, certSecretRef: { name: "tls" } } });
    await world.connect();
    await world.connect();
    expect(summaries(world.host.status?.conditions)).toContain("CredentialsValid=True NotApplicable");
    expect(world.host.status).toMatchObject({ tlsMode: "None", warnings: [expect.stringContaining("in plaintext")] });
    expect(world.takeEvents()).toEqual(["Warning ServerRequiresTLS", "Warning EndpointWarning"]);
  });

  it("shows the certificate of a server that it does not trust, and no CA for it", async () => {
    const world = await SimulatedWorld.start(keys);
    await world.setSecret("tls", keys.foreign);
    await world.connect();
    expect(ready(world)).toBe("Ready=False ServerCertificateUntrusted");
    expect(world.host.status?.certificates).toMatchObject({ server: { subject: "CN=daemon", issuer: "CN=CA" } });
    expect(world.host.status?.certificates).not.toHaveProperty("ca");
    await world.setSpec({ tls: { verify: true, certSecretRef: { name: "tls" }, serverName: "edge-8" } });
    await world.setSecret("tls", keys.client);
    await world.connect();
    expect(ready(world)).toBe("Ready=False ServerNameMismatch");
    expect(world.host.status?.certificates).toMatchObject({ server: { subject: "CN=daemon" } });
    expect(world.host.status?.certificates).not.toHaveProperty("ca");
  });

  it("warns once of what is weak or useless among the certificates, and is Ready nevertheless", async () => {
    const world = await connected();
    const bundle = `-----BEGIN CERTIFICATE-----\n!\n-----END CERTIFICATE-----\n${keys.client["ca.pem"]}`;
    await world.setSecret("tls", { ...keys.client, "ca.pem": bundle });
    await world.connect();
    await world.connect();
    expect(ready(world)).toBe("Ready=True Succeeded");
    expect(world.host.status?.warnings).toEqual([
      expect.stringContaining('The CA "ca.pem" of Secret "tls" holds data that is not a readable certificate.'),
    ]);
    expect(world.takeEvents()).toEqual(["Warning EndpointWarning"]);
    await world.setSecret("tls", keys.client);
    await world.connect();
    expect(world.host.status?.warnings).toBeUndefined();
  });

  it("warns of a short key of the server, and not again while it is away", async () => {
    const weak = await makeOddCertificate({ commonName: "daemon", ipAddresses: ["127.0.0.1"], rsaBits: 1024 });
    const tls = { cert: weak.certPem, key: weak.keyPem, ciphers: "DEFAULT@SECLEVEL=0" };
    const server = await startRawTlsServer(tls, (socket) => socket.on("data", () => socket.destroy()));
    const world = await SimulatedWorld.start(keys);
    await world.setSecret("tls", { "ca.pem": weak.certPem });
    await world.setSpec({ host: `tcp://127.0.0.1:${server.port}` });
    await world.connect();
    const warnings = ["The server's certificate has an RSA key of 1024 bits"].map((text) =>
      expect.stringContaining(text),
    );
    expect(world.host.status?.warnings).toEqual(warnings);
    expect(world.takeEvents()).toContain("Warning EndpointWarning");
    await server.close();
    await world.connect();
    expect(ready(world)).toBe("Ready=False ConnectionRefused");
    expect(world.host.status?.warnings).toEqual(warnings);
    expect(world.takeEvents()).not.toContain("Warning EndpointWarning");
    await world.setSpec({});
    await world.connect();
    expect(world.host.status?.warnings).toBeUndefined();
  });

  it("reads the CA of caSecretRef as Vault Secrets Operator writes it", async () => {
    const world = await connected();
    const { "ca.pem": ca = "", ...pair } = keys.client;
    await world.setSecret("tls", pair);
    await world.setSecret("vault", { ca_chain: JSON.stringify([ca]) });
    const caSecretRef = { name: "vault", key: "ca_chain" };
    await world.setSpec({ tls: { verify: true, certSecretRef: { name: "tls" }, caSecretRef } });
    await world.connect();
    expect(ready(world)).toBe("Ready=True Succeeded");
    expect(world.host.status?.certificates?.ca?.subject).toBe("CN=CA");
  });

  it("lets no key into a status or an event", async () => {
    const world = await connected();
    const { "key.pem": key = "", "cert.pem": cert = "" } = keys.client;
    for (const damaged of [
      { "key.pem": key.replace("MIGH", "MIGX") },
      { "cert.pem": key },
      { "ca.pem": key },
      { "key.pem": cert },
    ]) {
      await world.setSecret("tls", { ...keys.client, ...damaged });
      await world.connect();
      expect(ready(world)).not.toBe("Ready=True Succeeded");
    }
    const text = JSON.stringify([world.host.status, world.events]);
    for (const line of key.split("\n").slice(1, -2)) expect(text).not.toContain(line.slice(4, 60));
  });
});
