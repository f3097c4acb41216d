import { createHash } from "node:crypto";
import { afterEach, describe, expect, it } from "vitest";
import { createAuthority } from "../support/pki.ts";
import { ask, json } from "./client.ts";
import { MEDIA_TYPES } from "./manifests.ts";
import { pullImage } from "./pull.ts";
import { type SimRegistry, type SimRegistryOptions, startSimRegistry } from "./registry.ts";
import type { RegistryAuth } from "./registry-auth.ts";

const { ociIndex, ociManifest, dockerList, dockerManifest, dockerSchema1 } = MEDIA_TYPES;
const ALL = { Accept: [ociIndex, ociManifest, dockerList, dockerManifest].join(", ") };
const PLATFORMS = [
  { os: "linux", architecture: "amd64" },
  { os: "linux", architecture: "arm64", variant: "v8" },
];

const running: SimRegistry[] = [];

async function start(options: SimRegistryOptions = {}): Promise<SimRegistry> {
  const registry = await startSimRegistry(options);
  running.push(registry);
  return registry;
}

afterEach(async () => {
  await Promise.all(running.splice(0).map((registry) => registry.close()));
});

const manifestUrl = (registry: SimRegistry, reference = "1") =>
  `http://${registry.host}/v2/team/app/manifests/${reference}`;
const basic = (credential: string) => ({ Authorization: `Basic ${Buffer.from(credential).toString("base64")}` });

describe("manifests", () => {
  it("are found by tag: digest, type and length by HEAD, and the bytes of the digest by GET", async () => {
    const registry = await start();
    const digest = registry.push("team/app", "1", { platforms: PLATFORMS });
    const head = await ask(manifestUrl(registry), { method: "HEAD", headers: ALL });
    const get = await ask(manifestUrl(registry, digest), { headers: ALL });
    expect(head.headers).toMatchObject({
      "content-type": ociIndex,
      "docker-content-digest": digest,
      "content-length": String(get.body.length),
    });
    expect(`sha256:${createHash("sha256").update(get.body).digest("hex")}`).toBe(digest);
    expect(json(get)).toMatchObject({ manifests: PLATFORMS.map((platform) => ({ platform, mediaType: ociManifest })) });
  });

  it("of an index can be fetched by digest", async () => {
    const registry = await start();
    registry.push("team/app", "1", { platforms: PLATFORMS });
    const child = pullImage(registry, "team/app", "1").manifest.digest;
    expect((await ask(manifestUrl(registry, child), { headers: ALL })).headers["content-type"]).toBe(ociManifest);
  });

  it("differ with every push", async () => {
    const registry = await start();
    expect(registry.push("team/app", "1")).not.toBe(registry.push("team/app", "1"));
  });

  it("that nobody pushed are unknown", async () => {
    const registry = await start();
    const response = await ask(manifestUrl(registry), { headers: ALL });
    expect([response.status, json(response)]).toEqual([
      404,
      { errors: [{ code: "MANIFEST_UNKNOWN", message: "manifest unknown", detail: { Tag: "1" } }] },
    ]);
  });

  it("of OCI types are denied to clients that do not accept them", async () => {
    const registry = await start();
    registry.push("team/app", "1", { platforms: PLATFORMS });
    expect((await ask(manifestUrl(registry), { headers: { Accept: dockerManifest } })).status).toBe(404);
    expect((await ask(manifestUrl(registry), { headers: { Accept: "*/*" } })).status).toBe(404);
  });

  it("of Docker's types are rewritten for clients that do not accept them, which changes the digest", async () => {
    const registry = await start();
    const list = registry.push("team/app", "1", { platforms: PLATFORMS, format: "docker" });
    const image = pullImage(registry, "team/app", "1").manifest.digest;
    const asked = async (accept: string) => (await ask(manifestUrl(registry), { headers: { Accept: accept } })).headers;
    expect((await asked(dockerList))["docker-content-digest"]).toBe(list);
    expect((await asked(dockerManifest))["docker-content-digest"]).toBe(image);
    const rewritten = await asked("*/*");
    expect(rewritten["content-type"]).toBe(dockerSchema1);
    expect([list, image]).not.toContain(rewritten["docker-content-digest"]);
  });
});

describe("authentication", () => {
  it("by Basic asks for it and takes it", async () => {
    const registry = await start({ auth: { mode: "basic", username: "ci", password: "secret" } });
    registry.push("team/app", "1");
    const refused = await ask(manifestUrl(registry), { headers: ALL });
    expect([refused.status, refused.headers["www-authenticate"]]).toEqual([401, 'Basic realm="sim-registry"']);
    expect((await ask(manifestUrl(registry), { headers: { ...ALL, ...basic("ci:wrong") } })).status).toBe(401);
    expect((await ask(manifestUrl(registry), { headers: { ...ALL, ...basic("ci:secret") } })).status).toBe(200);
  });

  const bearer = { mode: "bearer", username: "ci", password: "secret", identityToken: "refresh-me" } as const;

  async function withBearer(changes: Partial<Extract<RegistryAuth, { mode: "bearer" }>> = {}): Promise<SimRegistry> {
    const registry = await start({ auth: { ...bearer, ...changes } });
    registry.push("team/app", "1");
    return registry;
  }

  async function pullWith(registry: SimRegistry, token: unknown) {
    return ask(manifestUrl(registry), { headers: { ...ALL, Authorization: `Bearer ${String(token)}` } });
  }

  const tokenUrl = (registry: SimRegistry) =>
    `http://${registry.host}/token?service=sim-registry&scope=repository:team/app:pull`;

  it("by Bearer names its token endpoint and the scope, and takes the token", async () => {
    const registry = await withBearer();
    const refused = await ask(manifestUrl(registry), { headers: ALL });
    expect(refused.headers["www-authenticate"]).toBe(
      `Bearer realm="http://${registry.host}/token",service="sim-registry",scope="repository:team/app:pull"`,
    );
    const answer = json(await ask(tokenUrl(registry), { headers: basic("ci:secret") })) as { token: string };
    expect((await pullWith(registry, answer.token)).status).toBe(200);
  });

  it("refuses wrong credentials at the token endpoint", async () => {
    const registry = await withBearer();
    expect((await ask(tokenUrl(registry), { headers: basic("ci:wrong") })).status).toBe(401);
  });

  it("gives an anonymous client a token that opens public repositories only", async () => {
    const closed = await withBearer();
    const token = (json(await ask(tokenUrl(closed))) as { token: string }).token;
    const refused = await pullWith(closed, token);
    expect(refused.status).toBe(401);
    expect(refused.headers["www-authenticate"]).toContain('error="insufficient_scope"');
    const open = await withBearer({ public: ["team/app"], tokenField: "access_token" });
    const answer = json(await ask(tokenUrl(open))) as { access_token: string };
    expect((await pullWith(open, answer.access_token)).status).toBe(200);
  });

  it("takes an identity token by POST", async () => {
    const registry = await withBearer();
    const form = (token: string) =>
      `grant_type=refresh_token&refresh_token=${token}&service=sim-registry&scope=repository:team/app:pull`;
    const url = `http://${registry.host}/token`;
    const answer = json(await ask(url, { method: "POST", body: form("refresh-me") })) as { token: string };
    expect((await pullWith(registry, answer.token)).status).toBe(200);
    expect((await ask(url, { method: "POST", body: form("another") })).status).toBe(401);
  });

  it("does not accept a token that has expired or was revoked", async () => {
    const registry = await withBearer({ expiresIn: 0 });
    const expired = (json(await ask(tokenUrl(registry), { headers: basic("ci:secret") })) as { token: string }).token;
    expect((await pullWith(registry, expired)).status).toBe(401);
    const other = await withBearer();
    const revoked = (json(await ask(tokenUrl(other), { headers: basic("ci:secret") })) as { token: string }).token;
    other.revokeTokens();
    expect((await pullWith(other, revoked)).headers["www-authenticate"]).toContain('error="invalid_token"');
  });
});

it("rate limits one repository and spares another", async () => {
  const registry = await start();
  registry.push("team/app", "1");
  registry.push("team/other", "1");
  const headers = { "Content-Type": "application/json", "Retry-After": "30" };
  await registry.setFaults({ kind: "status", status: 429, headers, path: "/team/app/" });
  const limited = await ask(manifestUrl(registry), { headers: ALL });
  expect([limited.status, limited.headers["retry-after"]]).toEqual([429, "30"]);
  expect((await ask(`http://${registry.host}/v2/team/other/manifests/1`, { headers: ALL })).status).toBe(200);
  expect(registry.counters.byRoute()).toEqual({ "GET /v2/{name}/manifests/{reference}": 2 });
});

it("serves over TLS", async () => {
  const authority = await createAuthority({ commonName: "registry CA" });
  const { certPem, keyPem } = await authority.issue({ commonName: "registry", ipAddresses: ["127.0.0.1"] });
  const registry = await start({ tls: { cert: certPem, key: keyPem } });
  const response = await ask(`https://${registry.host}/v2/`, { ca: authority.certPem });
  expect(response.status).toBe(200);
  expect(response.headers["docker-distribution-api-version"]).toBe("registry/2.0");
});
