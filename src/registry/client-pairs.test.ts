import * as https from "node:https";
import * as net from "node:net";
import type { TLSSocket } from "node:tls";
import { beforeAll, describe, expect, it, onTestFinished } from "vitest";
import { type Authority, createAuthority } from "../../test/support/pki.ts";
import { startRawServer } from "../../test/support/raw-server.ts";
import { systemClock } from "../common/clock.ts";
import { openGuard } from "../common/dial-guard.ts";
import { RegistryClient } from "./client.ts";
import { RegistryConnections } from "./connections.ts";
import type { ClientPair } from "./trust.ts";

const SIGNAL = new AbortController().signal;
const DIGEST = `sha256:${"a".repeat(64)}`;
const NAMES = ["a", "b", "c"] as const;

let ca: Authority;
let pairs: readonly ClientPair[];
let serving: { cert: string; key: string };

beforeAll(async () => {
  ca = await createAuthority({ commonName: "ca" });
  const issued = await Promise.all(NAMES.map((commonName) => ca.issue({ commonName })));
  pairs = issued.map(({ certPem, keyPem }) => ({ cert: certPem, key: keyPem }));
  const { certPem, keyPem } = await ca.issue({ commonName: "registry", ipAddresses: ["127.0.0.1"] });
  serving = { cert: certPem, key: keyPem };
});

interface Seen {
  readonly pair: string;
  readonly path: string;
}

/** Answers with this status, by the common name of the client's certificate and the path. */
async function startRegistry(
  statusFor: (pair: string, path: string, method: string) => number,
  challenge: Record<string, string> = { "WWW-Authenticate": 'Basic realm="x"' },
) {
  const seen: Seen[] = [];
  const server = https.createServer(
    { ...serving, ca: ca.certPem, requestCert: true, rejectUnauthorized: false },
    ({ socket, url = "", method = "" }, response) => {
      const pair = String((socket as TLSSocket).getPeerCertificate().subject?.CN ?? "none");
      seen.push({ pair, path: url });
      const status = statusFor(pair, url, method);
      response.writeHead(status, status === 401 ? challenge : { "Docker-Content-Digest": DIGEST }).end();
    },
  );
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => void server.close().closeAllConnections());
  return {
    domain: `127.0.0.1:${(server.address() as net.AddressInfo).port}`,
    shown: () => seen.map(({ pair }) => pair),
  };
}

/** Ends the first handshakes with these alerts; later ones reach the registry. */
async function alerting(domain: string, alerts: readonly number[]): Promise<string> {
  const waiting = [...alerts];
  const server = await startRawServer((socket) => {
    const alert = waiting.shift();
    if (alert !== undefined) {
      socket.once("data", () => socket.end(Buffer.from([21, 3, 3, 0, 2, 2, alert])));
      return;
    }
    const onward = net.connect(Number(domain.split(":")[1]), "127.0.0.1");
    onward.on("error", () => socket.destroy());
    onward.on("close", () => socket.destroy());
    socket.on("close", () => onward.destroy());
    socket.pipe(onward).pipe(socket);
  });
  onTestFinished(() => server.close());
  return `127.0.0.1:${server.port}`;
}

function client() {
  const connections = new RegistryConnections({ systemRoots: [], guard: openGuard() });
  onTestFinished(() => connections.close());
  const registryClient = new RegistryClient({ connections, clock: systemClock, random: Math.random });
  const target = (domain: string, path = "team/app", clientPairs = pairs) => ({
    domain,
    path,
    access: { insecure: false, trust: { roots: [ca.certPem], clientPairs } },
  });
  return {
    resolve: (domain: string, path?: string, clientPairs?: readonly ClientPair[]) =>
      registryClient.resolveTag(target(domain, path, clientPairs), "1", SIGNAL),
    openManifest: (domain: string) => registryClient.openManifest(target(domain), DIGEST, SIGNAL),
    listTags: (domain: string) => registryClient.listTags(target(domain), SIGNAL),
  };
}

const reasonOf = async (outcome: Promise<{ ok: boolean; failure?: { reason: string } }>) =>
  (await outcome).failure?.reason ?? "answered";

describe("of several client pairs", () => {
  it.each([400, 401, 403, 404, 500, 503])("the next one is shown after a %i", async (status) => {
    const registry = await startRegistry((pair) => (pair === "b" ? 200 : status));
    expect(await reasonOf(client().resolve(registry.domain))).toBe("answered");
    expect(registry.shown()).toEqual(["a", "b"]);
  });

  it("the next one is shown after a 401 without a challenge", async () => {
    const registry = await startRegistry((pair) => (pair === "c" ? 200 : 401), {});
    expect(await reasonOf(client().resolve(registry.domain))).toBe("answered");
    expect(registry.shown()).toEqual(["a", "b", "c"]);
  });

  it.each([40, 42, 45, 46, 48, 116])("the next one is shown after the alert %i", async (alert) => {
    const registry = await startRegistry(() => 200);
    const domain = await alerting(registry.domain, [alert, alert]);
    expect(await reasonOf(client().resolve(domain))).toBe("answered");
    expect(registry.shown()).toEqual(["c"]);
  });

  it.each([
    [405, "RegistryBadResponse"],
    [429, "RegistryRateLimited"],
    [418, "RegistryBadResponse"],
  ])("the first answers for all with a %i", async (status, reason) => {
    const registry = await startRegistry((_, __, method) => (method === "HEAD" ? status : 418));
    expect(await reasonOf(client().resolve(registry.domain))).toBe(reason);
    expect(new Set(registry.shown())).toEqual(new Set(["a"]));
  });

  it("each is tried once, and the answer to an accepted one is reported", async () => {
    const registry = await startRegistry((pair) => (pair === "b" ? 403 : 404));
    const domain = await alerting(registry.domain, [42]);
    expect(await reasonOf(client().resolve(domain))).toBe("RegistryAccessDenied");
    expect(registry.shown()).toEqual(["b", "c"]);
  });

  it("it is reported that none was accepted", async () => {
    const registry = await startRegistry(() => 200);
    const domain = await alerting(registry.domain, [42, 48, 116]);
    expect(await client().resolve(domain)).toMatchObject({
      ok: false,
      failure: {
        reason: "RegistryClientCertificateRejected",
        message: expect.stringContaining("it rejected each of the 3 client certificates"),
      },
    });
    const one = await alerting(registry.domain, [42]);
    expect(await client().resolve(one, "team/app", pairs.slice(0, 1))).toMatchObject({
      failure: { message: expect.stringContaining("it rejected the client certificate (TLS alert 42)") },
    });
  });

  it("the one that worked is tried first from then on: for its repository, and for others of the registry", async () => {
    const registry = await startRegistry((pair, path) =>
      pair === (path.includes("/special/") ? "c" : "b") ? 200 : 403,
    );
    const { resolve } = client();
    await resolve(registry.domain);
    await resolve(registry.domain);
    expect(registry.shown()).toEqual(["a", "b", "b"]);
    await resolve(registry.domain, "special/app");
    expect(registry.shown().slice(3)).toEqual(["b", "a", "c"]);
    await resolve(registry.domain);
    await resolve(registry.domain, "special/app");
    expect(registry.shown().slice(6)).toEqual(["b", "c"]);
  });

  it("the one that worked for other pairs or another registry decides nothing", async () => {
    const [first, second] = [await startRegistry((pair) => (pair === "b" ? 200 : 403)), await startRegistry(() => 200)];
    const { resolve } = client();
    await resolve(first.domain);
    await resolve(second.domain);
    await resolve(first.domain, "team/app", pairs.slice(2));
    expect([first.shown(), second.shown()]).toEqual([["a", "b", "c"], ["a"]]);
  });

  it("one round is enough: later requests of the same check use the pair that worked", async () => {
    const registry = await startRegistry((pair, _, method) => (method === "HEAD" && pair === "b" ? 200 : 403));
    const { resolve, openManifest } = client();
    await resolve(registry.domain);
    expect(await reasonOf(openManifest(registry.domain))).toBe("RegistryAccessDenied");
    expect(registry.shown()).toEqual(["a", "b", "b"]);
  });

  it("the round is made with GET if HEAD is not supported", async () => {
    const registry = await startRegistry((pair, _, method) => (method === "HEAD" ? 501 : pair === "c" ? 200 : 403));
    expect(await reasonOf(client().resolve(registry.domain))).toBe("answered");
    expect(registry.shown()).toEqual(["a", "a", "b", "c"]);
  });

  it("a list of tags is read with the pair that is accepted", async () => {
    const registry = await startRegistry((pair) => (pair === "b" ? 200 : 403));
    // An empty body is not a list, but it was the answer.
    expect(await reasonOf(client().listTags(registry.domain))).toBe("RegistryBadResponse");
    expect(registry.shown()).toEqual(["a", "b"]);
  });
});
