import https from "node:https";
import type { AddressInfo } from "node:net";
import { afterAll, beforeAll, describe, expect, inject, it } from "vitest";
import { setUpBinaries } from "../env/binaries.ts";
import { connectEnvironment } from "../env/environment.ts";
import { freePorts } from "../env/processes/ports.ts";
import { planRegistry, Registry } from "../env/registry.ts";
import { TokenServer } from "../env/token-server.ts";
import { createAuthority } from "../support/pki.ts";
import { TestNamespace } from "./cluster.ts";
import { Program } from "./program.ts";

const { kube, dockers, registry: open } = connectEnvironment(inject("environment"));
const SERVICE = "registry behind a vanity name";
/** One for each daemon: an answer of a registry counts for the whole fleet. */
const repositoryOf = (daemon: string) => `vanity/${daemon}`;
const CONTAINER = "vanity";

/** A name of its own for what another registry serves, as registry.k8s.io is: it only redirects. */
describe("a registry name that redirects to a registry that wants an anonymous token", () => {
  let namespace: TestNamespace;
  let controller: Program;
  let tokens: TokenServer;
  let registry: Registry;
  let vanity: https.Server;
  let host: string;

  beforeAll(async () => {
    const authority = await createAuthority({ commonName: "CA of the vanity registry" });
    const issuer = await createAuthority({ commonName: "issuer" });
    const serving = await authority.issue({ commonName: "localhost", dnsNames: ["localhost"] });
    tokens = await TokenServer.start({
      serving,
      issuer,
      service: SERVICE,
      identityToken: "none",
      username: "nobody",
      password: "none",
      open: Object.keys(dockers).map(repositoryOf),
    });
    const { registry: port } = await freePorts(["registry"]);
    registry = new Registry(
      await planRegistry({
        runFolder: dockers.new.facts.dockerd.runFolder,
        binaries: await setUpBinaries({ log: () => undefined, environment: process.env }),
        port,
        name: `registry-vanity-${port}`,
        admission: { kind: "token", realm: tokens.realm, service: SERVICE, issuer },
        sibling: { data: open.facts.data, authority },
      }),
    );
    await registry.start();
    vanity = https.createServer({ cert: serving.certPem, key: serving.keyPem }, ({ url = "" }, response) => {
      response.writeHead(307, { Location: `https://${registry.facts.host}${url}` }).end();
    });
    await new Promise<void>((resolve) => vanity.listen(0, "127.0.0.1", resolve));
    host = `localhost:${(vanity.address() as AddressInfo).port}`;
    namespace = await TestNamespace.create(kube);
    controller = await Program.controller(kube, namespace.name);
    await namespace.applySecret("ca", { "ca.crt": authority.certPem });
  });

  afterAll(async () => {
    await namespace?.delete();
    await controller?.stop();
    for (const docker of Object.values(dockers)) await docker.removeContainer(CONTAINER);
    vanity?.closeAllConnections();
    vanity?.close();
    await registry?.stop();
    await tokens?.stop();
  });

  /** Pushed where everybody may, and served by both. */
  async function pushAnother(daemon: string): Promise<void> {
    const pushed = `${open.facts.host}/${repositoryOf(daemon)}:1`;
    await dockers.new.importImage(pushed);
    await dockers.new.push(pushed);
  }

  it.each(Object.entries(dockers))("is followed as docker pull follows it: %s", async (name, docker) => {
    const image = `${host}/${repositoryOf(name)}:1`;
    const runPulled = async () => {
      const told = await docker.cli(["pull", image]);
      await docker.removeContainer(CONTAINER);
      await docker.runContainer({ name: CONTAINER, image });
      return told;
    };
    await pushAnother(name);
    await runPulled();
    await pushAnother(name);
    await namespace.applySecret(`${name}-tls`, { ...docker.facts.client });
    const verdictBy = async (resolveFrom: "Operator" | "Auto") => {
      const resource = `${name}-${resolveFrom.toLowerCase()}`;
      await namespace.applyHost(resource, {
        host: docker.facts.host,
        tls: { verify: true, certSecretRef: { name: `${name}-tls` } },
        updateCheck: {
          resolveFrom,
          containers: { includeNames: [CONTAINER] },
          registries: [{ host, certSecretRef: { name: "ca" } }],
        },
      });
      const { status } = await namespace.waitFor(resource, { type: "UpdateCheckSucceeded", status: "True" });
      const item = status?.updates?.items?.find(({ container }) => container === CONTAINER);
      return [item?.verdict, item?.answeredBy];
    };
    expect(await verdictBy("Operator")).toEqual(["Outdated", "Operator"]);
    expect(await runPulled()).toContain("Downloaded newer image");
    expect(await verdictBy("Auto")).toEqual(["UpToDate", "Operator"]);
  });
});
