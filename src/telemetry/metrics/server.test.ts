import { connect } from "node:net";
import { Registry } from "prom-client";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { MemoryLogger } from "../../../test/support/memory-logger.ts";
import { addProcessMetrics } from "./process-metrics.ts";
import { serveMetrics } from "./server.ts";

let stop: AbortController;
beforeEach(() => {
  stop = new AbortController();
});
afterEach(() => stop.abort());

const nothing = async () => "";

async function serve(collect: () => Promise<string>, host = "127.0.0.1", port = 0) {
  const logger = new MemoryLogger();
  const served = await serveMetrics({ host, port, collect, signal: stop.signal, logger });
  if (!served.ok) throw new Error(served.failure);
  const url = `http://127.0.0.1:${served.value.port}`;
  return {
    logger,
    port: served.value.port,
    get: (path: string, init: RequestInit = {}) => fetch(`${url}${path}`, init),
  };
}

describe("the metrics' server", () => {
  it("serves /metrics in Prometheus' format, compressed for who asks so", async () => {
    const text = "# TYPE a_total counter\na_total 1\n";
    const { get } = await serve(async () => text);
    for (const encoding of ["gzip", "identity"]) {
      const response = await get("/metrics", { headers: { "accept-encoding": encoding } });
      expect(response.status).toBe(200);
      expect(response.headers.get("content-type")).toBe("text/plain; version=0.0.4; charset=utf-8");
      expect(response.headers.get("content-encoding")).toBe(encoding === "gzip" ? "gzip" : null);
      expect(await response.text()).toBe(text);
    }
  });

  it("has nothing else, and takes nothing", async () => {
    const { get } = await serve(nothing);
    expect((await get("/")).status).toBe(404);
    expect((await get("/metrics/more")).status).toBe(404);
    expect((await get("/metrics", { method: "POST", body: "x" })).status).toBe(405);
    expect((await get("/metrics", { method: "HEAD" })).status).toBe(200);
  });

  it("answers 500 where a metric cannot be collected, and logs why", async () => {
    const { get, logger } = await serve(async () => {
      throw new Error("no");
    });
    expect((await get("/metrics")).status).toBe(500);
    expect(logger.lines).toMatchObject([{ level: "error", message: "Cannot collect the metrics" }]);
  });

  it("holds few answers for readers who do not read them, and serves others again when they have gone", async () => {
    const { port, get } = await serve(async () => "a".repeat(20 * 1024 * 1024));
    const slow = connect(port, "127.0.0.1", () => slow.write("GET /metrics HTTP/1.1\r\nhost: a\r\n\r\n"));
    await new Promise((resolve) => slow.once("data", resolve));
    slow.pause();
    const refused = await get("/metrics", { headers: { "accept-encoding": "identity" } });
    expect([refused.status, refused.headers.get("retry-after")]).toEqual([503, "1"]);
    slow.destroy();
    await expect.poll(async () => (await get("/metrics", { method: "HEAD" })).status).toBe(200);
  });

  it("says in a sentence why it cannot be started", async () => {
    const { port } = await serve(nothing);
    await expect(serve(nothing, "127.0.0.1", port)).rejects.toThrow(/^Cannot serve the metrics: .*EADDRINUSE/);
  });
});

describe("the metrics of the process", () => {
  it("report memory and the event loop, and leave out the gauges that are named as counters", async () => {
    const registry = new Registry();
    addProcessMetrics(registry);
    const text = await registry.metrics();
    expect(text).toContain("process_resident_memory_bytes ");
    expect(text).toContain("nodejs_eventloop_lag_p99_seconds ");
    expect(text).not.toMatch(/^# TYPE \S+_total gauge/m);
  });
});
