import { afterAll, beforeAll, describe, expect, inject, it } from "vitest";
import { setUpBinaries } from "../env/binaries.ts";
import { connectEnvironment } from "../env/environment.ts";
import { freePorts } from "../env/processes/ports.ts";
import { planRegistry, Registry, type RegistryAdmission } from "../env/registry.ts";
import { TokenServer } from "../env/token-server.ts";
import { type Authority, createAuthority, type KeyPair } from "../support/pki.ts";
import { TestNamespace } from "./cluster.ts";
import { Program } from "./program.ts";

const { kube, dockers, registry: open } = connectEnvironment(inject("environment"));
const docker = dockers.new;

const USER = { username: "ci", password: "pull-only" } as const;
/** The hash of that password. */
const HTPASSWD = "ci:$2b$05$abcdefghijklmnopqrstuuA2YqJrHVCZyfMFDak5hovHEWtgzf6t6";
const IDENTITY_TOKEN = "an-identity";
const SERVICE = "registry of the tests";
const KINDS = ["basic", "token", "certificate", "untrusted"] as const;
type Kind = (typeof KINDS)[number];

const container = (kind: Kind) => `registries-${kind}`;

describe("registries that do not let everybody in", () => {
  let namespace: TestNamespace;
  let controller: Program;
  let tokens: TokenServer;
  let clients: Authority;
  let foreign: KeyPair;
  const running: Registry[] = [];
  const hosts = new Map<Kind, string>();
  const hostOf = (kind: Kind) => hosts.get(kind) ?? "";

  beforeAll(async () => {
    const authority = await createAuthority({ commonName: "CA of the closed registries" });
    const strangers = await createAuthority({ commonName: "strangers" });
    clients = await createAuthority({ commonName: "clients" });
    foreign = await strangers.issue({ commonName: "stranger", usages: ["clientAuth"] });
    const issuer = await createAuthority({ commonName: "issuer" });
    tokens = await TokenServer.start({
      serving: await authority.issue({ commonName: "tokens", dnsNames: ["localhost"] }),
      issuer,
      service: SERVICE,
      identityToken: IDENTITY_TOKEN,
      ...USER,
    });
    const admissions: Record<Kind, RegistryAdmission> = {
      basic: { kind: "basic", htpasswd: HTPASSWD },
      token: { kind: "token", realm: tokens.realm, service: SERVICE, issuer },
      certificate: { kind: "certificate", authority: clients },
      untrusted: { kind: "everybody" },
    };
    const binaries = await setUpBinaries({ log: () => undefined, environment: process.env });
    const ports = await freePorts(KINDS);
    const { runFolder } = docker.facts.dockerd;
    const sibling = { data: open.facts.data, authority };
    const serve = async (kind: Kind) => {
      const plan = { runFolder, binaries, port: ports[kind], name: `registry-${kind}-${ports[kind]}` };
      const registry = new Registry(await planRegistry({ ...plan, admission: admissions[kind], sibling }));
      running.push(registry);
      hosts.set(kind, registry.facts.host);
      // Pushed where everybody may, and served by both.
      const image = `${registry.facts.host}/registries/${kind}:1`;
      const pushed = `${open.facts.host}/registries/${kind}:1`;
      await docker.importImage(image);
      await docker.cli(["tag", image, pushed]);
      await docker.push(pushed);
      await docker.runContainer({ name: container(kind), image });
      await registry.start();
    };
    await Promise.all(KINDS.map(serve));
    namespace = await TestNamespace.create(kube);
    controller = await Program.controller(kube, namespace.name);
    await namespace.applySecret("docker-tls", { ...docker.facts.client });
    await namespace.applySecret("ca", { "ca.crt": authority.certPem });
    const pair = await clients.issue({ commonName: "client", usages: ["clientAuth"] });
    await namespace.applySecret("pairs", {
      "ca.crt": authority.certPem,
      "a.cert": foreign.certPem,
      "a.key": foreign.keyPem,
      "b.cert": pair.certPem,
      "b.key": pair.keyPem,
    });
    await namespace.applySecret("foreign", {
      "ca.crt": authority.certPem,
      "tls.crt": foreign.certPem,
      "tls.key": foreign.keyPem,
    });
  });

  afterAll(async () => {
    await namespace?.delete();
    await controller?.stop();
    for (const kind of KINDS) await docker.removeContainer(container(kind));
    await Promise.all(running.map((registry) => registry.stop()));
    await tokens?.stop();
  });

  async function applyPullSecret(name: string, auths: Partial<Record<Kind, object>>): Promise<void> {
    const entries = Object.entries(auths).map(([kind, auth]) => [hostOf(kind as Kind), auth]);
    await namespace.applySecret(name, { ".dockerconfigjson": JSON.stringify({ auths: Object.fromEntries(entries) }) });
  }

  /** What a check with these settings says about each container: the verdict, or the reason of its failure. */
  async function check(
    name: string,
    secrets: Partial<Record<Kind, string>>,
    pullSecret?: string,
    resolveFrom: "Operator" | "Host" = "Operator",
  ) {
    await namespace.applyHost(name, {
      host: docker.facts.host,
      tls: { verify: true, certSecretRef: { name: "docker-tls" } },
      updateCheck: {
        resolveFrom,
        containers: { includeNames: ["registries-.*"] },
        registries: Object.entries(secrets).map(([kind, secret]) => ({
          host: hostOf(kind as Kind),
          certSecretRef: { name: secret },
        })),
        imagePullSecrets: pullSecret === undefined ? [] : [{ name: pullSecret }],
      },
    });
    const { status } = await namespace.waitFor(name, { type: "UpdateCheckSucceeded", status: "False" });
    const items = status?.updates?.items ?? [];
    return Object.fromEntries(
      KINDS.map((kind) => {
        const item = items.find((each) => each.container === container(kind));
        return [kind, item?.reason ?? item?.verdict];
      }),
    );
  }

  it("answer clients that send what they want; one whose CA is unknown is not trusted", async () => {
    await applyPullSecret("users", { basic: USER, token: { auth: btoa(`${USER.username}:${USER.password}`) } });
    const secrets = { basic: "ca", token: "ca", certificate: "pairs" };
    expect(await check("known", secrets, "users")).toEqual({
      basic: "UpToDate",
      token: "UpToDate",
      // The first of the pairs is a stranger's.
      certificate: "UpToDate",
      untrusted: "RegistryCertificateUntrusted",
    });
  });

  it("answer through the daemon, to which the credentials are sent along", async () => {
    // This daemon does not verify registries on loopback, and shows them no client certificate.
    expect(await check("by-host", {}, "users", "Host")).toMatchObject({
      basic: "UpToDate",
      token: "UpToDate",
      untrusted: "UpToDate",
    });
    const { status } = await namespace.host("by-host");
    const items = status?.updates?.items ?? [];
    expect(items.find((item) => item.container === container("basic"))?.answeredBy).toBe("Host");
    const anonymous = await check("by-host-anonymous", {}, undefined, "Host");
    expect([anonymous.basic, anonymous.token]).not.toContain("UpToDate");
  });

  it("take an identity token if there is a token service", async () => {
    const identity = { identitytoken: IDENTITY_TOKEN };
    await applyPullSecret("identities", { basic: identity, token: identity });
    expect(await check("identity", { basic: "ca", token: "ca" }, "identities")).toMatchObject({
      basic: "RegistryAuthenticationFailed",
      token: "UpToDate",
    });
  });

  it("say what is missing", async () => {
    expect(await check("nobody", { basic: "ca", token: "ca", certificate: "ca" })).toMatchObject({
      basic: "RegistryCredentialsRequired",
      token: "RegistryCredentialsRequired",
      certificate: "RegistryClientCertificateRequired",
    });
  });

  it("say what is wrong", async () => {
    const wrong = { ...USER, password: "wrong" };
    await applyPullSecret("strangers", { basic: wrong, token: wrong });
    expect(await check("stranger", { basic: "ca", token: "ca", certificate: "foreign" }, "strangers")).toMatchObject({
      basic: "RegistryAuthenticationFailed",
      token: "RegistryAuthenticationFailed",
      certificate: "RegistryClientCertificateRejected",
    });
  });

  it("leave no secret in a log line", () => {
    for (const secret of [USER.password, IDENTITY_TOKEN, btoa(`${USER.username}:${USER.password}`)]) {
      expect(controller.output).not.toContain(secret);
    }
  });
});
