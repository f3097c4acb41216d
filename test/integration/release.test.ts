import { createHash } from "node:crypto";
import { appendFile, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { delimiter, dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { Agent, request } from "undici";
import { afterAll, beforeAll, describe, expect, inject, it } from "vitest";
import { parseAllDocuments } from "yaml";
import packageJson from "../../package.json" with { type: "json" };
import { KINDS } from "../../src/api/kinds.ts";
import { execute, run } from "../env/binaries/run-command.ts";
import { setUpBinaries } from "../env/binaries.ts";
import { connectEnvironment } from "../env/environment.ts";
import { freePorts } from "../env/processes/ports.ts";
import { planRegistry, Registry } from "../env/registry.ts";
import { TokenServer } from "../env/token-server.ts";
import { createAuthority } from "../support/pki.ts";

const facts = inject("environment");
const { old: oldDocker, new: docker } = connectEnvironment(facts).dockers;
const ROOT = fileURLToPath(new URL("../..", import.meta.url));
const { version } = packageJson;
const FOLDER = join(ROOT, "release", version);
const REGISTRY = `${facts.registry.host}/release-test`;
const IMAGE = `${REGISTRY}/dockerhost-operator`;
const ARCHITECTURES = ["amd64", "arm64"];

const USER = { username: "ci", password: "push" } as const;

/** A registry that wants a token for everything, as the ones in public use do. */
class ClosedRegistry implements AsyncDisposable {
  readonly #tokens: TokenServer;
  readonly registry: Registry;

  private constructor(tokens: TokenServer, registry: Registry) {
    this.#tokens = tokens;
    this.registry = registry;
  }

  static async start(): Promise<ClosedRegistry> {
    const authority = await createAuthority({ commonName: "CA of the closed registry" });
    const issuer = await createAuthority({ commonName: "issuer" });
    const service = "registry for releases";
    const serving = await authority.issue({ commonName: "tokens", dnsNames: ["localhost"] });
    const tokens = await TokenServer.start({ serving, issuer, service, identityToken: "none", ...USER });
    const { runFolder } = docker.facts.dockerd;
    const name = "registry-release";
    const facts = await planRegistry({
      runFolder,
      binaries: await setUpBinaries({ log: () => undefined, environment: process.env }),
      port: (await freePorts(["closed"])).closed,
      name,
      admission: { kind: "token", realm: tokens.realm, service, issuer },
      sibling: { data: join(runFolder, name, "data"), authority },
    });
    const registry = new Registry(facts);
    await registry.start();
    return new ClosedRegistry(tokens, registry);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.registry.stop();
    await this.#tokens.stop();
  }
}

/** One release of this version, from a base image in a real registry, whose platforms need not be this machine's. */
describe("npm run release", { timeout: 600_000 }, () => {
  let home: string;
  let env: NodeJS.ProcessEnv;
  let base: string;

  const cli = (...args: readonly string[]) => run(docker.facts.docker, args, { env });
  const release = (...args: readonly string[]) => execute("npm", ["run", "-s", "release", "--", ...args], { env });

  beforeAll(async () => {
    home = await mkdtemp(join(tmpdir(), "dockerhost-release-"));
    env = {
      PATH: [dirname(docker.facts.docker), dirname(process.execPath), process.env.PATH].join(delimiter),
      HOME: home,
      HELM: facts.kube.helm,
      DOCKER_HOST: `unix://${docker.facts.socket}`,
    };
    const tags = ARCHITECTURES.map((architecture) => `${REGISTRY}/base:${architecture}`);
    const digests: string[] = [];
    for (const [index, tag] of tags.entries()) {
      await docker.importImage(tag, `linux/${ARCHITECTURES[index]}`);
      digests.push(await docker.push(tag));
    }
    base = `${REGISTRY}/base@${await putList("24", digests)}`;
  });

  afterAll(async () => {
    await rm(join(ROOT, "release"), { recursive: true, force: true });
    await rm(home, { recursive: true, force: true });
  });

  it("refuses a base image by its tag, and says how to pin it", async () => {
    const { code, stderr } = await release(version, "--dry-run", "--base", `${REGISTRY}/base:24`);
    expect({ code, stderr }).toEqual({ code: 1, stderr: expect.stringContaining("is not pinned by its digest") });
  });

  it("makes everything that is published, and publishes nothing in a dry run", async () => {
    const { code, stderr } = await release(version, "--dry-run", "--base", base, "--registry", REGISTRY);
    expect({ code, stderr }).toMatchObject({ code: 0 });
    const sums = (await readFile(join(FOLDER, "SHA256SUMS"), "utf8")).trim().split("\n");
    expect(sums.map((line) => line.split("  ")[1])).toEqual([
      "crd.yaml",
      ...ARCHITECTURES.map((architecture) => `dockerhost-operator-${version}-linux-${architecture}.tar`),
      `dockerhost-operator-${version}.tgz`,
      "install.yaml",
      "provenance.intoto.json",
      "sbom.cdx.json",
    ]);
    for (const line of sums) {
      const [sum, name = ""] = line.split("  ");
      expect(
        createHash("sha256")
          .update(await readFile(join(FOLDER, name)))
          .digest("hex"),
      ).toBe(sum);
    }
    await expect(cli("pull", `${IMAGE}:${version}`)).rejects.toThrow("not found");
  });

  it.each(ARCHITECTURES)("has an image for %s, with the bill of materials in it", async (architecture) => {
    const tag = `${IMAGE}:${version}-${architecture}`;
    await cli("image", "rm", tag);
    await cli("load", "--input", join(FOLDER, `dockerhost-operator-${version}-linux-${architecture}.tar`));
    expect((await cli("image", "inspect", "--format", "{{.Os}}/{{.Architecture}}", tag)).trim()).toBe(
      `linux/${architecture}`,
    );
    const container = (await cli("create", "--platform", `linux/${architecture}`, tag)).trim();
    await cli("cp", `${container}:/app/sbom.cdx.json`, join(home, architecture));
    await cli("rm", container);
    expect(await readFile(join(home, architecture))).toEqual(await readFile(join(FOLDER, "sbom.cdx.json")));
  });

  it("names its registry in the chart and in the manifests", async () => {
    const chart = join(FOLDER, `dockerhost-operator-${version}.tgz`);
    const rendered = await run(facts.kube.helm, ["template", "operator", chart], { env });
    const manifests = await readFile(join(FOLDER, "install.yaml"), "utf8");
    for (const text of [rendered, manifests]) expect(text).toContain(`image: "${IMAGE}:${version}"`);
    const kinds = parseAllDocuments(manifests).map((document) => (document.toJS() as { kind: string }).kind);
    expect(kinds).toEqual(expect.arrayContaining(["Namespace", "CustomResourceDefinition", "Deployment"]));
    const definitions = parseAllDocuments(await readFile(join(FOLDER, "crd.yaml"), "utf8"));
    expect(definitions.map((document) => document.toJS())).toMatchObject(
      KINDS.map((kind) => ({ kind: "CustomResourceDefinition", spec: { names: { kind: kind.kind } } })),
    );
  });

  it("says from what it was made", async () => {
    const { subject, predicate } = JSON.parse(await readFile(join(FOLDER, "provenance.intoto.json"), "utf8"));
    expect(subject.map(({ name }: { name: string }) => name)).toContain(`dockerhost-operator-${version}.tgz`);
    const [uri, sha256] = base.split("@sha256:");
    expect(predicate.buildDefinition.resolvedDependencies).toContainEqual({ uri: `docker:${uri}`, digest: { sha256 } });
  });

  it("publishes to a registry with a login, after an attempt without one", async () => {
    await using closed = await ClosedRegistry.start();
    const { host, caFile } = closed.registry.facts;
    const checkout = await committedCopy();
    const trusting = { ...env, NODE_EXTRA_CA_CERTS: caFile, SSL_CERT_FILE: caFile };
    const args = ["run", "-s", "release", "--", version, "--base", base, "--registry", `${host}/team`];
    const options = { env: trusting, cwd: checkout };
    await expect(run("npm", args, options)).rejects.toThrow("`docker push` failed");

    await mkdir(join(home, ".docker"), { recursive: true });
    const auths = { [host]: { auth: btoa(`${USER.username}:${USER.password}`) } };
    await writeFile(join(home, ".docker/config.json"), JSON.stringify({ auths }), { mode: 0o600 });
    const stdout = await run("npm", args, options);
    expect(stdout).toContain(`Pushed ${host}/team/dockerhost-operator:${version}@sha256:`);
    expect(stdout).toContain(`Now push the tag: git push origin v${version}`);
    expect(await run("git", ["tag", "--points-at", "HEAD"], { env, cwd: checkout })).toBe(`v${version}\n`);

    // What users do with it.
    const image = `${host}/team/dockerhost-operator:${version}`;
    const user = { ...env, DOCKER_HOST: `unix://${oldDocker.facts.socket}` };
    for (const architecture of ARCHITECTURES) {
      await run(docker.facts.docker, ["pull", "--platform", `linux/${architecture}`, image], { env: user });
      const inspect = ["image", "inspect", "--format", "{{.Os}}/{{.Architecture}}", image];
      expect(await run(docker.facts.docker, inspect, { env: user })).toBe(`linux/${architecture}\n`);
    }
    const chart = ["pull", `oci://${host}/team/charts/dockerhost-operator`, "--version", version];
    await run(facts.kube.helm, [...chart, "--destination", home], { env: trusting });
    expect(await readFile(join(home, `dockerhost-operator-${version}.tgz`))).toEqual(
      await readFile(join(checkout, "release", version, `dockerhost-operator-${version}.tgz`)),
    );
  });

  /** This checkout as a repository of its own, with everything committed and a section of the version in the changelog. */
  async function committedCopy(): Promise<string> {
    // On the file system of the packages, so that they can be linked.
    const folder = join(ROOT, "release/checkout");
    await mkdir(folder, { recursive: true });
    const left = new Set([".git", "bench", "dist", "node_modules", "release", "test"]);
    const names = (await readdir(ROOT)).filter((name) => !left.has(name));
    await run("cp", ["-a", ...names, folder], { cwd: ROOT });
    await run("cp", ["-al", "node_modules", folder], { cwd: ROOT });
    await appendFile(join(folder, "CHANGELOG.md"), `\n## ${version}\n`);
    const commands = ["init -q", "config user.name Releaser", "config user.email releaser@example.com", "add -A"];
    for (const command of [...commands, "commit -q -m Release"]) {
      await run("git", command.split(" "), { env, cwd: folder });
    }
    return folder;
  }

  /** Puts a manifest list under a tag of the registry, as its other clients do; returns its digest. */
  async function putList(tag: string, digests: readonly string[]): Promise<string> {
    const url = (reference: string) => `https://${facts.registry.host}/v2/release-test/base/manifests/${reference}`;
    const dispatcher = new Agent({ connect: { ca: facts.registry.ca } });
    try {
      const manifests = await Promise.all(
        digests.map(async (digest, index) => {
          const accept = ["manifest.v1+json", "index.v1+json"].map((type) => `application/vnd.oci.image.${type}`);
          const headers = { accept: [...accept, "application/vnd.docker.distribution.manifest.v2+json"].join(", ") };
          const answer = await request(url(digest), { headers, dispatcher });
          const { length } = Buffer.from(await answer.body.arrayBuffer());
          const platform = { os: "linux", architecture: ARCHITECTURES[index] };
          return { mediaType: String(answer.headers["content-type"]), digest, size: length, platform };
        }),
      );
      const mediaType = "application/vnd.docker.distribution.manifest.list.v2+json";
      const body = JSON.stringify({ schemaVersion: 2, mediaType, manifests });
      const headers = { "content-type": mediaType };
      const put = await request(url(tag), { method: "PUT", headers, body, dispatcher });
      await put.body.dump();
      expect(put.statusCode).toBe(201);
      return String(put.headers["docker-content-digest"]);
    } finally {
      await dispatcher.close();
    }
  }
});
