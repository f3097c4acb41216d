import { createHash } from "node:crypto";
import type * as http from "node:http";
import { afterEach, describe, expect, it } from "vitest";
import { FakeClock, settle } from "../../test/support/fake-clock.ts";
import { serveHttp } from "../../test/support/http-server.ts";
import { createAuthority } from "../../test/support/pki.ts";
import { systemClock } from "../common/clock.ts";
import { openGuard } from "../common/dial-guard.ts";
import type { RegistryAccess } from "./access.ts";
import { RegistryClient } from "./client.ts";
import { RegistryConnections } from "./connections.ts";
import { SYSTEM_TRUST } from "./trust.ts";

const SIGNAL = new AbortController().signal;
const DIGEST = `sha256:${"a".repeat(64)}`;
const CREDENTIAL = { kind: "basic", username: "me", password: "secret" } as const;
const INDEX = "application/vnd.oci.image.index.v1+json";

const cleanups: (() => void)[] = [];
afterEach(() => {
  for (const cleanup of cleanups.splice(0)) cleanup();
});

function resolve(domain: string, access: Partial<RegistryAccess> = {}, clock = systemClock, signal = SIGNAL) {
  const connections = new RegistryConnections({ systemRoots: [], guard: openGuard() });
  cleanups.push(() => connections.close());
  const target = { domain, path: "team/app", access: { trust: SYSTEM_TRUST, insecure: true, ...access } };
  return new RegistryClient({ connections, clock, random: () => 0.5 }).resolveTag(target, "1", signal);
}

const found = { status: 200, headers: { "Docker-Content-Digest": DIGEST, "Content-Type": INDEX } };

describe("a registry that does not serve HEAD, or leaves the digest out", () => {
  const body = '{"schemaVersion":2}';

  it.each([405, 501])("is asked once by GET after a %i", async (status) => {
    const registry = await serveHttp((request, response) => {
      if (request.method === "HEAD") response.writeHead(status).end();
      else response.writeHead(200, found.headers).end(body);
    });
    expect(await resolve(registry.domain)).toMatchObject({ ok: true, value: { digest: DIGEST, isIndex: true } });
    expect(registry.seen.map(({ method }) => method)).toEqual(["HEAD", "GET"]);
  });

  it.each([{}, { "Docker-Content-Digest": "sha256:nonsense" }])("is checked with the bytes: %j", async (headers) => {
    const registry = await serveHttp((_, response) => response.writeHead(200, headers).end(body));
    const digest = `sha256:${createHash("sha256").update(body).digest("hex")}`;
    expect(await resolve(registry.domain)).toMatchObject({ ok: true, value: { digest, isIndex: false } });
  });

  it.each([
    ["the login page of a network", "text/html", "<html>Welcome</html>"],
    ["something else in JSON", "application/json", '{"status":"ok"}'],
    ["schema 1", "application/vnd.docker.distribution.manifest.v1+prettyjws", '{"schemaVersion":1}'],
  ])("is not believed when it sends %s", async (_, type, text) => {
    const registry = await serveHttp((_request, response) =>
      response.writeHead(200, { "Content-Type": type }).end(text),
    );
    expect(await resolve(registry.domain)).toMatchObject({ ok: false, failure: { reason: "RegistryBadResponse" } });
  });

  it("is not read without end", async () => {
    const registry = await serveHttp((request, response) => {
      response.writeHead(200);
      if (request.method === "HEAD") response.end();
      else response.end(Buffer.alloc(5 * 1024 * 1024));
    });
    expect(await resolve(registry.domain)).toMatchObject({ ok: false, failure: { reason: "RegistryBadResponse" } });
  });
});

it("compares no digest of the retired schema 1, which registries make up", async () => {
  const type = "application/vnd.docker.distribution.manifest.v1+prettyjws";
  const registry = await serveHttp((_, response) =>
    response.writeHead(200, { "Docker-Content-Digest": DIGEST, "Content-Type": type }).end(),
  );
  const outcome = await resolve(registry.domain);
  expect(outcome).toMatchObject({ ok: false, failure: { reason: "RegistryBadResponse" } });
  expect(!outcome.ok && outcome.failure.message).toContain("team/app:1 in the retired schema 1");
  expect(registry.seen.length).toBe(1);
});

describe("a redirect", () => {
  const redirectTo = (location: string) =>
    serveHttp((_, response) => response.writeHead(307, { Location: location }).end());

  it("on the same host is followed with the credential", async () => {
    const registry = await serveHttp((request, response) => {
      if (request.headers.authorization === undefined) {
        response.writeHead(401, { "WWW-Authenticate": 'Basic realm="x"' }).end();
      } else if (request.url === "/moved") response.writeHead(found.status, found.headers).end();
      else response.writeHead(308, { Location: "/moved" }).end();
    });
    expect(await resolve(registry.domain, { credential: CREDENTIAL })).toMatchObject({ ok: true });
    expect(registry.seen.at(-1)).toMatchObject({ url: "/moved", authorization: expect.stringContaining("Basic ") });
  });

  it("to another host is followed, without the credential", async () => {
    const other = await serveHttp((_, response) => response.writeHead(found.status, found.headers).end());
    const registry = await serveHttp((request, response) => {
      if (request.headers.authorization === undefined) {
        response.writeHead(401, { "WWW-Authenticate": 'Basic realm="x"' }).end();
      } else response.writeHead(302, { Location: `http://${other.domain}/elsewhere` }).end();
    });
    expect(await resolve(registry.domain, { credential: CREDENTIAL })).toMatchObject({ ok: true });
    expect(other.seen).toEqual([{ method: "HEAD", url: "/elsewhere", authorization: undefined }]);
  });

  it("to another host that wants credentials ends there", async () => {
    const other = await serveHttp((_, response) =>
      response.writeHead(401, { "WWW-Authenticate": 'Basic realm="x"' }).end(),
    );
    const registry = await redirectTo(`http://${other.domain}/`);
    const outcome = await resolve(registry.domain, { credential: CREDENTIAL });
    expect(outcome).toMatchObject({ ok: false, failure: { reason: "RegistryBadResponse" } });
    expect(!outcome.ok && outcome.failure.message).toContain(`use the image's name on ${other.domain}`);
    expect(other.seen).toEqual([{ method: "HEAD", url: "/", authorization: undefined }]);
  });

  describe("to another host that gives tokens to everyone", () => {
    const opened = (status: number, permitted: (scope: string | null) => boolean = () => true) =>
      serveHttp((request, response) => {
        const url = new URL(request.url ?? "", "http://other");
        if (url.pathname === "/token") {
          const token = permitted(url.searchParams.get("scope")) ? "anonymous" : "useless";
          response.writeHead(200).end(JSON.stringify({ token }));
        } else if (request.headers.authorization === "Bearer anonymous") {
          response.writeHead(found.status, found.headers).end();
        } else {
          const realm = `http://${request.headers.host}/token`;
          const challenge = `Bearer realm="${realm}",service="other",scope="repository:org/app:pull"`;
          response.writeHead(status, { "WWW-Authenticate": challenge }).end();
        }
      });
    const vanity = (status: number, location: string) =>
      serveHttp((request, response) => {
        if (request.headers.authorization === undefined && location === "") response.writeHead(401).end();
        else response.writeHead(status, { Location: location }).end();
      });

    it.each([301, 302, 307, 308])("is followed with such a token: %i", async (status) => {
      const other = await opened(401);
      const registry = await vanity(status, `http://${other.domain}/v2/org/app/manifests/1`);
      expect(await resolve(registry.domain, { credential: CREDENTIAL })).toMatchObject({
        ok: true,
        value: { digest: DIGEST },
      });
      // Neither the credential nor anything made from it.
      expect(other.seen.map(({ authorization }) => authorization)).toEqual([undefined, undefined, "Bearer anonymous"]);
      expect(other.seen[1]?.url).toContain("scope=repository%3Aorg%2Fapp%3Apull");
    });

    it("costs no more requests once the token is known", async () => {
      const other = await opened(401);
      const registry = await vanity(307, `http://${other.domain}/v2/org/app/manifests/1`);
      const connections = new RegistryConnections({ systemRoots: [], guard: openGuard() });
      cleanups.push(() => connections.close());
      const client = new RegistryClient({ connections, clock: systemClock, random: () => 0.5 });
      const target = { domain: registry.domain, path: "app", access: { trust: SYSTEM_TRUST, insecure: true } };
      await client.resolveTag(target, "1", SIGNAL);
      const before = other.seen.length;
      expect(await client.resolveTag(target, "1", SIGNAL)).toMatchObject({ ok: true });
      expect(other.seen.slice(before)).toEqual([
        { method: "HEAD", url: "/v2/org/app/manifests/1", authorization: "Bearer anonymous" },
      ]);
    });

    it.each([
      ["the password itself", 'Basic realm="x"'],
      ["a token", "Bearer"],
    ])("is followed where the first registry wants %s too, of which the other sees nothing", async (_, scheme) => {
      const other = await opened(401);
      const registry = await serveHttp((request, response) => {
        const { host, authorization } = request.headers;
        const challenge = scheme === "Bearer" ? `Bearer realm="http://${host}/token"` : scheme;
        if (request.url?.startsWith("/token")) response.end('{"token":"own"}');
        else if (authorization === undefined) response.writeHead(401, { "WWW-Authenticate": challenge }).end();
        else response.writeHead(307, { Location: `http://${other.domain}/v2/org/app/manifests/1` }).end();
      });
      expect(await resolve(registry.domain, { credential: CREDENTIAL })).toMatchObject({ ok: true });
      expect(other.seen.map(({ authorization }) => authorization)).toEqual([undefined, undefined, "Bearer anonymous"]);
    });

    it("is refused where the token does not open the repository", async () => {
      const other = await opened(401, () => false);
      const registry = await vanity(307, `http://${other.domain}/v2/org/app/manifests/1`);
      const outcome = await resolve(registry.domain, { credential: CREDENTIAL });
      expect(outcome).toMatchObject({ ok: false, failure: { reason: "RegistryBadResponse" } });
      expect(!outcome.ok && outcome.failure.message).toContain("which wants credentials");
      expect(other.seen.every(({ authorization }) => !authorization?.startsWith("Basic"))).toBe(true);
    });
  });

  it.each(["", "http://", "ftp://127.0.0.1/", "http://user:pass@127.0.0.1/", "/again"])(
    "to %j is refused",
    async (location) => {
      const registry = await redirectTo(location);
      const outcome = await resolve(registry.domain);
      expect(outcome).toMatchObject({ ok: false, failure: { reason: "RegistryBadResponse" } });
      expect(registry.seen.length).toBeLessThanOrEqual(4);
    },
  );
});

describe("a registry over TLS", () => {
  it("sends nobody to an address without TLS, neither by redirect nor for a token", async () => {
    const authority = await createAuthority({ commonName: "ca" });
    const pair = await authority.issue({ commonName: "registry", ipAddresses: ["127.0.0.1"] });
    const plain = await serveHttp((_, response) =>
      response.writeHead(found.status, found.headers).end('{"token":"t"}'),
    );
    const answers = [
      { status: 302, headers: { Location: `http://${plain.domain}/` } },
      { status: 401, headers: { "WWW-Authenticate": `Bearer realm="http://${plain.domain}/token"` } },
    ];
    for (const { status, headers } of answers) {
      const tls = { cert: pair.certPem, key: pair.keyPem };
      const registry = await serveHttp((_, response) => response.writeHead(status, headers).end(), tls);
      const access = { insecure: false, trust: { roots: [authority.certPem] }, credential: CREDENTIAL };
      expect(await resolve(registry.domain, access)).toMatchObject({
        ok: false,
        failure: { reason: "RegistryBadResponse" },
      });
    }
    expect(plain.seen).toEqual([]);
  });
});

describe("time and connections", () => {
  it("gives up on a registry that never answers", async () => {
    const clock = new FakeClock();
    const registry = await serveHttp(() => {});
    const outcome = resolve(registry.domain, {}, clock);
    while (registry.seen.length === 0) await settle();
    await clock.advance(30_000);
    expect(await outcome).toMatchObject({ ok: false, failure: { reason: "RegistryTimedOut" } });
    expect(clock.pending).toBe(0);
  });

  it("gives up on a body that never ends", async () => {
    const clock = new FakeClock();
    const registry = await serveHttp((request, response) => {
      response.writeHead(request.method === "HEAD" ? 405 : 200);
      if (request.method === "HEAD") response.end();
      else response.write("{");
    });
    const outcome = resolve(registry.domain, {}, clock);
    while (registry.seen.length < 2) await settle();
    await clock.advance(30_000);
    expect(await outcome).toMatchObject({ ok: false, failure: { reason: "RegistryTimedOut" } });
  });

  it("rejects with the reason of the caller's abort", async () => {
    const registry = await serveHttp(() => {});
    const controller = new AbortController();
    const outcome = resolve(registry.domain, {}, systemClock, controller.signal);
    while (registry.seen.length === 0) await settle();
    controller.abort(new Error("no longer wanted"));
    await expect(outcome).rejects.toThrow("no longer wanted");
  });

  it("uses another connection when a kept one was closed meanwhile", async () => {
    const registry = await serveHttp((_, response) => response.writeHead(found.status, found.headers).end());
    let requests = 0;
    registry.server.on("request", (request: http.IncomingMessage) => {
      // The second request of a connection meets a server that has just given the connection up.
      if (++requests === 2) request.socket.resetAndDestroy();
    });
    const connections = new RegistryConnections({ systemRoots: [], guard: openGuard() });
    cleanups.push(() => connections.close());
    const client = new RegistryClient({ connections, clock: systemClock, random: Math.random });
    const target = { domain: registry.domain, path: "a", access: { trust: SYSTEM_TRUST, insecure: true } };
    expect((await client.resolveTag(target, "1", SIGNAL)).ok).toBe(true);
    expect((await client.resolveTag(target, "1", SIGNAL)).ok).toBe(true);
  });

  it.each([
    ["something that is no HTTP", "SSH-2.0-OpenSSH_9.2\r\n", "RegistryBadResponse"],
    [
      "a switch of protocols",
      "HTTP/1.1 101 Switching\r\nConnection: upgrade\r\nUpgrade: x\r\n\r\n",
      "RegistryUnreachable",
    ],
    ["an end", "", "RegistryUnreachable"],
  ])("survives %s", async (_, text, reason) => {
    const registry = await serveHttp(() => {});
    registry.server.on("connection", (socket) => socket.end(text));
    expect(await resolve(registry.domain)).toMatchObject({ ok: false, failure: { reason } });
  });
});
