import { createHash } from "node:crypto";
import type { IncomingMessage, ServerResponse } from "node:http";
import { brotliCompressSync, deflateSync, gzipSync } from "node:zlib";
import { describe, expect, it, vi } from "vitest";
import { eventually } from "../../test/support/eventually.ts";
import { FakeClock } from "../../test/support/fake-clock.ts";
import { serveHttp } from "../../test/support/http-server.ts";
import { createRegistryClient } from "../../test/support/registry-client.ts";
import type { RegistryCredential } from "./registry-credentials.ts";
import { SYSTEM_TRUST } from "./trust.ts";

const SIGNAL = new AbortController().signal;
const DIGEST = `sha256:${"a".repeat(64)}`;
const HEADERS = { "Docker-Content-Digest": DIGEST, "Content-Type": "application/vnd.oci.image.index.v1+json" };
const CREDENTIAL = { kind: "basic", username: "me", password: "secret" } as const;

function ask(domain: string, credential?: RegistryCredential, clock = new FakeClock()) {
  const { client } = createRegistryClient(clock);
  const access = { trust: SYSTEM_TRUST, insecure: true, ...(credential !== undefined && { credential }) };
  const target = { domain, path: "team/app", access };
  return {
    resolve: () => client.resolveTag(target, "1", SIGNAL),
    open: (digest: string) => client.openManifest(target, digest, SIGNAL),
    listTags: () => client.listTags(target, SIGNAL),
  };
}

/** A registry that wants a token of its own token service, `/token`. */
function tokenRegistry(
  token: (url: URL, response: ServerResponse, request: IncomingMessage) => void,
  { scope = "repository:team/app:pull", accepted = "Bearer good" } = {},
) {
  return serveHttp((request, response) => {
    const host = request.headers.host ?? "";
    const url = new URL(request.url ?? "", `http://${host}`);
    if (!url.pathname.startsWith("/v2/")) token(url, response, request);
    else if (request.headers.authorization === accepted) response.writeHead(200, HEADERS).end();
    else {
      const challenge = `Bearer realm="http://${host}/token",service="s",scope="${scope}"`;
      response.writeHead(401, { "WWW-Authenticate": challenge }).end();
    }
  });
}

describe("a compressed answer", () => {
  const index = JSON.stringify({ schemaVersion: 2, manifests: [] });
  const digest = `sha256:${createHash("sha256").update(index).digest("hex")}`;

  it.each([
    ["gzip", gzipSync(index)],
    ["x-gzip", gzipSync(index)],
    ["deflate", deflateSync(index)],
    ["br", brotliCompressSync(index)],
    ["identity", Buffer.from(index)],
  ])("that nobody asked for is understood: %s", async (encoding, body) => {
    const accepted: unknown[] = [];
    const registry = await serveHttp((request, response) => {
      accepted.push(request.headers["accept-encoding"]);
      response.writeHead(200, { "Content-Encoding": encoding }).end(body);
    });
    expect(await ask(registry.domain).open(digest)).toEqual({ ok: true, value: { children: [] } });
    expect(accepted).toEqual(["identity"]);
  });

  it.each([
    ["an empty one", "gzip", Buffer.alloc(0)],
    ["one compressed in an unknown way", "zstd", Buffer.from("?")],
    ["a compressed one", "gzip", gzipSync("{}")],
  ])("does not hide a challenge: %s", async (_, encoding, body) => {
    const registry = await serveHttp((request, response) => {
      const { host, authorization } = request.headers;
      if (request.url?.startsWith("/token")) response.end('{"token":"good"}');
      else if (authorization !== undefined) response.writeHead(200).end(index);
      else {
        const challenge = `Bearer realm="http://${host}/token"`;
        const length = { "Content-Length": body.length };
        response.writeHead(401, { "WWW-Authenticate": challenge, "Content-Encoding": encoding, ...length }).end(body);
      }
    });
    expect(await ask(registry.domain).open(digest)).toMatchObject({ ok: true });
  });

  it.each([
    ["in an unknown way", "zstd", Buffer.from(index)],
    ["and damaged", "gzip", gzipSync(index).subarray(0, -12)],
    ["not at all, though it says so", "gzip", Buffer.from(index)],
    ["not by brotli, though it says so", "br", Buffer.from(index)],
    ["to a bomb", "gzip", gzipSync(Buffer.alloc(8 * 1024 * 1024))],
  ])("is a wrong one: compressed %s", async (_, encoding, body) => {
    const registry = await serveHttp((_request, response) =>
      response.writeHead(200, { "Content-Encoding": encoding }).end(body),
    );
    expect(await ask(registry.domain).open(digest)).toMatchObject({
      ok: false,
      failure: { reason: "RegistryBadResponse" },
    });
  });
});

describe("a token service", () => {
  it.each([
    { token: null, access_token: "good" },
    { token: "", access_token: "good" },
    { token: 7, access_token: "good" },
    { token: "good", access_token: null },
  ])("may leave one of the two names without a token: %j", async (answer) => {
    const registry = await tokenRegistry((_, response) => response.end(JSON.stringify(answer)));
    expect(await ask(registry.domain).resolve()).toMatchObject({ ok: true, value: { digest: DIGEST } });
  });

  it.each([301, 302, 307, 308])("may redirect on its own host: %i", async (status) => {
    const registry = await tokenRegistry((url, response) => {
      if (url.pathname === "/token") response.writeHead(status, { Location: `/auth/token${url.search}` }).end();
      else response.end('{"token":"good"}');
    });
    expect(await ask(registry.domain, CREDENTIAL).resolve()).toMatchObject({ ok: true });
    expect(registry.seen.map(({ authorization = "" }) => authorization.split(" ")[0])).toEqual([
      "",
      "Basic",
      "Basic",
      "Bearer",
    ]);
  });

  it.each(["/token", "http://[::1]:1/token", "http://user@127.0.0.1/token", "ftp://x/", ""])(
    "that redirects to %j is followed to no end and to no other host",
    async (location) => {
      const registry = await tokenRegistry((_, response) => response.writeHead(302, { Location: location }).end());
      const outcome = await ask(registry.domain, CREDENTIAL).resolve();
      expect(outcome).toMatchObject({ ok: false, failure: { reason: "RegistryBadResponse" } });
      expect(!outcome.ok && outcome.failure.message).toContain("redirects to where credentials are not sent (302)");
      expect(registry.seen.length).toBeLessThanOrEqual(5);
    },
  );

  describe("of a registry that knows the repository by another name", () => {
    const asked = (registry: { readonly seen: readonly { readonly url: string | undefined }[] }) =>
      registry.seen.flatMap(({ url = "" }) => new URL(url, "http://x").searchParams.get("scope") ?? []);
    const own = "repository:team/app:pull";

    it.each([
      ["repository:docker/team/app:pull", "repository:docker/team/app:pull"],
      ["repository:docker/team/app:pull,push,delete", "repository:docker/team/app:pull"],
      ["aws", "aws"],
      ["repository(plugin):team/app:*", "repository(plugin):team/app:pull"],
    ])("is asked for the scope of the challenge next, without more permissions: %s", async (scope, second) => {
      const registry = await tokenRegistry(
        (url, response) => response.end(`{"token":"${url.searchParams.get("scope") === own ? "useless" : "good"}"}`),
        { scope },
      );
      expect(await ask(registry.domain).resolve()).toMatchObject({ ok: true });
      expect(asked(registry)).toEqual([own, second]);
    });

    it.each([400, 401, 403, 404])("is asked so when it refuses the first scope by %i", async (status) => {
      const registry = await tokenRegistry(
        (url, response) => {
          if (url.searchParams.get("scope") === own) response.writeHead(status).end();
          else response.end('{"token":"good"}');
        },
        { scope: "repository:other/app:pull" },
      );
      expect(await ask(registry.domain, CREDENTIAL).resolve()).toMatchObject({ ok: true });
    });

    it.each([401, 403])("is asked for the scope that the refusal of its first token names: %i", async (status) => {
      const registry = await serveHttp((request, response) => {
        const host = request.headers.host ?? "";
        const url = new URL(request.url ?? "", `http://${host}`);
        const { authorization = "" } = request.headers;
        const bearer = `Bearer realm="http://${host}/token",service="s"`;
        if (url.pathname === "/token") {
          response.end(`{"token":"${url.searchParams.get("scope") === own ? "useless" : "good"}"}`);
        } else if (authorization === "Bearer good") response.writeHead(200, HEADERS).end();
        else if (authorization === "") response.writeHead(401, { "WWW-Authenticate": bearer }).end();
        else {
          const more = `${bearer},scope="repository:docker/team/app:pull",error="insufficient_scope"`;
          response.writeHead(status, { "WWW-Authenticate": more }).end();
        }
      });
      const { resolve } = ask(registry.domain);
      expect(await resolve()).toMatchObject({ ok: true });
      expect(asked(registry)).toEqual([own, "repository:docker/team/app:pull"]);
      const before = registry.seen.length;
      expect(await resolve()).toMatchObject({ ok: true });
      expect(registry.seen.length).toBe(before + 1);
    });

    it("is not asked without end where each refusal names another scope", async () => {
      let refusals = 0;
      const registry = await serveHttp((request, response) => {
        const { host } = request.headers;
        if (request.url?.startsWith("/token")) response.end('{"token":"useless"}');
        else {
          const scope = `repository:other/${refusals++}:pull`;
          response.writeHead(401, { "WWW-Authenticate": `Bearer realm="http://${host}/token",scope="${scope}"` }).end();
        }
      });
      expect(await ask(registry.domain).resolve()).toMatchObject({ ok: false });
      expect(asked(registry).length).toBe(3);
    });

    it("is not asked again where a valid token is denied for another cause (403)", async () => {
      const registry = await serveHttp((request, response) => {
        const { host, authorization } = request.headers;
        if (request.url?.startsWith("/token")) response.end('{"token":"good"}');
        else if (authorization !== undefined) response.writeHead(403).end();
        else response.writeHead(401, { "WWW-Authenticate": `Bearer realm="http://${host}/token"` }).end();
      });
      expect(await ask(registry.domain).resolve()).toMatchObject({
        ok: false,
        failure: { reason: "RegistryAccessDenied" },
      });
      expect(asked(registry)).toEqual([own]);
    });

    it.each(["repository:team/app:pull,push", "repository:team/app:push", "", "x".repeat(600), "registry:catalog:*:x"])(
      "is asked once where the challenge names nothing else to read: %s",
      async (scope) => {
        const registry = await tokenRegistry((_, response) => response.end('{"token":"useless"}'), { scope });
        expect(await ask(registry.domain).resolve()).toMatchObject({ ok: false });
        expect(asked(registry)).toEqual([own]);
      },
    );
  });
});

describe("an answer that means too many requests", () => {
  const json = (status: number, body: unknown, headers = {}) =>
    serveHttp((_, response) => response.writeHead(status, headers).end(JSON.stringify(body)));

  it.each<[number, unknown, Record<string, string>]>([
    [403, { errors: [{ code: "TOOMANYREQUESTS", message: "slow down" }] }, {}],
    [403, { message: "API rate limit exceeded for 192.0.2.7" }, {}],
    [403, { errors: [{ code: "DENIED", message: "Quota exceeded for quota metric 'Requests'" }] }, {}],
    [403, {}, { "Retry-After": "30" }],
    [403, {}, { "X-RateLimit-Remaining": "0" }],
    [400, { errors: [{ code: "TOOMANYREQUESTS" }] }, {}],
  ])("is a rate limit, whatever its status: %i %j %j", async (status, body, headers) => {
    const registry = await json(status, body, headers);
    const outcome = await ask(registry.domain).open(DIGEST);
    expect(outcome).toMatchObject({ ok: false, failure: { reason: "RegistryRateLimited" } });
    expect(!outcome.ok && outcome.failure.message).toContain(`(${status}); the next request is made after`);
  });

  it("is found though a HEAD says nothing", async () => {
    const registry = await json(403, { errors: [{ code: "TOOMANYREQUESTS" }] });
    expect(await ask(registry.domain).resolve()).toMatchObject({
      ok: false,
      failure: { reason: "RegistryRateLimited" },
    });
    expect(registry.seen.map(({ method }) => method)).toEqual(["HEAD", "GET"]);
  });

  it.each([
    [403, { errors: [{ code: "DENIED", message: "requested access to the resource is denied" }] }],
    [404, { errors: [{ code: "MANIFEST_UNKNOWN", message: "no rate limit here" }] }],
  ])("is not any refusal: %i %j", async (status, body) => {
    const registry = await json(status, body);
    const outcome = await ask(registry.domain).open(DIGEST);
    expect(!outcome.ok && outcome.failure.reason).not.toBe("RegistryRateLimited");
  });

  it("is waited for where a registry asks for a moment", async () => {
    const clock = new FakeClock();
    let isUp = false;
    const registry = await serveHttp((_, response) => {
      if (isUp) response.writeHead(200, HEADERS).end();
      else response.writeHead(503, { "Retry-After": "2" }).end();
      isUp = true;
    });
    const after = vi.spyOn(clock, "after");
    const outcome = ask(registry.domain, undefined, clock).resolve();
    await eventually(() => expect(after).toHaveBeenCalledWith(2_000, expect.anything()));
    await clock.advance(2_000);
    expect(await outcome).toMatchObject({ ok: true });
    expect(registry.seen.length).toBe(2);
  });

  it("is waited for where a token service asks for a moment", async () => {
    const clock = new FakeClock();
    let isUp = false;
    const registry = await tokenRegistry((_, response) => {
      if (isUp) response.end('{"token":"good"}');
      else response.writeHead(503, { "Retry-After": "1" }).end();
      isUp = true;
    });
    const after = vi.spyOn(clock, "after");
    const outcome = ask(registry.domain, undefined, clock).resolve();
    await eventually(() => expect(after).toHaveBeenCalledWith(1_000, expect.anything()));
    await clock.advance(1_000);
    expect(await outcome).toMatchObject({ ok: true });
    expect(registry.seen.length).toBe(4);
  });

  it("is not waited for where it asks for long: nobody asks it again until then", async () => {
    const clock = new FakeClock();
    const registry = await serveHttp((_, response) => response.writeHead(503, { "Retry-After": "120" }).end());
    const { resolve } = ask(registry.domain, undefined, clock);
    const outcome = await resolve();
    expect(outcome).toMatchObject({
      ok: false,
      failure: { reason: "RegistryServerError", retryAt: clock.now() + 120_000 },
    });
    expect(await resolve()).toEqual(outcome);
    expect(registry.seen.length).toBe(1);
  });
});

it("doubles its wait although each token has expired in the meantime", async () => {
  const clock = new FakeClock();
  let isLimited = false;
  const registry = await serveHttp((request, response) => {
    const { host, authorization } = request.headers;
    if (request.url?.startsWith("/token")) response.end('{"token":"t","expires_in":30}');
    else if (authorization === undefined)
      response.writeHead(401, { "WWW-Authenticate": `Bearer realm="http://${host}/token"` }).end();
    else response.writeHead(isLimited ? 429 : 200, HEADERS).end();
  });
  const { resolve } = ask(registry.domain, undefined, clock);
  expect(await resolve()).toMatchObject({ ok: true });
  isLimited = true;
  const waits: number[] = [];
  for (let strikes = 0; strikes < 4; strikes++) {
    const outcome = await resolve();
    const wait = outcome.ok ? 0 : (outcome.failure.retryAt ?? 0) - clock.now();
    waits.push(wait / 60_000);
    await clock.advance(wait);
  }
  expect(waits).toEqual([1, 2, 4, 8]);
});

describe("a 400 over plain http", () => {
  it("means that TLS is wanted", async () => {
    const registry = await serveHttp((_, response) => response.writeHead(400).end());
    expect(await ask(registry.domain).resolve()).toMatchObject({
      ok: false,
      failure: { reason: "RegistryRequiresTLS" },
    });
  });

  it.each<[string, Record<string, string>, boolean]>([
    ["where http has just worked", {}, true],
    ["of a registry that says what it is", { "Docker-Distribution-Api-Version": "registry/2.0" }, false],
  ])("does not, %s", async (_, headers, hasServed) => {
    const registry = await serveHttp((request, response) => {
      if (request.method === "HEAD" && hasServed) response.writeHead(200, HEADERS).end();
      else response.writeHead(400, headers).end();
    });
    const { resolve, listTags } = ask(registry.domain);
    if (hasServed) await resolve();
    const outcome = await listTags();
    expect(outcome).toMatchObject({ ok: false, failure: { reason: "RegistryBadResponse" } });
    expect(!outcome.ok && outcome.failure.message).not.toMatch(/insecure|certificate/);
  });

  it("still does where http has worked for other roots only: that may have been another server", async () => {
    const registry = await serveHttp((request, response) => {
      if (request.method === "HEAD") response.writeHead(200, HEADERS).end();
      else response.writeHead(400).end();
    });
    const { client } = createRegistryClient();
    const target = (roots: readonly string[]) => ({
      domain: registry.domain,
      path: "team/app",
      access: { trust: { roots }, insecure: true },
    });
    expect(await client.resolveTag(target(["another"]), "1", SIGNAL)).toMatchObject({ ok: true });
    expect(await client.listTags(target([]), SIGNAL)).toMatchObject({
      ok: false,
      failure: { reason: "RegistryRequiresTLS" },
    });
  });
});

it.each([
  ["password", { ...CREDENTIAL, password: "secret\n" }],
  ["password", { ...CREDENTIAL, password: "secret\r\n" }],
  ["user name", { ...CREDENTIAL, username: "me\n" }],
])("names a line break at the end of the %s that was refused", async (part, credential) => {
  const registry = await serveHttp((_, response) =>
    response.writeHead(401, { "WWW-Authenticate": 'Basic realm="x"' }).end(),
  );
  const outcome = await ask(registry.domain, credential).resolve();
  expect(outcome).toMatchObject({ ok: false, failure: { reason: "RegistryAuthenticationFailed" } });
  expect(!outcome.ok && outcome.failure.message).toContain(`the ${part} ends with a line break`);
  expect(!outcome.ok && outcome.failure.message).not.toContain("secret");
});
