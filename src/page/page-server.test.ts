import { type IncomingHttpHeaders, request } from "node:http";
import * as https from "node:https";
import type { Readable } from "node:stream";
import { beforeEach, describe, expect, it, onTestFinished } from "vitest";
import { containerUpdate } from "../../test/support/container-update.ts";
import { condition, dockerHost } from "../../test/support/docker-host.ts";
import type { ContainerUpdateObject } from "../api/container-update.ts";
import type { UpdatePhase } from "../api/container-update-status.ts";
import type { DockerHostObject } from "../api/docker-host.ts";
import type { DockerHostStatus } from "../api/status.ts";
import { systemClock } from "../common/clock.ts";
import { silentLogger } from "../common/logger.ts";
import { selfSigned } from "../common/x509/self-signed.ts";
import type { AccessDecision } from "../runtime/request-authorizer.ts";
import { Store } from "../runtime/store.ts";
import { SCRIPT_PATH, STYLE_PATH } from "./assets.ts";
import { type PageServerOptions, servePage } from "./page-server.ts";

const HOSTILE = `"><script>alert(1)</script><img src=x onerror=alert(1)>\u202e`;
const DIGEST = `sha256:${"a".repeat(64)}`;
const CERTIFICATE = {
  subject: HOSTILE,
  issuer: "CN=CA",
  notBefore: "2026-01-01T00:00:00Z",
  notAfter: "2027-01-01T00:00:00Z",
  fingerprint: "ab".repeat(32),
};
const STATUS: DockerHostStatus = {
  observedGeneration: 1,
  endpoint: "https://edge-7.example.com:2376",
  tlsMode: "Mutual",
  warnings: [HOSTILE],
  engine: { name: HOSTILE, version: HOSTILE.repeat(200), hostname: HOSTILE },
  certificates: { nextExpiry: CERTIFICATE.notAfter, server: CERTIFICATE },
  conditions: [
    condition("Ready", "True", "Succeeded", { message: HOSTILE }),
    condition("UpdateCheckSucceeded", "True", "Succeeded"),
  ],
  updates: {
    total: 1,
    outdated: 1,
    items: [{ container: HOSTILE, image: HOSTILE, verdict: "Outdated", running: DIGEST, message: HOSTILE }],
  },
};

const named = (name: string, status: DockerHostStatus = STATUS): DockerHostObject => {
  const host = dockerHost({ status });
  return { ...host, metadata: { ...host.metadata, name } };
};

const hosts = new Store<DockerHostObject>();
beforeEach(() =>
  hosts.replace([named("edge-7"), named("down", { conditions: [condition("Ready", "False", "Refused")] })]),
);

async function start(host = "127.0.0.1", more: Partial<PageServerOptions> = {}): Promise<string> {
  const stop = new AbortController();
  const parts = { hosts, clock: systemClock, random: () => 0.5, logger: silentLogger };
  const served = await servePage({ host, port: 0, signal: stop.signal, ...parts, ...more });
  if (!served.ok) throw new Error(served.failure);
  onTestFinished(async () => {
    stop.abort();
    await served.value.closed;
  });
  return `http://127.0.0.1:${served.value.port}`;
}

function statusFor(url: string, hostHeader: string): Promise<number | undefined> {
  return new Promise((resolve, reject) => {
    request(url, { headers: { host: hostHeader } }, (response) => {
      response.resume();
      resolve(response.statusCode);
    })
      .on("error", reject)
      .end();
  });
}

const PATHS = ["/", "/hosts/fleet/edge-7", "/certificates", "/images"];

describe("the page", () => {
  it.each(PATHS)("%s escapes what a daemon says", async (path) => {
    const answer = await fetch((await start()) + path);
    expect(answer.status).toBe(200);
    const text = await answer.text();
    expect(text).toContain("&lt;script&gt;");
    expect(text).not.toMatch(/<img|<script>|\u202e/);
    expect(text).not.toMatch(/\sstyle=|\son\w+="|javascript:/);
    expect(text.length).toBeLessThan(40_000);
  });

  it.each([...PATHS, "/nothing", "/events", "/icon.svg"])("%s has a strict policy", async (path) => {
    const gone = new AbortController();
    const { headers } = await fetch((await start()) + path, { signal: gone.signal });
    expect(headers.get("content-security-policy")).toMatch(/^default-src 'none'; style-src 'self'; script-src 'self';/);
    expect(headers.get("content-security-policy")).not.toContain("unsafe");
    expect(headers.get("x-content-type-options")).toBe("nosniff");
    expect(headers.get("access-control-allow-origin")).toBeNull();
    gone.abort();
  });

  it.each(["POST", "PUT", "PATCH", "DELETE", "OPTIONS"])("refuses %s, with the same policy", async (method) => {
    const url = await start();
    const policy = (await fetch(url)).headers.get("content-security-policy");
    for (const path of [...PATHS, "/events", "/icon.svg"]) {
      const { status, headers } = await fetch(url + path, { method });
      expect([status, headers.get("content-security-policy")]).toEqual([405, policy]);
      expect([headers.get("x-frame-options"), headers.get("cache-control")]).toEqual(["DENY", "no-store"]);
    }
  });

  it("answers HEAD without a body", async () => {
    const answer = await fetch(await start(), { method: "HEAD" });
    expect([answer.status, await answer.text()]).toEqual([200, ""]);
  });

  it("answers only to the names of the machine itself", async () => {
    const url = await start();
    expect(await statusFor(url, "evil.example")).toBe(421);
    expect(await statusFor(`${url}/events`, "evil.example:80")).toBe(421);
    expect(await statusFor(url, "localhost:8090")).toBe(200);
  });

  it.each(["", "0.0.0.0", "::"])("does not listen on %j, since it has no login", async (host) => {
    await expect(start(host)).rejects.toThrow("listens only on a loopback address");
  });

  it("reports a host that does not exist", async () => {
    const url = await start();
    for (const path of ["/hosts/fleet/gone", "/hosts/%3Cscript%3E/a", "/hosts/fleet", "/x"])
      expect((await fetch(url + path)).status).toBe(404);
  });

  it("serves style and script so that browsers never have to request them again", async () => {
    const url = await start();
    for (const path of [STYLE_PATH, SCRIPT_PATH])
      expect((await fetch(url + path)).headers.get("cache-control")).toContain("immutable");
  });

  it("puts hosts that need attention first, and filters by the URL", async () => {
    const url = await start();
    const links = async (query: string) =>
      [...(await (await fetch(`${url}/${query}`)).text()).matchAll(/href="\/hosts\/fleet\/([^"]*)"/g)].map(
        ([, name]) => name,
      );
    expect(await links("")).toEqual(["down", "edge-7"]);
    expect(await links("?state=not-ready")).toEqual(["down"]);
    expect(await links("?q=EXAMPLE.com")).toEqual(["edge-7"]);
    expect(await links("?q=down+edge")).toEqual([]);
  });

  it("shows what changed after an event has announced it", async () => {
    const url = await start();
    const gone = new AbortController();
    const answer = await fetch(`${url}/events`, { signal: gone.signal });
    const events = answer.body?.pipeThrough(new TextDecoderStream()).getReader();
    const next = async () => (await events?.read())?.value ?? "";
    const first = /data: (\S+)/.exec(await next())?.[1];
    hosts.replace([named("added")]);
    const second = /data: (\S+)/.exec(await next())?.[1];
    expect(second).not.toBe(first);
    const text = await (await fetch(url)).text();
    expect(text).toContain(`data-version="${second}"`);
    expect(text).toContain("/hosts/fleet/added");
    gone.abort();
  });

  it("stays small with 1,000 hosts, also in the browser's way", async () => {
    hosts.replace(
      [...Array(1_000).keys()].map((index) => named(`edge-${index}`, { ...STATUS, engine: { version: "29.0" } })),
    );
    const url = await start();
    const answer = await new Promise<number>((resolve, reject) => {
      request(url, { headers: { "accept-encoding": "gzip" } }, (response) => {
        let size = 0;
        response.on("data", (chunk: Buffer) => {
          size += chunk.length;
        });
        response.on("end", () => resolve(size));
      })
        .on("error", reject)
        .end();
    });
    expect(answer).toBeLessThan(500 * 1024);
  });
});

const DECISIONS: Readonly<Record<string, AccessDecision>> = {
  "Bearer reader": "allowed",
  "Bearer stranger": "forbidden",
  "Bearer later": "unavailable",
};

/** The page beyond the machine itself: over TLS, with a guard that knows three tokens. */
async function startGuarded(): Promise<(path: string, authorization?: string, method?: string) => Promise<Answer>> {
  const stop = new AbortController();
  const pair = await selfSigned({ commonName: "a", dnsNames: ["a"], now: Date.now(), validForMs: 3_600_000 });
  const decide = async (authorization = "") => DECISIONS[authorization] ?? "unauthenticated";
  const served = await servePage({
    ...{ host: "", port: 0, hosts, clock: systemClock, random: () => 0.5, logger: silentLogger, signal: stop.signal },
    access: { guard: { pair, follow: () => {}, decide }, where: "in all namespaces" },
  });
  if (!served.ok) throw new Error(served.failure);
  onTestFinished(async () => {
    stop.abort();
    await served.value.closed;
  });
  const to = { host: "127.0.0.1", port: served.value.port, rejectUnauthorized: false, agent: false };
  return (path, authorization, method = "GET") =>
    new Promise((resolve, reject) => {
      const headers = { host: "page.example.com", ...(authorization !== undefined && { authorization }) };
      https
        .request({ ...to, path, method, headers }, async (response) => {
          const text = path === "/events" && response.statusCode === 200 ? "" : await textOf(response);
          response.destroy();
          resolve({ status: response.statusCode, headers: response.headers, text });
        })
        .on("error", reject)
        .end();
    });
}

interface Answer {
  readonly status: number | undefined;
  readonly headers: IncomingHttpHeaders;
  readonly text: string;
}

const textOf = async (stream: Readable) => Buffer.concat(await stream.toArray()).toString();

describe("the page with a login", () => {
  it.each([...PATHS, "/events", "/icon.svg", STYLE_PATH, SCRIPT_PATH, "/nothing"])(
    "shows %s only to those who may see it",
    async (path) => {
      const get = await startGuarded();
      const found = path === "/nothing" ? 404 : 200;
      expect((await get(path, "Bearer reader")).status).toBe(found);
      for (const [authorization, status] of [
        [undefined, 401],
        ["Bearer invented", 401],
        ["Bearer stranger", 403],
        ["Bearer later", 503],
      ] as const) {
        const answer = await get(path, authorization);
        expect([authorization, answer.status]).toEqual([authorization, status]);
        expect(answer.text).not.toContain("edge-7");
        expect(answer.headers["content-security-policy"]).toContain("default-src 'none'");
      }
    },
  );

  it("lets a browser ask for the token as a password", async () => {
    const get = await startGuarded();
    expect((await get("/")).headers["www-authenticate"]).toMatch(/^Basic /);
    const login = (token: string) => `Basic ${Buffer.from(`me:${token}`).toString("base64")}`;
    expect((await get("/", login("reader"))).status).toBe(200);
    expect((await get("/", login("stranger"))).status).toBe(403);
  });

  it.each(["POST", "PUT", "PATCH", "DELETE"])("refuses %s from everybody", async (method) => {
    const get = await startGuarded();
    for (const authorization of [undefined, "Bearer reader"])
      expect((await get("/", authorization, method)).status).toBe(405);
  });
});

it("shows the updates of containers, of the fleet and of their host", async () => {
  const updates = new Store<ContainerUpdateObject>();
  const update = (name: string, host: string, phase: UpdatePhase) =>
    containerUpdate(
      { hostRef: { name: host }, container: name, image: HOSTILE.replaceAll(" ", "/") },
      {
        phase,
        before: { imageID: DIGEST, digest: HOSTILE },
        downtime: HOSTILE.repeat(200),
        conditions: [condition("Ready", "False", "Failed", { message: HOSTILE })],
      },
      { name, creationTimestamp: "2026-01-01T00:00:00Z" },
    );
  updates.replace([update("web", "edge-7", "Succeeded"), update("db", "down", "RolledBack")]);
  const url = await start("127.0.0.1", { updates });
  const get = async (path: string) => await (await fetch(url + path)).text();
  const fleet = await get("/updates");
  for (const text of ["web", "db", "Rolled back", "Succeeded", "/hosts/fleet/down", "&lt;script&gt;"])
    expect(fleet).toContain(text);
  expect(fleet).not.toMatch(/<img|<script>|\u202e/);
  expect(fleet.length).toBeLessThan(20_000);
  expect(await get("/")).toContain('href="/updates"');
  const host = await get("/hosts/fleet/edge-7");
  expect(host).toContain("Last updates");
  expect(host).not.toContain("Rolled back");
});

it.each<[string, DockerHostStatus]>([
  ["nothing", {}],
  ["only that it was not processed yet", { observedGeneration: -1, conditions: [] }],
  ["only conditions", { conditions: [condition("Ready", "True", "Succeeded")] }],
  ["counts without items", { updates: { total: 3, outdated: 1 } }],
  ["items without counts", { updates: { items: [{ container: "a", image: "a:1", verdict: "Outdated" }] } }],
  ["an expiry without certificates", { certificates: { nextExpiry: CERTIFICATE.notAfter } }],
])("shows a host whose status says %s, as after an upgrade", async (_what, status) => {
  hosts.replace([named("edge-7", status)]);
  const url = await start();
  for (const path of PATHS) {
    const answer = await fetch(url + path);
    expect([path, answer.status]).toEqual([path, 200]);
    expect(await answer.text()).not.toMatch(/undefined|NaN|\[object/);
  }
});

it("does not mention updates where there are none", async () => {
  const url = await start();
  expect(await (await fetch(url)).text()).not.toContain("/updates");
  expect(await (await fetch(`${url}/hosts/fleet/edge-7`)).text()).not.toContain("Last updates");
});
