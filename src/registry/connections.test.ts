import { once } from "node:events";
import * as http from "node:http";
import type { AddressInfo } from "node:net";
import { describe, expect, it, onTestFinished } from "vitest";
import { systemClock } from "../common/clock.ts";
import { createDialGuard, type DialGuard } from "../common/dial-guard.ts";
import type { IpNetwork } from "../common/ip-network.ts";
import { RegistryClient } from "./client.ts";
import { RegistryConnections } from "./connections.ts";
import { SYSTEM_TRUST } from "./trust.ts";

/** 127.0.0.2 represents what must not be reached; 127.0.0.1, where registries of a test are, is allowed. */
const INNER = "127.0.0.2";
const DENIED: IpNetwork = { family: 4, value: 0x7f000002n, length: 32 };

async function serve(address: string, listener: http.RequestListener) {
  const server = http.createServer(listener);
  let connections = 0;
  server.on("connection", () => connections++);
  server.listen(0, address);
  await once(server, "listening");
  onTestFinished(() => void server.close().closeAllConnections());
  const { port } = server.address() as AddressInfo;
  return { domain: `${address}:${port}`, connections: () => connections };
}

/** A server that must not be reached; by its name `inner.test` too. */
function innerServer() {
  return serve(INNER, (_request, response) => response.end());
}

function createGuard(): DialGuard {
  return createDialGuard({
    denied: [DENIED],
    allowed: [],
    loopback: true,
    resolve: (_name, options, callback) => {
      const answer = { address: INNER, family: 4 };
      if (options.all) callback(null, [answer]);
      else callback(null, answer.address, answer.family);
    },
  });
}

function resolve(domain: string, insecure = true) {
  const connections = new RegistryConnections({ systemRoots: [], guard: createGuard() });
  onTestFinished(() => connections.close());
  const target = { domain, path: "team/app", access: { trust: SYSTEM_TRUST, insecure } };
  return new RegistryClient({ connections, clock: systemClock, random: Math.random }).resolveTag(
    target,
    "1",
    new AbortController().signal,
  );
}

const REFUSED = { ok: false, failure: { reason: "RegistryDenied" } };

describe("the guard checks the connection", () => {
  it.each(["by its address", "by its name", "by another spelling"])("before a registry, %s", async (way) => {
    const inner = await innerServer();
    const port = inner.domain.split(":")[1];
    const domain = { "by its address": INNER, "by its name": "inner.test", "by another spelling": "2130706434" }[way];
    for (const insecure of [true, false]) {
      const outcome = await resolve(`${domain}:${port}`, insecure);
      expect(outcome).toMatchObject(REFUSED);
      expect(outcome.ok ? "" : outcome.failure.message).toContain(
        "connections to 127.0.0.2 are not allowed (127.0.0.2/32 is denied). Use a registry at another address",
      );
    }
    expect(inner.connections()).toBe(0);
  });

  it.each([INNER, "inner.test", "[::ffff:127.0.0.2]"])("before where a registry redirects: %s", async (host) => {
    const inner = await innerServer();
    const port = inner.domain.split(":")[1];
    const registry = await serve("127.0.0.1", (_request, response) =>
      response.writeHead(307, { Location: `http://${host}:${port}/v2/` }).end(),
    );
    expect(await resolve(registry.domain)).toMatchObject(REFUSED);
    expect([registry.connections(), inner.connections()]).toEqual([1, 0]);
  });

  it.each([INNER, "inner.test"])("before the token service that a registry names: %s", async (host) => {
    const inner = await innerServer();
    const port = inner.domain.split(":")[1];
    const registry = await serve("127.0.0.1", (_request, response) =>
      response.writeHead(401, { "WWW-Authenticate": `Bearer realm="http://${host}:${port}/token"` }).end(),
    );
    const outcome = await resolve(registry.domain);
    expect(outcome).toMatchObject(REFUSED);
    expect(outcome.ok ? "" : outcome.failure.message).toContain(`Registry ${host}:${port}: `);
    expect([registry.connections(), inner.connections()]).toEqual([1, 0]);
  });

  it("in the way of nothing else", async () => {
    const registry = await serve("127.0.0.1", (_request, response) =>
      response.writeHead(200, { "Docker-Content-Digest": `sha256:${"a".repeat(64)}` }).end(),
    );
    expect(await resolve(registry.domain)).toMatchObject({ ok: true });
  });
});
