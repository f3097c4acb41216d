import diagnostics from "node:diagnostics_channel";
import { createServer, type IncomingMessage } from "node:http";
import { connect, type Socket } from "node:net";
import { Readable } from "node:stream";
import { connect as connectTls } from "node:tls";
import { describe, expect, it, onTestFinished } from "vitest";
import { MemoryLogger } from "../../test/support/memory-logger.ts";
import { type HttpServerOptions, listen, serveHttp } from "./http-server.ts";
import { silentLogger } from "./logger.ts";
import { selfSigned } from "./x509/self-signed.ts";

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

  it("listens on all addresses if none is named", async () => {
    const stop = new AbortController();
    const server = createServer((_request, response) => response.end("here"));
    const listening = await listen(server, { ...LOOPBACK, host: "", signal: stop.signal });
    if (!listening.ok) throw new Error(listening.failure);
    const answer = await fetch(`http://127.0.0.1:${listening.value.port}/`);
    expect(await answer.text()).toBe("here");
    stop.abort();
    await listening.value.closed;
  });

  it("continues, and still ends with its signal, after connections could not be accepted", async () => {
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

/** Counts which part of it was taken. */
class CountedBytes extends Uint8Array {
  taken = 0;
  override subarray(from = 0, to = this.length): Uint8Array<ArrayBuffer> {
    this.taken = Math.max(this.taken, Math.min(to, this.length));
    return new Uint8Array(this.buffer as ArrayBuffer, from, Math.min(to, this.length) - from);
  }
}

const here = () => ({ status: 200, body: "here" });

describe("serveHttp", () => {
  it("refuses headers that are too large, and continues", async () => {
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

  it.each([
    ["an answer", "GET / HTTP/1.1", "200", here],
    ["another method", "POST / HTTP/1.1", "405", here],
    ["an invalid URL", "GET http://[ HTTP/1.1", "404", here],
    ["a handler that throws", "GET / HTTP/1.1", "500", () => Promise.reject(new Error("broken"))],
    ["a stream", "GET / HTTP/1.1", "200", () => ({ status: 200, body: Readable.from(["here"]) })],
  ])("sends its own headers with %s", async (_, line, status, handle) => {
    const { exchange } = await serve(handle, { headers: { "x-frame-options": "DENY" } });
    const answer = await exchange(`${line}\r\nhost: a\r\nconnection: close\r\n\r\n`);
    expect(answer).toMatch(new RegExp(`^HTTP/1.1 ${status} `));
    expect(answer).toMatch(/^x-frame-options: DENY\r$/im);
  });

  it("prefers the headers of an answer to its own", async () => {
    const { url } = await serve(() => ({ status: 200, headers: { "cache-control": "public" }, body: "" }), {
      headers: { "cache-control": "no-store" },
    });
    expect((await fetch(url)).headers.get("cache-control")).toBe("public");
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

  it("closes the connections of any number of clients beyond its limit, and serves the others", async () => {
    const { port } = await serve(here, { maxConnections: 3 });
    let closedByServer = 0;
    const sockets = Array.from({ length: 8 }, () =>
      connect(port, "127.0.0.1")
        .on("close", () => closedByServer++)
        .on("error", () => {}),
    );
    await expect.poll(() => closedByServer).toBe(5);
    const open = sockets.filter((socket) => !socket.closed);
    const answers = open.map(
      (socket) => new Promise<string>((resolve) => socket.once("data", (data) => resolve(`${data}`))),
    );
    for (const socket of open) socket.write("GET / HTTP/1.1\r\nhost: a\r\n\r\n");
    expect(await Promise.all(answers)).toEqual(Array(3).fill(expect.stringMatching(/^HTTP\/1.1 200 /)));
    for (const socket of sockets) socket.destroy();
  });

  it.each([
    ["nothing", ""],
    ["half of its headers", "GET / HTTP/1.1\r\nhost: a\r\n"],
    ["a second request that it does not finish", "GET / HTTP/1.1\r\nhost: a\r\n\r\nGET / HTTP/1.1\r\n"],
  ])("closes a connection on which the client sends %s", async (_what, bytes) => {
    const { exchange } = await serve(here, { requestMs: 50 });
    const answers = (await exchange(bytes)).match(/^HTTP\/1.1 \d+/gm) ?? [];
    expect(answers.at(-1)).toBe("HTTP/1.1 408");
  });

  it("closes a connection whose client sends its headers without end, a few bytes at a time", async () => {
    let handled = 0;
    const { port } = await serve(() => ({ status: 200, body: `${++handled}` }), { requestMs: 50 });
    let received = "";
    const socket = connect(port, "127.0.0.1", () => {
      socket.write("GET / HTTP/1.1\r\nhost: a\r\nx: ");
      const trickle = setInterval(() => socket.write("y"), 5);
      socket.once("close", () => clearInterval(trickle));
    });
    socket.on("data", (data) => {
      received += data.toString();
    });
    // A byte that arrives after the server has closed resets the connection, which can discard the answer.
    socket.on("error", () => {});
    await new Promise((resolve) => socket.once("close", resolve));
    expect(received).toMatch(/^(?:HTTP\/1.1 408 |$)/);
    expect(handled).toBe(0);
  });

  it("closes a connection on which nothing is sent, and informs the handler", async () => {
    const gone: string[] = [];
    const { exchange } = await serve(
      ({ url, signal }) =>
        new Promise(() => signal.addEventListener("abort", () => gone.push(url.pathname), { once: true })),
      { idleMs: 50 },
    );
    // On a busy machine, a connection can be closed before its request has arrived.
    const ask = async () => {
      expect(await exchange("GET /slow HTTP/1.1\r\nhost: a\r\n\r\n")).toBe("");
      return gone;
    };
    await expect.poll(ask).toContain("/slow");
  });

  it("closes a connection whose client does not read the answer, and stops making it", async () => {
    const events: string[] = [];
    async function* endless() {
      events.push("begun");
      try {
        for (;;) yield "y".repeat(64 * 1024);
      } finally {
        events.push("ended");
      }
    }
    const { port } = await serve(() => ({ status: 200, body: endless() }), { idleMs: 50 });
    const sockets: Socket[] = [];
    onTestFinished(() => {
      for (const socket of sockets) socket.destroy();
    });
    const ask = () => {
      // On a busy machine, a connection can be closed before its request has arrived.
      if (events.length > 0) return events;
      const socket = connect(port, "127.0.0.1", () => socket.write("GET / HTTP/1.1\r\nhost: a\r\n\r\n"));
      socket.on("error", () => {}).pause();
      sockets.push(socket);
      return events;
    };
    await expect.poll(ask).toContain("ended");
  });

  it.each([
    ["plain connection", false],
    ["TLS connection", true],
  ])("reads 2,000 requests of a %s only as fast as it answers them, one after the other", async (_what, isSecure) => {
    const parsed = new Set<unknown>();
    const count = (message: unknown) => {
      const { request } = message as { request: IncomingMessage };
      if (request.headers.host === "pipelined") parsed.add(request);
    };
    diagnostics.subscribe("http.server.request.start", count);
    onTestFinished(() => void diagnostics.unsubscribe("http.server.request.start", count));
    const { promise: released, resolve: release } = Promise.withResolvers<void>();
    let working = 0;
    const handle: HttpServerOptions["handle"] = async ({ url }) => {
      working++;
      await released;
      const body = `${url.pathname} ${working} `;
      working--;
      return { status: 200, body };
    };
    const pair = await selfSigned({ commonName: "a", dnsNames: [], now: Date.now(), validForMs: 3_600_000 });
    const { port } = await serve(handle, isSecure ? { secure: { pair, follow: () => {} } } : {});
    const to = { host: "127.0.0.1", port };
    const socket = isSecure ? connectTls({ ...to, rejectUnauthorized: false }) : connect(to);
    let received = "";
    socket.on("data", (data: Buffer) => {
      received += data.toString();
    });
    const paths = [...Array(2_000).keys()].map((index) => `/${index}`);
    socket.write(paths.map((path) => `GET ${path} HTTP/1.1\r\nhost: pipelined\r\n\r\n`).join(""));
    await expect.poll(() => parsed.size).toBeGreaterThan(0);
    // The others would be parsed in these turns of the event loop.
    for (let turn = 0; turn < 100; turn++) await new Promise(setImmediate);
    expect(parsed.size).toBeLessThanOrEqual(24);
    release();
    const answered = () => [...received.matchAll(/^(\/\d+) 1 /gm)].map(([, path]) => path);
    await expect.poll(() => answered().length).toBe(paths.length);
    expect(answered()).toEqual(paths);
    socket.destroy();
  });

  it("answers any number of requests of a connection, one after the other", async () => {
    const { port } = await serve(here);
    const socket = connect(port, "127.0.0.1");
    for (let round = 0; round < 20; round++) {
      const answer = new Promise<string>((resolve) => socket.once("data", (data) => resolve(`${data}`)));
      socket.write("GET / HTTP/1.1\r\nhost: a\r\n\r\n");
      expect(await answer).toMatch(/^HTTP\/1.1 200 /);
    }
    socket.destroy();
  });

  it.each([false, true])("takes no more of a large answer than its client reads, with TLS: %s", async (isSecure) => {
    const large = new CountedBytes(64 * 1024 * 1024);
    let hasLeft = false;
    const handle: HttpServerOptions["handle"] = ({ signal }) => {
      signal.addEventListener("abort", () => {
        hasLeft = true;
      });
      return { status: 200, body: large };
    };
    const pair = await selfSigned({ commonName: "a", dnsNames: [], now: Date.now(), validForMs: 3_600_000 });
    const { port } = await serve(handle, isSecure ? { secure: { pair, follow: () => {} } } : {});
    const to = { host: "127.0.0.1", port };
    const socket = isSecure ? connectTls({ ...to, rejectUnauthorized: false }) : connect(to);
    socket.on("error", () => {}).pause();
    socket.write("GET / HTTP/1.1\r\nhost: a\r\n\r\n");
    await expect.poll(() => large.taken).toBeGreaterThan(0);
    // The socket buffers of the system are full after this time or later.
    for (let before = -1; before !== large.taken; ) {
      before = large.taken;
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
    expect(large.taken).toBeLessThan(large.length / 2);
    socket.destroy();
    await expect.poll(() => hasLeft).toBe(true);
  });

  it("sends a large answer completely, and its length to HEAD", async () => {
    const large = Buffer.from([...Array(200_000).keys()].map((byte) => byte % 251));
    const { url } = await serve(() => ({ status: 200, body: large }));
    expect(Buffer.from(await (await fetch(url)).arrayBuffer()).equals(large)).toBe(true);
    const { headers } = await fetch(url, { method: "HEAD" });
    expect(headers.get("content-length")).toBe("200000");
  });

  it("closes a connection whose client does not finish the handshake of TLS", async () => {
    const now = Date.parse("2026-01-01T00:00:00Z");
    const pair = await selfSigned({ commonName: "server", dnsNames: [], now, validForMs: 3_600_000 });
    const { exchange } = await serve(here, { requestMs: 50, secure: { pair, follow: () => {} } });
    expect(await exchange("")).toBe("");
  });

  it("answers 500 if a handler throws, and says why only in the log", async () => {
    const { url, logger } = await serve(() => {
      throw new Error("the reason");
    });
    const answer = await fetch(`${url}page?token=x`);
    expect([answer.status, await answer.text()]).toEqual([500, "an error occurred; the log says why\n"]);
    expect(logger.lines).toMatchObject([{ level: "error", fields: { path: "/page" } }]);
  });

  it("sends a stream as it arrives, and ends it when the client leaves or the server closes", async () => {
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
