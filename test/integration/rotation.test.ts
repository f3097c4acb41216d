import { afterAll, beforeAll, describe, expect, inject, it } from "vitest";
import { findCondition } from "../../src/api/conditions.ts";
import { connectEnvironment } from "../env/environment.ts";
import { waitUntil } from "../env/processes/wait-until.ts";
import { eventually } from "../support/eventually.ts";
import { createAuthority } from "../support/pki.ts";
import { ApiProxy } from "./api-proxy.ts";
import { TestNamespace } from "./cluster.ts";
import { Program } from "./program.ts";
import { StallableProxy } from "./stallable-proxy.ts";

const { kube, dockers, registry } = connectEnvironment(inject("environment"));
const docker = dockers.new;

/** What a Secret from another authority may be refused with, by whichever side looks first. */
const REFUSALS = ["ServerCertificateUntrusted", "ClientCertificateUntrusted", "ClientCertificateRejected"];

describe("a Secret that is replaced by one from another authority", () => {
  let namespace: TestNamespace;
  let controller: Program;
  let foreign: Record<string, string>;

  beforeAll(async () => {
    const authority = await createAuthority({ commonName: "Another CA" });
    const { certPem, keyPem } = await authority.issue({ commonName: "client", usages: ["clientAuth"] });
    foreign = { "ca.pem": authority.certPem, "cert.pem": certPem, "key.pem": keyPem };
    namespace = await TestNamespace.create(kube);
    controller = await Program.controller(kube, namespace.name);
  });

  afterAll(async () => {
    await namespace?.delete();
    await controller?.stop();
  });

  it("shows the reason, and is Ready again when put right, without touching the DockerHost", async () => {
    await namespace.applySecret("tls", { ...docker.facts.client });
    await namespace.applyHost("edge", {
      host: docker.facts.host,
      tls: { verify: true, certSecretRef: { name: "tls" } },
      updateCheck: { suspend: true },
    });
    const before = await namespace.waitFor("edge", { type: "Ready", status: "True" });
    await namespace.applySecret("tls", foreign);
    await namespace.waitFor("edge", { type: "Ready", status: "False", reason: "ServerCertificateUntrusted" });
    // The server is trusted again, but the client's certificate is still the other authority's.
    await namespace.applySecret("tls", { ...foreign, "ca.pem": docker.facts.client["ca.pem"] });
    await namespace.waitFor("edge", {
      type: "Ready",
      status: "False",
      reason: ["ClientCertificateUntrusted", "ClientCertificateRejected"],
    });
    await namespace.applySecret("tls", { ...docker.facts.client });
    const after = await namespace.waitFor("edge", { type: "Ready", status: "True" });
    expect(after.metadata.generation).toBe(before.metadata.generation);
  });

  describe("while an update check of the host hangs on a slow registry", () => {
    let proxy: StallableProxy;

    beforeAll(async () => {
      proxy = await StallableProxy.start(registry.facts.host);
    });

    afterAll(async () => {
      await docker.removeContainer("rotation-slow");
      proxy.close();
    });

    it("does the same", async () => {
      const host = `localhost:${proxy.port}`;
      await docker.importImage(`${host}/slow/app:1`);
      await docker.push(`${host}/slow/app:1`);
      await docker.runContainer({ name: "rotation-slow", image: `${host}/slow/app:1` });
      proxy.stall();
      await namespace.applySecret("registry-ca", { "ca.crt": registry.facts.ca });
      await namespace.applySecret("slow-tls", { ...docker.facts.client });
      await namespace.applyHost("slow", {
        host: docker.facts.host,
        tls: { verify: true, certSecretRef: { name: "slow-tls" } },
        updateCheck: { timeout: "10m", registries: [{ host, certSecretRef: { name: "registry-ca" } }] },
      });
      await namespace.waitFor("slow", { type: "Ready", status: "True" });
      await waitUntil("the check to ask the registry", 60_000, async () => proxy.unanswered > 0);
      await namespace.applySecret("slow-tls", foreign);
      await namespace.waitFor("slow", { type: "Ready", status: "False", reason: REFUSALS });
      const before = proxy.unanswered;
      await namespace.applySecret("slow-tls", { ...docker.facts.client });
      await namespace.waitFor("slow", { type: "Ready", status: "True" });
      await waitUntil("the check to ask again", 60_000, async () => proxy.unanswered > before);
    });
  });
});

describe("a Secret that has a new version", () => {
  let namespace: TestNamespace;
  let api: ApiProxy;
  let controller: Program;
  let daemon: StallableProxy;
  let other: Record<string, string>;
  const good: Readonly<Record<string, string>> = { ...docker.facts.client };
  let marker = good;

  beforeAll(async () => {
    const authority = await createAuthority({ commonName: "Yet another CA" });
    const { certPem, keyPem } = await authority.issue({ commonName: "client", usages: ["clientAuth"] });
    other = { "ca.pem": good["ca.pem"] ?? "", "cert.pem": certPem, "key.pem": keyPem };
    namespace = await TestNamespace.create(kube);
    daemon = await StallableProxy.start(new URL(docker.facts.host).host);
    api = await ApiProxy.start(kube);
    controller = await Program.controller(api.kube, namespace.name);
    for (const name of ["tls", "marker", "unrelated"]) await namespace.applySecret(name, { ...good });
    const spec = (secret: string, host: string) => ({
      host,
      tls: { verify: true, certSecretRef: { name: secret } },
      interval: "1h",
      updateCheck: { suspend: true },
    });
    await namespace.applyHost("edge", spec("tls", `tcp://127.0.0.1:${daemon.port}`));
    await namespace.applyHost("marker", spec("marker", docker.facts.host));
    await namespace.waitFor("edge", { type: "Ready", status: "True" });
    await namespace.waitFor("marker", { type: "Ready", status: "True" });
    // Both reach the same daemon, which they report once they know. Their check and their events are written separately.
    await waitUntil("edge to be at rest", 60_000, async () => {
      const { status } = await namespace.host("edge");
      const reported = (await namespace.events("edge")).map(({ reason }) => reason);
      return (
        status?.warnings?.length === 1 &&
        findCondition(status.conditions, "UpdateCheckSucceeded")?.reason === "Suspended" &&
        ["Succeeded", "EndpointWarning"].every((reason) => reported.includes(reason))
      );
    });
  });

  afterAll(async () => {
    await namespace?.delete();
    await controller?.stop();
    daemon?.close();
    await api?.close();
  });

  /** Events of Secrets arrive in order: what was done before this has been seen when it returns. */
  async function overtaken(): Promise<void> {
    const tried = async () => (await namespace.host("marker")).status?.credentials?.tried?.fingerprint;
    const before = await tried();
    marker = marker === good ? other : good;
    await namespace.applySecret("marker", { ...marker });
    await waitUntil("the marker to be seen", 60_000, async () => (await tried()) !== before);
  }

  it("is not used again if only its labels and annotations changed: one reading, and no more", async () => {
    const before = await namespace.host("edge");
    const [reads, events] = [api.secretReads(namespace.name, "tls"), await namespace.events("edge")];
    const { accepted } = daemon;
    await namespace.kubectl("label", "secret", "tls", "team=edge");
    await overtaken();
    await eventually(() => expect(api.secretReads(namespace.name, "tls")).toBe(reads + 1));
    await namespace.kubectl("annotate", "secret", "tls", "note=1");
    await overtaken();
    await eventually(() => expect(api.secretReads(namespace.name, "tls")).toBe(reads + 2));
    expect(daemon.accepted).toBe(accepted);
    expect((await namespace.host("edge")).metadata.resourceVersion).toBe(before.metadata.resourceVersion);
    expect(await namespace.events("edge")).toEqual(events);
  });

  it("shows tried and accepted credentials after a bad rotation, and one again after the return", async () => {
    const before = (await namespace.host("edge")).status?.credentials;
    expect(before?.tried).toEqual(before?.good);
    const { accepted } = daemon;
    await namespace.applySecret("tls", other);
    const bad = await namespace.waitFor("edge", { type: "Ready", status: "False" });
    expect(daemon.accepted).toBeGreaterThan(accepted);
    expect(bad.status?.credentials?.good).toEqual(before?.good);
    expect(bad.status?.credentials?.tried?.fingerprint).not.toBe(before?.good?.fingerprint);
    expect(bad.status?.conditions?.find(({ type }) => type === "Ready")?.message).toContain(
      `changed at ${bad.status?.credentials?.tried?.since} to ${bad.status?.credentials?.tried?.fingerprint.slice(0, 12)}; the daemon last accepted ${before?.good?.fingerprint.slice(0, 12)}.`,
    );
    expect(bad.status?.conditions?.find(({ type }) => type === "CertificateExpiring")?.reason).not.toBe("NotAttempted");
    await namespace.applySecret("tls", { ...good });
    const back = await namespace.waitFor("edge", { type: "Ready", status: "True" });
    expect(back.status?.credentials?.tried?.fingerprint).toBe(before?.good?.fingerprint);
    expect(back.status?.credentials?.good).toEqual(before?.good);
  });

  it("is reported as missing when it is gone, and used immediately when it is back", async () => {
    await namespace.kubectl("delete", "secret", "tls");
    await namespace.waitFor("edge", { type: "Ready", status: "False", reason: "SecretNotFound" });
    await namespace.applySecret("tls", { ...good });
    await namespace.waitFor("edge", { type: "Ready", status: "True" });
  });

  it("is never read where no DockerHost names it", async () => {
    await namespace.applySecret("unrelated", other);
    await overtaken();
    expect(api.secretReads(namespace.name, "unrelated")).toBe(0);
    const reads = api.requests.filter((each) => /^GET .*\/secrets\/[^/]+$/.test(each));
    expect(reads.every((each) => /\/(tls|marker)$/.test(each))).toBe(true);
  });
});
