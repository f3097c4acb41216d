import { beforeAll, describe, expect, it, vi } from "vitest";
import { conditionProblems, summaries } from "../../../test/support/docker-host.ts";
import { eventually } from "../../../test/support/eventually.ts";
import { makeOddCertificate } from "../../../test/support/odd-certificates.ts";
import { startRawTlsServer } from "../../../test/support/raw-server.ts";
import { createWorldKeys, SimulatedWorld, type WorldKeys } from "../../../test/support/simulated-world.ts";

let keys: WorldKeys;

beforeAll(async () => {
  keys = await createWorldKeys();
});

async function connected() {
  const world = await SimulatedWorld.start(keys);
  await world.connect();
  world.told();
  return world;
}

const ready = (world: SimulatedWorld) => summaries(world.host.status?.conditions)[0];

describe("ConnectionReconciler", { timeout: 30_000 }, () => {
  it("connects over mutual TLS, and describes what it found", async () => {
    const world = await SimulatedWorld.start(keys);
    const requeue = await world.connect();
    const { status = {} } = world.host;
    expect(summaries(status.conditions)).toEqual([
      "Ready=True Succeeded",
      "CredentialsValid=True CredentialsLoaded",
      "Connected=True ConnectionEstablished",
      "CertificateExpiring=False CertificatesCurrent",
    ]);
    expect(conditionProblems(status, 1)).toEqual([]);
    expect(status).toMatchObject({
      endpoint: `https://127.0.0.1:${world.daemon.port}`,
      tlsMode: "Mutual",
      engine: { hostname: "edge-7", version: "29.0.0", apiVersion: "1.52", os: "linux", imageStore: "containerd" },
      certificates: {
        server: { subject: "CN=daemon", issuer: "CN=CA" },
        client: { subject: "CN=operator" },
        ca: { subject: "CN=CA" },
      },
    });
    expect(world.told()).toEqual(["Normal Succeeded"]);
    expect(requeue).toEqual({ kind: "after", ms: 300_000 });
  });

  it("says that a new generation is worked on before it answers for it", async () => {
    const world = await connected();
    const seen: string[] = [];
    world.resources.hosts.subscribe(() => seen.push(`${world.host.status?.observedGeneration} ${ready(world)}`));
    await world.setSpec({ interval: "10m" });
    await world.connect();
    expect(seen).toEqual(["1 Ready=True Succeeded", "1 Ready=Unknown Progressing", "2 Ready=True Succeeded"]);
  });

  it("writes and tells nothing while all is as it was, and keeps to its budget of requests", async () => {
    const world = await connected();
    const { resourceVersion } = world.host.metadata;
    world.daemon.counters.reset();
    await world.clock.advance(300_000);
    await world.connect();
    expect(world.host.metadata.resourceVersion).toBe(resourceVersion);
    expect(world.told()).toEqual([]);
    expect(world.daemon.counters).toMatchObject({ connections: 1, handshakes: 1 });
    expect(world.daemon.counters.requests()).toBe(3);
  });

  it("follows a Secret that is replaced by another authority's, and back", async () => {
    const world = await connected();
    await world.setSecret("tls", keys.foreign);
    await world.connect();
    expect(ready(world)).toBe("Ready=False ServerCertificateUntrusted");
    expect(conditionProblems(world.host.status ?? {}, 1)).toEqual([]);
    await world.setSecret("tls", { ...keys.foreign, "ca.pem": keys.client["ca.pem"] ?? "" });
    await world.connect();
    // The simulated daemon cuts the connection where a real one sends an alert.
    expect(ready(world)).toMatch(/^Ready=False (ClientCertificate(Untrusted|Rejected)|ConnectionReset)$/);
    await world.setSecret("tls", keys.client);
    await world.connect();
    expect(ready(world)).toBe("Ready=True Succeeded");
    expect(world.host.metadata.generation).toBe(1);
    expect(world.told()).toEqual([
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
      'Secret "tls" does not exist in namespace "fleet". Create it in the same namespace, or correct the name; it is picked up at once.',
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
    expect(world.told()).toEqual(["Warning ServerRequiresTLS", "Warning EndpointWarning"]);
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

  it("warns once of what is weak or useless among the certificates, and is Ready all the same", async () => {
    const world = await connected();
    const bundle = `-----BEGIN CERTIFICATE-----\n!\n-----END CERTIFICATE-----\n${keys.client["ca.pem"]}`;
    await world.setSecret("tls", { ...keys.client, "ca.pem": bundle });
    await world.connect();
    await world.connect();
    expect(ready(world)).toBe("Ready=True Succeeded");
    expect(world.host.status?.warnings).toEqual([
      expect.stringContaining('The CA "ca.pem" of Secret "tls" holds data that is no readable certificate.'),
    ]);
    expect(world.told()).toEqual(["Warning EndpointWarning"]);
    await world.setSecret("tls", keys.client);
    await world.connect();
    expect(world.host.status?.warnings).toBeUndefined();
  });

  it("warns of a short key of the server, not anew while it is away", async () => {
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
    expect(world.told()).toContain("Warning EndpointWarning");
    await server.close();
    await world.connect();
    expect(ready(world)).toBe("Ready=False ConnectionRefused");
    expect(world.host.status?.warnings).toEqual(warnings);
    expect(world.told()).not.toContain("Warning EndpointWarning");
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

  it("shows a daemon that is down, and its return, and keeps what it saw", async () => {
    const world = await connected();
    await world.daemon.setFaults({ kind: "refuse" });
    expect(await world.connect()).toMatchObject({ kind: "backoff" });
    expect(ready(world)).toBe("Ready=False ConnectionRefused");
    expect(world.host.status?.engine?.version).toBe("29.0.0");
    await world.daemon.setFaults();
    await world.connect();
    expect(ready(world)).toBe("Ready=True Succeeded");
    expect(world.told()).toEqual(["Warning ConnectionRefused", "Normal Succeeded"]);
  });

  it("gives up at the timeout of the spec", async () => {
    const world = await connected();
    await world.daemon.setFaults({ kind: "silent" });
    world.daemon.counters.reset();
    const pass = world.connect();
    await eventually(() => expect(world.daemon.counters.connections).toBe(1));
    await world.clock.advance(30_000);
    await pass;
    expect(ready(world)).toBe("Ready=False ConnectionTimedOut");
  });

  it("is Stalled by a spec that does not fit, and by an endpoint that cannot be used", async () => {
    const world = await connected();
    await world.setSpec({ interval: "soon" });
    await world.connect();
    expect(summaries(world.host.status?.conditions).slice(0, 2)).toEqual([
      "Ready=False InvalidSpec",
      "Stalled=True InvalidSpec",
    ]);
    await world.setSpec({ host: "tcp://127.0.0.1:99999" });
    await world.connect();
    expect(summaries(world.host.status?.conditions).slice(0, 2)).toEqual([
      "Ready=False InvalidEndpoint",
      "Stalled=True InvalidEndpoint",
    ]);
    expect(conditionProblems(world.host.status ?? {}, 3)).toEqual([]);
  });

  it("echoes a request once it was answered", async () => {
    const world = await connected();
    await world.request("now");
    await world.connect();
    expect(world.host.status?.lastHandledRequestedAt).toBe("now");
  });

  describe("a suspended host", () => {
    it("is left alone, and keeps its word where only `suspend` changed", async () => {
      const world = await connected();
      world.daemon.counters.reset();
      await world.setSpec({ suspend: true });
      expect(await world.connect()).toEqual({ kind: "done" });
      expect(ready(world)).toBe("Ready=True Succeeded");
      expect(world.host.status?.observedGeneration).toBe(2);
      await world.setSpec({ suspend: true, interval: "10m" });
      await world.connect();
      expect(ready(world)).toBe("Ready=Unknown Suspended");
      expect(world.daemon.counters.connections).toBe(0);
      await world.setSpec({ interval: "10m" });
      await world.connect();
      expect(ready(world)).toBe("Ready=True Succeeded");
      expect(world.told()).toEqual(["Normal Succeeded"]);
    });

    it("stays as it is over further passes", async () => {
      const world = await connected();
      await world.setSpec({ suspend: true });
      await world.connect();
      const { resourceVersion } = world.host.metadata;
      await world.connect();
      expect(world.host.metadata.resourceVersion).toBe(resourceVersion);
    });
  });

  describe("a pass that is cut short", () => {
    async function hanging() {
      const world = await connected();
      await world.daemon.setFaults({ kind: "silent" });
      world.daemon.counters.reset();
      const { resourceVersion } = world.host.metadata;
      const interrupt = new AbortController();
      const pass = world.connect(interrupt.signal);
      await eventually(() => expect(world.daemon.counters.connections).toBe(1));
      return { world, pass, interrupt, resourceVersion };
    }

    it("has found out nothing: it rejects, and writes and tells nothing", async () => {
      const { world, pass, interrupt, resourceVersion } = await hanging();
      interrupt.abort(new Error("the host changed"));
      await expect(pass).rejects.toThrow("the host changed");
      expect(world.host.metadata.resourceVersion).toBe(resourceVersion);
      expect(world.told()).toEqual([]);
      expect(world.clock.pending).toBe(0);
    });

    it("leaves no trace of a host that was deleted meanwhile", async () => {
      const { world, pass } = await hanging();
      await world.removeHost();
      await world.clock.advance(30_000);
      await pass;
      expect(world.resources.hosts.size).toBe(0);
      expect(await world.connect()).toEqual({ kind: "done" });
    });
  });

  it("tells of nothing that could not be stored, and of it once it is", async () => {
    const world = await connected();
    await world.daemon.setFaults({ kind: "refuse" });
    const save = vi.spyOn(world.resources, "saveStatus").mockRejectedValueOnce(new Error("no API server"));
    await expect(world.connect()).rejects.toThrow("no API server");
    expect(world.told()).toEqual([]);
    await world.connect();
    expect(world.told()).toEqual(["Warning ConnectionRefused"]);
    expect(save).toHaveBeenCalledTimes(2);
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
