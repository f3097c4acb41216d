import * as http from "node:http";
import type { AddressInfo, LookupFunction } from "node:net";
import { afterEach, describe, expect, it } from "vitest";
import { loopbackLookup } from "../../test/support/connection-failure.ts";
import { systemClock } from "../common/clock.ts";
import { createDialGuard } from "../common/dial-guard.ts";
import { parseIpNetwork } from "../common/ip-network.ts";
import { RegistryClient } from "./client.ts";
import { RegistryConnections } from "./connections.ts";
import { SYSTEM_TRUST } from "./trust.ts";

const DIGEST = `sha256:${"a".repeat(64)}`;
const FOUND = { "Docker-Content-Digest": DIGEST, "Content-Type": "application/vnd.oci.image.index.v1+json" };

const cleanups: (() => void)[] = [];
afterEach(() => {
  for (const cleanup of cleanups.splice(0)) cleanup();
});

async function serve(answer: http.RequestListener) {
  const seen: string[] = [];
  const server = http.createServer((request, response) => {
    seen.push(`${request.method} ${request.url} ${request.headers.authorization ?? "-"}`);
    answer(request, response);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  cleanups.push(() => server.close().closeAllConnections());
  return { seen, port: (server.address() as AddressInfo).port };
}

/** Every name is on loopback, as everything is in a private network. */
const resolve: LookupFunction = (name, options, callback) => loopbackLookup(name, options, callback);

async function ask(domain: string, allowed: readonly string[], namesAll = false) {
  const networks = allowed.flatMap((text) => {
    const network = parseIpNetwork(text);
    return network.ok ? [network.value] : [];
  });
  const guard = createDialGuard({ denied: [], allowed: networks, loopback: true, namesAll, resolve });
  const connections = new RegistryConnections({ systemRoots: [], guard });
  cleanups.push(() => connections.close());
  const client = new RegistryClient({ connections, clock: systemClock, random: () => 0.5 });
  const target = { domain, path: "team/app", access: { trust: SYSTEM_TRUST, insecure: true } };
  return await client.resolveTag(target, "1", new AbortController().signal);
}

/** A service of the same network that answers everybody. */
const service = () => serve((_, response) => response.end('{"token":"of-another-service"}'));

async function registryWith(realm: string) {
  return await serve((request, response) => {
    if (request.headers.authorization !== undefined) response.writeHead(200, FOUND).end();
    else response.writeHead(401, { "WWW-Authenticate": `Bearer realm="${realm}"` }).end();
  });
}

describe("a private registry without TLS", () => {
  it("does not send the program to another service of its network", async () => {
    const inner = await service();
    const registry = await registryWith(`http://some-service.internal:${inner.port}/path?x`);
    const answer = await ask(`registry.internal:${registry.port}`, []);
    expect(answer).toMatchObject({ ok: false, failure: { reason: "RegistryDenied" } });
    expect(!answer.ok && answer.failure.message).toContain("--allowed-endpoint-cidrs");
    expect(inner.seen).toEqual([]);
    expect(registry.seen).toHaveLength(1);
  });

  it("names its token service where the installation allows it, or on its own host", async () => {
    const inner = await service();
    const realm = `http://auth.internal:${inner.port}/token`;
    const registry = await registryWith(realm);
    const domain = `registry.internal:${registry.port}`;
    expect(await ask(domain, ["127.0.0.0/8", "::1"])).toMatchObject({ ok: true });
    expect(await ask(domain, [], true)).toMatchObject({ ok: true });
    expect(inner.seen).toHaveLength(2);
    const same = await registryWith(`http://registry.internal:${inner.port}/token`);
    expect(await ask(`registry.internal:${same.port}`, [])).toMatchObject({ ok: true });
  });

  it("does not lead there by a kept connection or a redirect either", async () => {
    const inner = await service();
    const inside = `some-service.internal:${inner.port}`;
    const redirecting = await serve((_, response) => response.writeHead(307, { Location: `http://${inside}/x` }).end());
    expect(await ask(`registry.internal:${redirecting.port}`, [])).toMatchObject({
      ok: false,
      failure: { reason: "RegistryDenied" },
    });
    expect(inner.seen).toEqual([]);
  });

  it("does not receive anything that is not a token", async () => {
    const inner = await serve((_, response) => response.end('{"token":"user:password and more"}'));
    const registry = await registryWith(`http://registry.internal:${inner.port}/token`);
    expect(await ask(`registry.internal:${registry.port}`, [])).toMatchObject({
      ok: false,
      failure: { reason: "RegistryBadResponse" },
    });
    expect(registry.seen).toHaveLength(1);
  });
});
