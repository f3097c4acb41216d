import { afterAll, beforeAll, describe, expect, inject, it } from "vitest";
import { connectEnvironment } from "../env/environment.ts";
import { waitUntil } from "../env/processes/wait-until.ts";
import { createAuthority } from "../support/pki.ts";
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
      await waitUntil("the check to ask the registry", 10_000, async () => proxy.unanswered > 0);
      await namespace.applySecret("slow-tls", foreign);
      await namespace.waitFor("slow", { type: "Ready", status: "False", reason: REFUSALS });
      const before = proxy.unanswered;
      await namespace.applySecret("slow-tls", { ...docker.facts.client });
      await namespace.waitFor("slow", { type: "Ready", status: "True" });
      await waitUntil("the check to ask again", 10_000, async () => proxy.unanswered > before);
    });
  });
});
