import { mkdtemp, rm } from "node:fs/promises";
import http from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeAll, describe, expect, it } from "vitest";
import { type Authority, createAuthority, type KeyPair } from "../support/pki.ts";
import { ask, json } from "./client.ts";
import { type SimDaemon, type SimDaemonOptions, startSimDaemon } from "./daemon.ts";
import type { SimTls } from "./listener.ts";

const running: SimDaemon[] = [];

async function start(options: SimDaemonOptions = {}): Promise<{ daemon: SimDaemon; url: string }> {
  const daemon = await startSimDaemon(options);
  running.push(daemon);
  return { daemon, url: `${options.tls === undefined ? "http" : "https"}://127.0.0.1:${daemon.port}` };
}

afterEach(async () => {
  await Promise.all(running.splice(0).map((daemon) => daemon.close()));
});

describe("the simulated daemon", () => {
  it("reports its version by HEAD and GET /_ping", async () => {
    const { url } = await start();
    const head = await ask(`${url}/_ping`, { method: "HEAD" });
    const get = await ask(`${url}/_ping`);
    expect(head.status).toBe(200);
    expect(head.headers).toMatchObject({ "api-version": "1.52", ostype: "linux", server: "Docker/29.0.0 (linux)" });
    expect(head.headers["content-length"]).toBe("0");
    expect(get.body).toBe("OK");
  });

  it("takes requests with and without a version", async () => {
    const { url } = await start({ engine: { version: "20.10.24", apiVersion: "1.41", minAPIVersion: "1.12" } });
    const expected = { Version: "20.10.24", ApiVersion: "1.41", MinAPIVersion: "1.12", Os: "linux", Arch: "amd64" };
    expect(json(await ask(`${url}/version`))).toMatchObject(expected);
    expect(json(await ask(`${url}/v1.24/version`))).toMatchObject(expected);
  });

  it("refuses versions out of its range in the daemon's own words", async () => {
    const { url } = await start();
    const tooOld = await ask(`${url}/v1.43/containers/json`);
    const tooNew = await ask(`${url}/v1.99/containers/json`);
    expect([tooOld.status, tooNew.status]).toEqual([400, 400]);
    expect(json(tooOld)).toEqual({
      message:
        "client version 1.43 is too old. Minimum supported API version is 1.44, please upgrade your client to a newer version",
    });
    expect(json(tooNew)).toEqual({
      message: "client version 1.99 is too new. Maximum supported API version is 1.52",
    });
    expect(tooOld.headers["api-version"]).toBe("1.52");
  });

  it("knows nothing else", async () => {
    const { url } = await start();
    const response = await ask(`${url}/v1.52/containers/x/start`, { method: "POST" });
    expect([response.status, json(response)]).toEqual([404, { message: "page not found" }]);
  });

  it("describes the host, its store and its containers in /info", async () => {
    const { url } = await start({ engine: { id: "engine-1", name: "edge-7" }, imageStore: "graphdriver" });
    expect(json(await ask(`${url}/info`))).toMatchObject({ ID: "engine-1", Name: "edge-7", Driver: "overlay2" });
  });

  it("listens on a Unix socket too", async () => {
    const folder = await mkdtemp(join(tmpdir(), "sim-daemon-"));
    const socketPath = join(folder, "docker.sock");
    try {
      await start({ socketPath });
      const status = await new Promise((resolve, reject) => {
        http
          .get({ socketPath, path: "/_ping" }, (response) => resolve(response.resume().statusCode))
          .once("error", reject);
      });
      expect(status).toBe(200);
    } finally {
      await rm(folder, { recursive: true });
    }
  });

  it("counts requests by method and route, and connections", async () => {
    const { daemon, url } = await start();
    await ask(`${url}/v1.52/containers/abc/json`);
    await ask(`${url}/v1.52/containers/def/json`);
    await ask(`${url}/_ping`, { method: "HEAD" });
    expect(daemon.counters.byRoute()).toEqual({ "GET /containers/{id}/json": 2, "HEAD /_ping": 1 });
    expect(daemon.counters.requests()).toBe(3);
    expect(daemon.counters.connections).toBe(3);
    daemon.counters.reset();
    expect(daemon.counters.requests("HEAD /_ping")).toBe(0);
  });
});

describe("mutual TLS", () => {
  let authority: Authority;
  let client: KeyPair;
  let tls: SimTls;

  beforeAll(async () => {
    authority = await createAuthority({ commonName: "fleet CA" });
    client = await authority.issue({ commonName: "operator", usages: ["clientAuth"] });
    const server = await authority.issue({ commonName: "edge-7", ipAddresses: ["127.0.0.1"] });
    tls = { cert: server.certPem, key: server.keyPem, clientCa: authority.certPem };
  });

  it("answers a client that presents a certificate of the authority", async () => {
    const { daemon, url } = await start({ tls });
    expect((await ask(`${url}/_ping`, { ca: authority.certPem, client })).status).toBe(200);
    expect(daemon.counters.handshakes).toBe(1);
  });

  it("refuses a client without a certificate, and one of another authority", async () => {
    const { daemon, url } = await start({ tls });
    const stranger = await (await createAuthority({ commonName: "another CA" })).issue({ commonName: "operator" });
    await expect(ask(`${url}/_ping`, { ca: authority.certPem })).rejects.toThrow(/certificate required/);
    await expect(ask(`${url}/_ping`, { ca: authority.certPem, client: stranger })).rejects.toThrow();
    expect(daemon.counters.requests()).toBe(0);
  });

  it("explains to a client that speaks plain HTTP what it did wrong, as a Go server does", async () => {
    const { daemon } = await start({ tls });
    const response = await ask(`http://127.0.0.1:${daemon.port}/_ping`);
    expect(response.status).toBe(400);
    expect(response.body).toBe("Client sent an HTTP request to an HTTPS server.\n");
    expect(response.headers["api-version"]).toBeUndefined();
  });
});

describe("faults", () => {
  it("refuses, resets, and is well again on the same port", async () => {
    const { daemon, url } = await start();
    await daemon.setFaults({ kind: "refuse" });
    await expect(ask(`${url}/_ping`)).rejects.toMatchObject({ code: "ECONNREFUSED" });
    await daemon.setFaults({ kind: "reset" });
    await expect(ask(`${url}/_ping`)).rejects.toMatchObject({ code: "ECONNRESET" });
    await daemon.setFaults();
    expect((await ask(`${url}/_ping`)).status).toBe(200);
  });

  it("cuts a body in the middle", async () => {
    const { daemon, url } = await start();
    await daemon.setFaults({ kind: "cut-body", path: "/version" });
    await expect(ask(`${url}/version`)).rejects.toMatchObject({ code: "ECONNRESET" });
    expect((await ask(`${url}/_ping`)).status).toBe(200);
  });

  it("answers with any status and body, as a proxy in front of it would", async () => {
    const { daemon, url } = await start();
    await daemon.setFaults({ kind: "status", status: 403, body: "denied", headers: { "Content-Type": "text/html" } });
    const response = await ask(`${url}/_ping`);
    expect([response.status, response.body, response.headers["content-type"]]).toEqual([403, "denied", "text/html"]);
    expect(response.headers["api-version"]).toBeUndefined();
  });

  it.each([
    ["silent", 0],
    ["hang", 1],
    ["stall-body", 1],
  ] as const)("a daemon that is %s answers only once it is well again", async (kind, requests) => {
    const { daemon, url } = await start();
    await daemon.setFaults({ kind });
    const pending = ask(`${url}/version`).then(
      () => "answered",
      () => "failed",
    );
    await expect.poll(() => daemon.counters.connections).toBe(1);
    await expect.poll(() => daemon.counters.requests()).toBe(requests);
    await daemon.setFaults();
    expect(await pending).toBe("failed");
    expect((await ask(`${url}/version`)).status).toBe(200);
  });

  it("delays an answer", async () => {
    const { daemon, url } = await start();
    await daemon.setFaults({ kind: "delay", ms: 1 });
    expect((await ask(`${url}/_ping`)).body).toBe("OK");
  });
});
