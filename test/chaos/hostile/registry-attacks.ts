import { createHash, randomBytes } from "node:crypto";
import http from "node:http";
import type { AddressInfo } from "node:net";
import { startSimDaemon } from "../../sim/daemon.ts";
import { MEDIA_TYPES } from "../../sim/manifests.ts";
import type { SimRegistry } from "../../sim/registry.ts";
import { type Attack, contentsOf, manyHosts } from "./attack.ts";

/** Just below what a manifest and a token's answer may have. */
const OS_BYTES = 3_900_000;
const TOKEN_BYTES = 255_000;
const FLOOD = { timeout: "10s", interval: "10m" };

/** A registry whose tokens, media types and platforms are as long as its answers may be, and different for each image. */
export async function giantTexts(hosts = 4, imagesPerHost = 75): Promise<Attack> {
  const index = giantIndex();
  let opened = 0;
  let tokens = 0;
  const server = http.createServer({ maxHeaderSize: 64 * 1024 }, (request, response) => {
    const { pathname, searchParams } = new URL(request.url ?? "/", "http://registry");
    response.setHeader("Content-Type", "application/json");
    if (pathname === "/token") {
      // Of every other image, they are not tokens at all: too long.
      const isToken = /app-\d*[02468](?!\d)/.test(searchParams.get("scope") ?? "");
      const length = isToken ? 15_000 : TOKEN_BYTES;
      response.end(JSON.stringify({ token: `${++tokens}`.padEnd(length, "t"), scope: searchParams.get("scope") }));
      return;
    }
    if (request.headers.authorization === undefined) {
      const realm = `http://${request.headers.host}/token`;
      response.setHeader("WWW-Authenticate", `Bearer realm="${realm}",service="s",scope="repository:${pathname}:pull"`);
      response.writeHead(401).end();
      return;
    }
    // The same for a tag and for the digest that it has, or the index would be refused before it is read.
    const [, repository = ""] = /^\/v2\/(.*)\/manifests\//.exec(pathname) ?? [];
    const { digest, length, parts } = index(repository);
    response.setHeader("Content-Type", MEDIA_TYPES.ociIndex);
    response.setHeader("Docker-Content-Digest", digest);
    response.setHeader("Content-Length", length);
    if (request.method === "GET") {
      opened++;
      for (const part of parts) response.write(part);
    }
    response.end();
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  const registry = `127.0.0.1:${port}`;
  const daemons = await Promise.all(
    Array.from({ length: hosts }, (_, host) =>
      startSimDaemon({
        ...contentsOf(Array.from({ length: imagesPerHost }, (_, image) => `${registry}/h${host}/app-${image}:1`)),
        engine: { id: `giant-${host}` },
      }),
    ),
  );
  return {
    name: "giant texts and tokens of a registry",
    hosts: manyHosts("giant", hosts, (index) => ({
      ...FLOOD,
      host: `http://127.0.0.1:${daemons[index]?.port}`,
      updateCheck: { timeout: "20s", registries: [{ host: registry, insecure: true }] },
    })),
    shows: {
      host: "giant-0",
      type: "UpdateCheckSucceeded",
      reasons: ["PartiallyFailed", "RegistryBadResponse", "CheckTimedOut"],
    },
    seen: () => opened,
    async stop() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
      await Promise.all(daemons.map((daemon) => daemon.close()));
    },
  };
}

/**
 * By repository. They begin alike, so that this process need not hash megabytes for each, and unlike those of any earlier
 * attack, which the controller still knows by their digests.
 */
function giantIndex() {
  const platform = { architecture: "amd64", os: `${randomBytes(16).toString("hex")}${"x".repeat(OS_BYTES)}|` };
  const child = { mediaType: MEDIA_TYPES.ociManifest, digest: `sha256:${"0".repeat(64)}`, size: 1, platform };
  const text = JSON.stringify({ schemaVersion: 2, mediaType: MEDIA_TYPES.ociIndex, manifests: [child] });
  const [start = "", end = ""] = text.split("|");
  const beginning = Buffer.from(start);
  const hashed = createHash("sha256").update(beginning);
  return (repository: string) => {
    const rest = Buffer.from(repository + end);
    const digest = `sha256:${hashed.copy().update(rest).digest("hex")}`;
    return { digest, length: beginning.length + rest.length, parts: [beginning, rest] };
  };
}

/** Hosts with thousands of images between them, all of a registry that others use too. */
export async function manyImages(registry: SimRegistry, hosts = 10, imagesPerHost = 990): Promise<Attack> {
  const daemons = await Promise.all(
    Array.from({ length: hosts }, (_, host) =>
      startSimDaemon({
        ...contentsOf(Array.from({ length: imagesPerHost }, (_, app) => `${registry.host}/flood-${host}/app-${app}:1`)),
        engine: { id: `flood-${host}` },
      }),
    ),
  );
  const before = registry.counters.requests();
  return {
    name: "thousands of images of one tenant",
    hosts: manyHosts("flood", hosts, (index) => ({
      ...FLOOD,
      host: `http://127.0.0.1:${daemons[index]?.port}`,
      updateCheck: { timeout: "30s", registries: [{ host: registry.host, insecure: true }] },
    })),
    shows: {
      host: "flood-0",
      type: "UpdateCheckSucceeded",
      reasons: ["PartiallyFailed", "ImageNotFound", "CheckTimedOut"],
    },
    seen: () => registry.counters.requests() - before,
    async stop() {
      await Promise.all(daemons.map((daemon) => daemon.close()));
    },
  };
}
