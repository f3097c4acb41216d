import { afterAll, beforeAll, describe, expect, inject, it } from "vitest";
import { connectEnvironment } from "../env/environment.ts";
import { type SimDaemon, startSimDaemon } from "../sim/daemon.ts";
import { makeNamelessFleet, type NamelessFleet } from "../support/nameless-certificates.ts";
import { TestNamespace } from "./cluster.ts";
import { Program } from "./program.ts";

const { kube, dockers } = connectEnvironment(inject("environment"));

/** As cert-manager issues them without `commonName`: empty subjects and critical alternative names. */
describe("certificates with empty subjects", () => {
  let namespace: TestNamespace;
  let controller: Program;
  const daemons: SimDaemon[] = [];

  beforeAll(async () => {
    namespace = await TestNamespace.create(kube);
    controller = await Program.controller(kube, namespace.name);
  });

  afterAll(async () => {
    await Promise.all(daemons.map((daemon) => daemon.close()));
    await namespace?.delete();
    await controller?.stop();
  });

  async function applyHost(name: string, { ca, server, client }: NamelessFleet, clientCa: boolean): Promise<void> {
    const daemon = await startSimDaemon({
      tls: { cert: server.certPem, key: server.keyPem, ...(clientCa ? { clientCa: ca.certPem } : {}) },
    });
    daemons.push(daemon);
    await namespace.applySecret(name, { "ca.crt": ca.certPem, "tls.crt": client.certPem, "tls.key": client.keyPem });
    await namespace.applyHost(name, {
      host: `tcp://127.0.0.1:${daemon.port}`,
      tls: { verify: true, certSecretRef: { name } },
      updateCheck: { suspend: true },
    });
  }

  it("are connected to, and shown in the status, like a host that is as usual", async () => {
    await applyHost("leaves", await makeNamelessFleet(["server", "client"]), true);
    // OpenSSL, of which this server is made, would take such a client for self-signed.
    await applyHost("all", await makeNamelessFleet(["ca", "server", "client"]), false);
    await namespace.applySecret("usual", { ...dockers.new.facts.client });
    await namespace.applyHost("usual", {
      host: dockers.new.facts.host,
      tls: { verify: true, certSecretRef: { name: "usual" } },
      updateCheck: { suspend: true },
    });
    const [leaves, all] = await Promise.all(
      ["leaves", "all", "usual"].map((name) => namespace.waitFor(name, { type: "Ready", status: "True" })),
    );
    expect(leaves?.status?.certificates).toMatchObject({
      server: { subject: "DNS:edge-7", issuer: "CN=fleet CA" },
      client: { subject: "DNS:operator.fleet" },
      ca: { subject: "CN=fleet CA" },
    });
    expect(all?.status?.certificates).toMatchObject({ server: { issuer: "" }, ca: { subject: "", issuer: "" } });
  });
});
