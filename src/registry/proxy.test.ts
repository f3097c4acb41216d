import { once } from "node:events";
import { writeFile } from "node:fs/promises";
import type * as http from "node:http";
import * as https from "node:https";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { beforeAll, describe, expect, it, onTestFinished } from "vitest";
import { folderWith } from "../../test/support/folder-with.ts";
import { startHttpProxy } from "../../test/support/http-proxy.ts";
import { serveHttp } from "../../test/support/http-server.ts";
import { type Authority, createAuthority, type KeyPair } from "../../test/support/pki.ts";
import { systemClock } from "../common/clock.ts";
import { createDialGuard, type DialPolicy } from "../common/dial-guard.ts";
import { parseIpNetwork } from "../common/ip-network.ts";
import { RegistryClient } from "./client.ts";
import { RegistryConnections } from "./connections.ts";
import { parseProxyException, parseProxyUrl, RegistryProxy } from "./proxy.ts";
import { SYSTEM_TRUST } from "./trust.ts";

const DIGEST = `sha256:${"a".repeat(64)}`;
const NAMES = { "registry.test": "127.0.0.1", "other.test": "127.0.0.1" };
const PASSWORD = "hunter2-of-the-proxy";

let authority: Authority;
let pair: KeyPair;
beforeAll(async () => {
  authority = await createAuthority({ commonName: "ca" });
  pair = await authority.issue({ commonName: "a", dnsNames: Object.keys(NAMES), ipAddresses: ["127.0.0.1"] });
});

const found: http.RequestListener = (_, response) =>
  void response.writeHead(200, { "Docker-Content-Digest": DIGEST, "Content-Length": "0" }).end();

async function serveHttps(listener: http.RequestListener = found): Promise<number> {
  const server = https.createServer({ cert: pair.certPem, key: pair.keyPem }, listener).listen(0, "127.0.0.1");
  await once(server, "listening");
  onTestFinished(() => void server.close().closeAllConnections());
  return (server.address() as AddressInfo).port;
}

interface Through {
  readonly noProxy?: readonly string[];
  readonly credentialsFile?: string;
  readonly rules?: Partial<DialPolicy>;
}

function clientThrough(url: URL, { noProxy = [], credentialsFile, rules = {} }: Through = {}) {
  const exceptions = noProxy.map((text) => {
    const parsed = parseProxyException(text);
    if (!parsed.ok) throw new Error(parsed.failure);
    return parsed.value;
  });
  const connections = new RegistryConnections({
    systemRoots: [authority.certPem],
    guard: createDialGuard({ denied: [], allowed: [], loopback: true, ...rules }),
    proxy: new RegistryProxy({ url, noProxy: exceptions, credentialsFile }),
  });
  onTestFinished(() => connections.close());
  const client = new RegistryClient({ connections, clock: systemClock, random: Math.random });
  return (domain: string, insecure = false) => {
    const target = { domain, path: "team/app", access: { trust: SYSTEM_TRUST, insecure } };
    return client.resolveTag(target, "1", new AbortController().signal);
  };
}

const denied = (...texts: readonly string[]) =>
  texts.flatMap((text) => {
    const parsed = parseIpNetwork(text);
    return parsed.ok ? [parsed.value] : [];
  });

describe("a registry behind a proxy", () => {
  it("is reached through a tunnel, with its own certificate, by a name that only the proxy knows", async () => {
    const port = await serveHttps();
    const proxy = await startHttpProxy({ names: NAMES });
    const resolve = clientThrough(proxy.url);
    expect(await resolve(`registry.test:${port}`)).toMatchObject({ ok: true, value: { digest: DIGEST } });
    // The connection is kept, as without a proxy.
    expect(await resolve(`registry.test:${port}`)).toMatchObject({ ok: true });
    expect(proxy.seen).toEqual([`CONNECT registry.test:${port}`]);
  });

  it("is not believed where the certificate is not its own", async () => {
    const port = await serveHttps();
    const proxy = await startHttpProxy({ names: { "wrong.test": "127.0.0.1" } });
    const outcome = await clientThrough(proxy.url)(`wrong.test:${port}`);
    expect(outcome).toMatchObject({ ok: false, failure: { reason: "RegistryNameMismatch" } });
  });

  it("is asked in plain HTTP by the whole URL, if it may be", async () => {
    const registry = await serveHttp(found);
    const port = registry.domain.split(":")[1];
    const proxy = await startHttpProxy({ names: NAMES });
    expect(await clientThrough(proxy.url)(`registry.test:${port}`, true)).toMatchObject({ ok: true });
    expect(proxy.seen).toContain(`HEAD http://registry.test:${port}/v2/team/app/manifests/1`);
    expect(registry.seen.length).toBeGreaterThan(0);
  });

  it("is reached through a proxy that is itself reached over TLS", async () => {
    const port = await serveHttps();
    const proxy = await startHttpProxy({ names: NAMES, tls: { cert: pair.certPem, key: pair.keyPem } });
    expect(await clientThrough(proxy.url)(`registry.test:${port}`)).toMatchObject({ ok: true });
  });

  it.each(["127.0.0.1", "127.0.0.0/8", "::ffff:127.0.0.0/104"])("is reached without it by %s", async (exception) => {
    const port = await serveHttps();
    const proxy = await startHttpProxy({ refusesWith: 403 });
    expect(await clientThrough(proxy.url, { noProxy: [exception] })(`127.0.0.1:${port}`)).toMatchObject({ ok: true });
    expect(proxy.seen).toEqual([]);
  });

  it("shows the credentials of a file to the proxy, also after they have changed, and nowhere else", async () => {
    const folder = await folderWith({ credentials: "me:old\n" });
    const credentialsFile = join(folder, "credentials");
    const [port, otherPort] = [await serveHttps(), await serveHttps()];
    const proxy = await startHttpProxy({ names: NAMES, credentials: `me:${PASSWORD}` });
    const resolve = clientThrough(proxy.url, { credentialsFile });
    const refused = await resolve(`registry.test:${port}`);
    expect(refused).toMatchObject({ ok: false, failure: { reason: "RegistryUnreachable" } });
    expect(refused.ok ? "" : refused.failure.message).toContain("the proxy does not accept the credentials (407)");
    await writeFile(credentialsFile, `me:${PASSWORD}`);
    expect(await resolve(`other.test:${otherPort}`)).toMatchObject({ ok: true });
    expect(JSON.stringify([proxy.seen, refused])).not.toMatch(/old|hunter2|Basic/);
  });
});

describe("the connection policy, with a proxy", () => {
  it.each([
    "169.254.169.254",
    "[fe80::1]",
    "10.1.2.3",
    "[::ffff:10.1.2.3]",
    "2130706433",
    "localhost",
    "metadata.localhost",
  ])("keeps the proxy from %s, which it is not even asked for", async (host) => {
    const proxy = await startHttpProxy({ address: "127.0.0.2" });
    const rules = { denied: denied("10.0.0.0/8"), allowed: denied("127.0.0.2/32"), loopback: false };
    for (const insecure of [true, false]) {
      const outcome = await clientThrough(proxy.url, { rules })(`${host}:5000`, insecure);
      expect(outcome).toMatchObject({ ok: false, failure: { reason: "RegistryDenied" } });
    }
    expect(proxy.seen).toEqual([]);
  });

  it("applies to the proxy's own address", async () => {
    const proxy = await startHttpProxy();
    const outcome = await clientThrough(proxy.url, { rules: { denied: denied("127.0.0.1/32") } })("registry.test");
    expect(outcome).toMatchObject({ ok: false, failure: { reason: "RegistryDenied" } });
    expect(proxy.seen).toEqual([]);
  });

  it("lets no registry lead to a private address through it", async () => {
    const proxy = await startHttpProxy({ names: NAMES });
    const port = await serveHttps((_, response) =>
      response.writeHead(307, { Location: "https://192.168.7.7/v2/" }).end(),
    );
    const outcome = await clientThrough(proxy.url)(`registry.test:${port}`);
    expect(outcome).toMatchObject({ ok: false, failure: { reason: "RegistryDenied" } });
    expect(proxy.seen).toEqual([`CONNECT registry.test:${port}`]);
  });
});

describe("a proxy that does not let a request through", () => {
  it.each([
    [403, "the proxy does not connect to it (403)"],
    [502, "the proxy does not connect to it (502)"],
    [407, "the proxy does not accept the credentials (407)"],
  ])("is named with its answer %i", async (refusesWith, problem) => {
    const proxy = await startHttpProxy({ refusesWith });
    const outcome = await clientThrough(proxy.url)("registry.test");
    expect(outcome).toMatchObject({ ok: false, failure: { reason: "RegistryUnreachable" } });
    expect(outcome.ok ? "" : outcome.failure.message).toContain(`${problem}. Check --registry-proxy`);
  });

  it("is named if it cannot be reached", async () => {
    const outcome = await clientThrough(new URL("http://127.0.0.1:1"))("registry.test");
    expect(outcome.ok ? "" : outcome.failure.message).toContain("the proxy cannot be reached (ECONNREFUSED)");
  });

  it.each([
    ["a file that is missing", undefined, "the file with its credentials cannot be read"],
    ["a file without a colon", "SECRET", "its credentials are not one line of USER:PASSWORD"],
    ["a file of two lines", "a:SECRET\nb:c", "its credentials are not one line of USER:PASSWORD"],
  ])("is not used with %s, which is not quoted", async (_, text, problem) => {
    const proxy = await startHttpProxy();
    const folder = await folderWith(text === undefined ? {} : { credentials: text });
    const outcome = await clientThrough(proxy.url, { credentialsFile: join(folder, "credentials") })("registry.test");
    expect(outcome.ok ? "" : outcome.failure.message).toContain(`the proxy cannot be used: ${problem}`);
    expect(JSON.stringify(outcome)).not.toContain("SECRET");
    expect(proxy.seen).toEqual([]);
  });
});

describe("the address of a proxy", () => {
  it.each(["http://proxy.example.com:3128", "https://proxy.example.com", "http://[::1]:8080/"])("is %s", (text) => {
    expect(parseProxyUrl(text).ok).toBe(true);
  });

  it.each([
    "proxy:3128",
    "socks5://proxy",
    "http://",
    "http://proxy/path",
    "http://me:SECRET@proxy",
    "http://me@proxy",
  ])("is not %s, and no password is quoted", (text) => {
    const parsed = parseProxyUrl(text);
    expect(parsed.ok).toBe(false);
    expect(JSON.stringify(parsed)).not.toContain("SECRET");
  });
});

describe("the hosts without a proxy", () => {
  it.each([
    ["example.com", "https://example.com/", true],
    ["example.com", "https://registry.example.com/", true],
    [".example.com", "https://registry.example.com/", true],
    ["*.example.com", "https://registry.example.com/", true],
    ["example.com", "https://badexample.com/", false],
    ["Example.COM", "https://example.com/", true],
    ["example.com:5000", "https://example.com:5000/", true],
    ["example.com:5000", "https://example.com/", false],
    ["example.com:443", "https://example.com/", true],
    ["10.0.0.0/8", "https://10.1.2.3:5000/", true],
    ["10.0.0.0/8", "https://example.com/", false],
    ["::1", "https://[::1]/", true],
  ])("%s, for %s: %s", (exception, url, bypasses) => {
    const parsed = parseProxyException(exception);
    if (!parsed.ok) throw new Error(parsed.failure);
    const proxy = new RegistryProxy({ url: new URL("http://p"), noProxy: [parsed.value] });
    expect(proxy.serves(new URL(url))).toBe(!bypasses);
  });

  it.each(["", "*", "a b", "http://example.com", "example.com/path"])("are not %j", (text) => {
    expect(parseProxyException(text).ok).toBe(false);
  });
});
