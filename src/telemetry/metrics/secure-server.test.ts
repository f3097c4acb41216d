import { once } from "node:events";
import type { IncomingMessage } from "node:http";
import * as http from "node:http";
import * as https from "node:https";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { MemoryLogger } from "../../../test/support/memory-logger.ts";
import { type ServerPair, selfSigned } from "../../common/x509/self-signed.ts";
import type { AccessDecision } from "../../runtime/request-authorizer.ts";
import { serveMetrics } from "./server.ts";

let stop: AbortController;
beforeEach(() => {
  stop = new AbortController();
});
afterEach(() => stop.abort());

const newPair = () =>
  selfSigned({ commonName: "localhost", dnsNames: ["localhost"], now: Date.now(), validForMs: 60_000 });

async function serve(decide: (authorization: string | undefined) => AccessDecision) {
  const pair = await newPair();
  let change: (next: ServerPair) => void = () => {};
  let collected = 0;
  const served = await serveMetrics({
    host: "127.0.0.1",
    port: 0,
    signal: stop.signal,
    logger: new MemoryLogger(),
    collect: async () => `scrape ${++collected}\n`,
    secure: {
      pair,
      follow: (onChange) => {
        change = onChange;
      },
      decide: async (authorization) => decide(authorization),
    },
  });
  if (!served.ok) throw new Error(served.failure);
  const { port } = served.value;
  const get = async (ca: string, headers: http.OutgoingHttpHeaders = {}, more: https.RequestOptions = {}) => {
    const to = {
      port,
      host: "127.0.0.1",
      servername: "localhost",
      path: "/metrics",
      ca,
      headers,
      agent: false,
      ...more,
    };
    const outgoing = https.request(to).end();
    const [response] = (await once(outgoing, "response")) as [IncomingMessage];
    const text = await response.toArray();
    return { status: response.statusCode, headers: response.headers, text: Buffer.concat(text).toString() };
  };
  return { port, pair, get, change: (next: ServerPair) => change(next), collected: () => collected };
}

describe("the metrics' server over TLS", () => {
  it("serves who is let in, by the token of the request", async () => {
    const seen: (string | undefined)[] = [];
    const { get, pair } = await serve((authorization) => {
      seen.push(authorization);
      return "allowed";
    });
    expect(await get(pair.cert, { authorization: "Bearer a" })).toMatchObject({ status: 200, text: "scrape 1\n" });
    expect(seen).toEqual(["Bearer a"]);
  });

  it.each([
    ["unauthenticated", 401],
    ["forbidden", 403],
    ["unavailable", 503],
  ] as const)("collects nothing for who is %s", async (decision, status) => {
    const { get, pair, collected } = await serve(() => decision);
    const answer = await get(pair.cert);
    expect(answer.status).toBe(status);
    expect(answer.headers["www-authenticate"]).toBe(status === 401 ? "Bearer" : undefined);
    expect(collected()).toBe(0);
  });

  it("shows a new certificate to new connections, without a restart", async () => {
    const { get, pair, change } = await serve(() => "allowed");
    const next = await newPair();
    change(next);
    expect((await get(next.cert)).status).toBe(200);
    await expect(get(pair.cert)).rejects.toThrow();
  });

  it("speaks neither plain HTTP nor old TLS, and continues after who tries", async () => {
    const { port, get, pair } = await serve(() => "allowed");
    await expect(once(http.get({ port, host: "127.0.0.1", agent: false }), "response")).rejects.toThrow();
    const old = { minVersion: "TLSv1", maxVersion: "TLSv1.1", ciphers: "DEFAULT@SECLEVEL=0" } as const;
    await expect(get(pair.cert, {}, old)).rejects.toThrow();
    expect((await get(pair.cert)).status).toBe(200);
  });
});
