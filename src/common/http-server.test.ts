import { createServer } from "node:http";
import { connect } from "node:net";
import { describe, expect, it, onTestFinished } from "vitest";
import { MemoryLogger } from "../../test/support/memory-logger.ts";
import { type HttpServerOptions, listen, serveHttp } from "./http-server.ts";
import { silentLogger } from "./logger.ts";

const LOOPBACK = { host: "127.0.0.1", port: 0, logger: silentLogger } as const;

describe("listen", () => {
  it("listens until the signal fires", async () => {
    const stop = new AbortController();
    const listening = await listen(createServer(), { ...LOOPBACK, signal: stop.signal });
    if (!listening.ok) throw new Error(listening.failure);
    expect(listening.value.port).toBeGreaterThan(0);
    stop.abort();
    await listening.value.closed;
  });

  it("ends immediately if the signal has fired before", async () => {
    const listening = await listen(createServer(), { ...LOOPBACK, signal: AbortSignal.abort() });
    if (!listening.ok) throw new Error(listening.failure);
    await listening.value.closed;
  });

  it("listens on all addresses where none is named", async () => {
    const stop = new AbortController();
    const server = createServer((_request, response) => response.end("here"));
    const listening = await listen(server, { ...LOOPBACK, host: "", signal: stop.signal });
    if (!listening.ok) throw new Error(listening.failure);
    const answer = await fetch(`http://127.0.0.1:${listening.value.port}/`);
    expect(await answer.text()).toBe("here");
    stop.abort();
    await listening.value.closed;
  });

  it("goes on, and still ends by its signal, after connections could not be accepted", async () => {
    const stop = new AbortController();
    const server = createServer((_request, response) => response.end("here"));
    const listening = await listen(server, { ...LOOPBACK, signal: stop.signal });
    if (!listening.ok) throw new Error(listening.failure);
    for (let i = 0; i < 3; i++) server.emit("error", new Error("accept EMFILE"));
    const answer = await fetch(`http://127.0.0.1:${listening.value.port}/`);
    expect(await answer.text()).toBe("here");
    stop.abort();
    await listening.value.closed;
  });

  it("says why it cannot", async () => {
    const stop = new AbortController();
    const first = await listen(createServer(), { ...LOOPBACK, signal: stop.signal });
    if (!first.ok) throw new Error(first.failure);
    const second = await listen(createServer(), { ...LOOPBACK, port: first.value.port, signal: stop.signal });
    expect(second).toMatchObject({ ok: false, failure: expect.stringContaining("EADDRINUSE") });
    stop.abort();
    await first.value.closed;
  });
});

async function serve(handle: HttpServerOptions["handle"], more: Partial<HttpServerOptions> = {}) {
  const stop = new AbortController();
  const logger = new MemoryLogger();
  const served = await serveHttp({ ...LOOPBACK, logger, signal: stop.signal, handle, ...more });
  if (!served.ok) throw new Error(served.failure);
  const { port, closed } = served.value;
  onTestFinished(async () => {
    stop.abort();
    await closed;
  });
  /** Sends bytes over a connection of its own, and resolves to what came back when the server has closed it. */
  const exchange = (bytes: string) =>
    new Promise<string>((resolve, reject) => {
      let received = "";
      const socket = connect(port, "127.0.0.1", () => socket.write(bytes));
      socket.on("data", (chunk) => {
        received += chunk.toString();
      });
      socket.on("close", () => resolve(received));
      socket.on("error", reject);
    });
  return { stop, closed, logger, port, url: `http://127.0.0.1:${port}/`, exchange };
}

const here = () => ({ status: 200, body: "here" });

describe("serveHttp", () => {
  it("refuses headers that are too large, and goes on", async () => {
    const { exchange, url } = await serve(here);
    expect(await exchange(`GET / HTTP/1.1\r\nhost: a\r\nx: ${"y".repeat(20_000)}\r\n\r\n`)).toMatch(/^HTTP\/1.1 431 /);
    expect(await (await fetch(url)).text()).toBe("here");
  });

  it.each([
    ["POST", "content-length: 1000000", "405"],
    ["GET", "content-length: 1000000", "200"],
    ["GET", "transfer-encoding: chunked", "200"],
  ])("answers a %s with %s without reading the body, and closes the connection", async (method, header, status) => {
    const { exchange } = await serve(here);
    const answer = await exchange(`${method} / HTTP/1.1\r\nhost: a\r\n${header}\r\n\r\n`);
    expect(answer).toMatch(new RegExp(`^HTTP/1.1 ${status} `));
    expect(answer).toMatch(/^connection: close\r$/im);
  });

  it("closes connections beyond its limit", async () => {
    const { exchange, port, url } = await serve(here, { maxConnections: 1 });
    const first = connect(port, "127.0.0.1");
    await new Promise((resolve) => first.once("connect", resolve));
    expect(await exchange("")).toBe("");
    first.destroy();
    await new Promise((resolve) => first.once("close", resolve));
    await expect
      .poll(() =>
        fetch(url).then(
          ({ status }) => status,
          () => 0,
        ),
      )
      .toBe(200);
  });

  it("answers 500 if a handler throws, and says why only in the log", async () => {
    const { url, logger } = await serve(() => {
      throw new Error("the reason");
    });
    const answer = await fetch(`${url}page?token=x`);
    expect([answer.status, await answer.text()]).toEqual([500, "an error occurred; the log says why\n"]);
    expect(logger.lines).toMatchObject([{ level: "error", fields: { path: "/page" } }]);
  });

  it("sends a stream as it comes, and ends it when the client goes or the server closes", async () => {
    const ended: string[] = [];
    async function* events(name: string, signal: AbortSignal) {
      try {
        yield "data: 1\n\n";
        await new Promise((resolve) => signal.addEventListener("abort", resolve, { once: true }));
      } finally {
        ended.push(name);
      }
    }
    const headers = { "content-type": "text/event-stream" };
    const { url, stop, closed, logger } = await serve(({ url, signal }) => ({
      status: 200,
      headers,
      body: events(url.pathname, signal),
    }));
    const leaving = new AbortController();
    for (const [path, init] of [
      ["first", { signal: leaving.signal }],
      ["second", {}],
    ] as const) {
      const answer = await fetch(`${url}${path}`, init);
      expect(answer.headers.get("content-type")).toBe("text/event-stream");
      const read = await answer.body?.getReader().read();
      expect(new TextDecoder().decode(read?.value)).toBe("data: 1\n\n");
    }
    leaving.abort();
    await expect.poll(() => ended).toEqual(["/first"]);
    stop.abort();
    await closed;
    await expect.poll(() => ended).toEqual(["/first", "/second"]);
    expect(logger.lines).toEqual([]);
  });
});
