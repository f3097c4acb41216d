import http from "node:http";
import type { Socket } from "node:net";
import { afterEach, describe, expect, it, vi } from "vitest";
import { eventually } from "../../test/support/eventually.ts";
import { FakeClock } from "../../test/support/fake-clock.ts";
import { type RawServer, startRawServer } from "../../test/support/raw-server.ts";
import { ByteBudget, HeldTooLong } from "../common/byte-budget.ts";
import { systemClock } from "../common/clock.ts";
import type { Endpoint } from "./endpoint.ts";
import { BODY_LIMITS, exchange, MAX_BODY_VALUES, parseJson, replyBudget } from "./exchange.ts";

const cleanups: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0)) await cleanup();
});

const MiB = 1024 * 1024;
const REASON = new Error("the test says stop");

interface Attempt {
  readonly server: RawServer;
  readonly agent: http.Agent;
  readonly abort: () => void;
  readonly reply: ReturnType<typeof exchange>;
}

/** Sends one request to a server that does this with each connection. */
async function attempt(onConnection: (socket: Socket) => void, pathPrefix = ""): Promise<Attempt> {
  const server = await startRawServer(onConnection);
  const agent = new http.Agent({ keepAlive: true, maxSockets: 1 });
  cleanups.push(async () => {
    agent.destroy();
    await server.close();
  });
  const controller = new AbortController();
  const endpoint: Endpoint = { kind: "tcp", scheme: "http", host: "127.0.0.1", port: server.port, pathPrefix };
  const reply = exchange({
    endpoint,
    agent,
    path: "/_ping",
    budget: replyBudget(systemClock),
    signal: controller.signal,
  });
  reply.catch(() => {}); // checked later, by the test
  return { server, agent, abort: () => controller.abort(REASON), reply };
}

/** Answers the first request of a connection with this text. */
function answer(text: string): (socket: Socket) => void {
  return (socket) => socket.once("data", () => socket.write(text));
}

/** A signal that resolves when the server has read the request. */
function untilAsked(then: (socket: Socket) => void = () => {}) {
  const { promise, resolve } = Promise.withResolvers<void>();
  const onConnection = (socket: Socket) =>
    socket.once("data", () => {
      then(socket);
      resolve();
    });
  return { asked: promise, onConnection };
}

describe("exchange", () => {
  it("gives status, headers and the whole body", async () => {
    const { reply } = await attempt(answer("HTTP/1.1 200 OK\r\nApi-Version: 1.44\r\nContent-Length: 2\r\n\r\nOK"));
    expect(await reply).toMatchObject({ status: 200, headers: { "api-version": "1.44" }, body: Buffer.from("OK") });
  });

  it("gives answers of any status, and follows no redirect", async () => {
    const { reply, server } = await attempt(
      answer("HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1:1/\r\nContent-Length: 0\r\n\r\n"),
    );
    expect(await reply).toMatchObject({ status: 302, body: Buffer.alloc(0) });
    expect(server.accepted).toBe(1);
  });

  it("puts the endpoint's prefix in front of the path, and sends nothing that reveals the machine", async () => {
    const { promise, resolve } = Promise.withResolvers<string>();
    await attempt((socket) => socket.once("data", (data) => resolve(data.toString("latin1"))), "/docker");
    const [line, ...headers] = (await promise).trim().split("\r\n");
    expect(line).toBe("GET /docker/_ping HTTP/1.1");
    expect(headers.map((header) => header.split(":")[0])).toEqual(["User-Agent", "Host", "Connection"]);
  });

  it("keeps the connection for the next request", async () => {
    const { agent, server, reply } = await attempt((socket) =>
      socket.on("data", () => socket.write("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nOK")),
    );
    await reply;
    const endpoint: Endpoint = { kind: "tcp", scheme: "http", host: "127.0.0.1", port: server.port, pathPrefix: "" };
    await exchange({
      endpoint,
      agent,
      path: "/version",
      budget: replyBudget(systemClock),
      signal: new AbortController().signal,
    });
    expect(server.accepted).toBe(1);
  });

  describe("over a kept connection", () => {
    const OK = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nOK";

    function another({ agent, server }: Attempt) {
      const endpoint: Endpoint = { kind: "tcp", scheme: "http", host: "127.0.0.1", port: server.port, pathPrefix: "" };
      return exchange({
        endpoint,
        agent,
        path: "/version",
        budget: replyBudget(systemClock),
        signal: new AbortController().signal,
      });
    }

    it.each([
      ["closes it after each answer", (socket: Socket) => socket.end(OK)],
      ["closes it at the second request", (socket: Socket) => void socket.write(OK)],
      ["resets it at the second request", (socket: Socket) => void socket.write(OK)],
    ])("works with a server that %s without notice, in forty of forty attempts", async (what, first) => {
      const opened = await attempt((socket) => {
        socket.once("data", () => {
          first(socket);
          socket.once("data", () => (what.startsWith("resets") ? socket.resetAndDestroy() : socket.end()));
        });
      });
      await opened.reply;
      for (let i = 0; i < 40; i++) expect((await another(opened)).status).toBe(200);
    });

    it("fails where a new connection is closed as well, after it has asked there once", async () => {
      let asked = 0;
      const opened = await attempt((socket) =>
        socket.on("data", () => {
          asked++;
          if (asked === 1) socket.write(OK);
          else socket.end();
        }),
      );
      await opened.reply;
      await expect(another(opened)).rejects.toMatchObject({ code: "ECONNRESET" });
      expect(asked).toBe(3);
    });

    it("does not ask again once a byte of the answer has come", async () => {
      let asked = 0;
      const opened = await attempt((socket) =>
        socket.on("data", () => {
          asked++;
          if (asked === 1) socket.write(OK);
          else socket.end("HTTP/1.1 2");
        }),
      );
      await opened.reply;
      await expect(another(opened)).rejects.toMatchObject({ code: "ECONNRESET" });
      expect(asked).toBe(2);
    });
  });

  it("does not begin when the signal has fired", async () => {
    const { agent, server, abort } = await attempt(() => {});
    abort();
    const endpoint: Endpoint = { kind: "tcp", scheme: "http", host: "127.0.0.1", port: server.port, pathPrefix: "" };
    await expect(
      exchange({
        endpoint,
        agent,
        path: "/_ping",
        budget: replyBudget(systemClock),
        signal: AbortSignal.abort(REASON),
      }),
    ).rejects.toBe(REASON);
  });

  it("ends while a name is being resolved", async () => {
    const { promise, resolve } = Promise.withResolvers<void>();
    const agent = new http.Agent({ lookup: () => resolve() }); // never calls back
    const controller = new AbortController();
    const endpoint: Endpoint = { kind: "tcp", scheme: "http", host: "edge-7.test", port: 1, pathPrefix: "" };
    const reply = exchange({
      endpoint,
      agent,
      path: "/_ping",
      budget: replyBudget(systemClock),
      signal: controller.signal,
    });
    await promise;
    controller.abort(REASON);
    await expect(reply).rejects.toBe(REASON);
  });

  it("ends while it waits for another request of the same connection", async () => {
    const { asked, onConnection } = untilAsked();
    const { agent, server } = await attempt(onConnection);
    await asked;
    const controller = new AbortController();
    const endpoint: Endpoint = { kind: "tcp", scheme: "http", host: "127.0.0.1", port: server.port, pathPrefix: "" };
    const waiting = exchange({
      endpoint,
      agent,
      path: "/version",
      budget: replyBudget(systemClock),
      signal: controller.signal,
    });
    controller.abort(REASON);
    await expect(waiting).rejects.toBe(REASON);
  });

  it.each([
    ["an answer that never begins", undefined],
    ["headers that never end", "HTTP/1.1 200 OK\r\nApi-Ver"],
    ["a body that stalls", "HTTP/1.1 200 OK\r\nContent-Length: 20\r\n\r\n{"],
  ])("ends %s when the signal fires, with its reason", async (_name, text) => {
    const { asked, onConnection } = untilAsked((socket) => text !== undefined && socket.write(text));
    const { reply, abort, server } = await attempt(onConnection);
    await asked;
    abort();
    await expect(reply).rejects.toBe(REASON);
    await eventually(() => expect(server.open).toBe(0));
  });

  it("ends a body that has begun to arrive when the signal fires", async () => {
    const { asked, onConnection } = untilAsked((socket) =>
      socket.write("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\n{\r\n"),
    );
    const { reply, abort, agent } = await attempt(onConnection);
    await asked;
    const socket = Object.values(agent.sockets).flat()[0];
    await eventually(() => expect(socket?.bytesRead).toBeGreaterThan(0));
    abort();
    await expect(reply).rejects.toBe(REASON);
  });

  it.each([
    ["by its length", "HTTP/1.1 200 OK\r\nContent-Length: 20\r\n\r\n{"],
    ["by its chunks", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\n{\r\n"],
  ])("reports a body that is cut before its end %s", async (_name, text) => {
    const { reply } = await attempt((socket) => socket.once("data", () => socket.end(text)));
    await expect(reply).rejects.toMatchObject({
      name: "TruncatedReply",
      message: "the connection was closed in the middle of the answer",
    });
  });

  it("reports a body that is reset", async () => {
    const { reply } = await attempt((socket) =>
      socket.once("data", () =>
        socket.write("HTTP/1.1 200 OK\r\nContent-Length: 20\r\n\r\n{", () => socket.resetAndDestroy()),
      ),
    );
    // What arrives first decides how much of the answer is seen.
    await expect(reply).rejects.toSatisfy(
      (error) => error instanceof Error && (error.name === "TruncatedReply" || "code" in error),
    );
  });

  it("reports a connection that ends without an answer", async () => {
    const { reply } = await attempt((socket) => socket.once("data", () => socket.end()));
    await expect(reply).rejects.toMatchObject({ code: "ECONNRESET" });
  });

  it("settles when the other side switches protocols", async () => {
    const { reply } = await attempt(
      answer("HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: tcp\r\n\r\n"),
    );
    await expect(reply).rejects.toMatchObject({ name: "TruncatedReply" });
  });

  it("reports an answer that is not HTTP, also in the middle of a body", async () => {
    const other = await attempt(answer("SSH-2.0-OpenSSH_9.2p1\r\n"));
    await expect(other.reply).rejects.toMatchObject({ code: "HPE_INVALID_CONSTANT" });
    const chunk = await attempt(answer("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nnonsense\r\n"));
    await expect(chunk.reply).rejects.toMatchObject({ code: "HPE_INVALID_CHUNK_SIZE" });
  });

  it("refuses a body that is too large, without reading all of it", async () => {
    const chunk = Buffer.alloc(1024 * 1024, "x");
    let sent = 0;
    const { reply, server } = await attempt((socket) => {
      const pump = () => {
        while (!socket.destroyed && sent < 64 * BODY_LIMITS.small && socket.write(chunk)) sent += chunk.length;
      };
      socket.on("drain", pump);
      socket.once("data", () => {
        socket.write("HTTP/1.1 200 OK\r\n\r\n");
        pump();
      });
    });
    await expect(reply).rejects.toMatchObject({ name: "ReplyTooLarge" });
    await eventually(() => expect(server.open).toBe(0));
    expect(sent).toBeLessThan(64 * BODY_LIMITS.small);
  });

  it("keeps the beginning of an error that is too large", async () => {
    const { reply } = await attempt(answer(`HTTP/1.1 502 Bad Gateway\r\n\r\n${"x".repeat(BODY_LIMITS.small + 1)}`));
    const { status, body } = await reply;
    expect([status, body.length > 0 && body.length <= BODY_LIMITS.small]).toEqual([502, true]);
  });

  it("lets a large body wait for room, and gives its room back once it was read", async () => {
    const budget = new ByteBudget({ total: 4 * 1024 * 1024, largest: 1024 * 1024, clock: systemClock });
    const body = "x".repeat(512 * 1024);
    const server = await startRawServer((socket) =>
      socket.on("data", () => socket.write(`HTTP/1.1 200 OK\r\nContent-Length: ${body.length}\r\n\r\n${body}`)),
    );
    const agent = new http.Agent({ keepAlive: true });
    cleanups.push(async () => {
      agent.destroy();
      await server.close();
    });
    const endpoint: Endpoint = { kind: "tcp", scheme: "http", host: "127.0.0.1", port: server.port, pathPrefix: "" };
    const { signal } = new AbortController();
    const get = () => exchange({ endpoint, agent, path: "/", limit: "single", owner: "a", budget, signal });
    const other = budget.lease("a");
    await other.grow(1024 * 1024, signal);
    const another = budget.lease("a");
    await another.grow(1024 * 1024, signal);
    const waiting = get();
    await eventually(() => expect(budget.waiting).toBe(1));
    another[Symbol.dispose]();
    const reply = await waiting;
    expect(reply.body.length).toBe(body.length);
    expect(budget.held).toBeGreaterThan(1024 * 1024);
    reply[Symbol.dispose]();
    expect(budget.held).toBe(1024 * 1024);
  });

  it("ends a body whose room others wait for, and only its own connection", async () => {
    const clock = new FakeClock();
    const budget = new ByteBudget({ total: 4 * MiB, largest: MiB, clock });
    const server = await startRawServer((socket) =>
      socket.once("data", () =>
        socket.write(`HTTP/1.1 200 OK\r\nContent-Length: 999999\r\n\r\n${"x".repeat(900_000)}`),
      ),
    );
    const agent = new http.Agent();
    cleanups.push(async () => {
      agent.destroy();
      await server.close();
    });
    const endpoint: Endpoint = { kind: "tcp", scheme: "http", host: "127.0.0.1", port: server.port, pathPrefix: "" };
    const { signal } = new AbortController();
    const held = exchange({ endpoint, agent, path: "/", limit: "single", owner: "a", budget, signal });
    held.catch(() => {}); // checked later
    await eventually(() => expect(budget.held).toBeGreaterThan(0.7 * MiB));
    const rest = budget.lease("b");
    await rest.grow(MiB, signal);
    const most = budget.lease("c");
    await most.grow(0.5 * MiB, signal);
    const waiting = budget.lease("d").grow(1.2 * MiB, signal);
    await clock.advance(40_000);
    await expect(held).rejects.toBeInstanceOf(HeldTooLong);
    await waiting;
    await eventually(() => expect(server.open).toBe(0));
  });

  it("gives its room back when it fails", async () => {
    const budget = new ByteBudget({ total: 4 * 1024 * 1024, largest: 1024 * 1024, clock: systemClock });
    const text = `HTTP/1.1 200 OK\r\nContent-Length: 900000\r\n\r\n${"x".repeat(500_000)}`;
    const server = await startRawServer((socket) => socket.once("data", () => socket.end(text)));
    const agent = new http.Agent();
    cleanups.push(async () => {
      agent.destroy();
      await server.close();
    });
    const endpoint: Endpoint = { kind: "tcp", scheme: "http", host: "127.0.0.1", port: server.port, pathPrefix: "" };
    const { signal } = new AbortController();
    await expect(exchange({ endpoint, agent, path: "/", limit: "single", budget, signal })).rejects.toThrow("closed");
    expect(budget.held).toBe(0);
  });

  it("leaves nothing behind on the signal", async () => {
    const signal = new AbortController().signal;
    const remove = vi.spyOn(signal, "removeEventListener");
    const add = vi.spyOn(signal, "addEventListener");
    const { server, agent } = await attempt((socket) =>
      socket.on("data", () => socket.write("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nOK")),
    );
    const endpoint: Endpoint = { kind: "tcp", scheme: "http", host: "127.0.0.1", port: server.port, pathPrefix: "" };
    await exchange({ endpoint, agent, path: "/_ping", budget: replyBudget(systemClock), signal });
    expect(add).toHaveBeenCalledTimes(1);
    expect(remove.mock.calls.map(([, listener]) => listener)).toEqual(add.mock.calls.map(([, listener]) => listener));
  });

  it("speaks nothing at all where agent and scheme disagree", async () => {
    const { server, agent, reply } = await attempt(answer("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"));
    await reply;
    const endpoint: Endpoint = { kind: "tcp", scheme: "https", host: "127.0.0.1", port: server.port, pathPrefix: "" };
    await expect(
      exchange({
        endpoint,
        agent,
        path: "/_ping",
        budget: replyBudget(systemClock),
        signal: new AbortController().signal,
      }),
    ).rejects.toMatchObject({ code: "ERR_INVALID_PROTOCOL" });
    expect(server.accepted).toBe(1);
  });
});

describe("parseJson", () => {
  it("gives objects and lists", () => {
    expect(parseJson(Buffer.from('{"a":[1]}'))).toEqual({ a: [1] });
    expect(parseJson(Buffer.from("[]"))).toEqual([]);
  });

  it.each(["", "<html>", "null", "1", '"text"', '{"a":'])("leaves %j as it is", (text) => {
    const body = Buffer.from(text);
    expect(parseJson(body)).toBe(body);
  });

  it("leaves as it is what would take many times its size", () => {
    const body = Buffer.from(`[${"{},".repeat(MAX_BODY_VALUES / 2)}{}]`);
    expect(parseJson(body)).toBe(body);
  });
});
