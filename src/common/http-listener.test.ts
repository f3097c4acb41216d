import { createServer } from "node:http";
import { describe, expect, it } from "vitest";
import { listen } from "./http-listener.ts";

const LOOPBACK = { host: "127.0.0.1", port: 0 } as const;

describe("listen", () => {
  it("listens until the signal fires", async () => {
    const stop = new AbortController();
    const listening = await listen(createServer(), { ...LOOPBACK, signal: stop.signal });
    if (!listening.ok) throw new Error(listening.failure);
    expect(listening.value.port).toBeGreaterThan(0);
    stop.abort();
    await listening.value.closed;
  });

  it("ends at once where the signal has fired before", async () => {
    const listening = await listen(createServer(), { ...LOOPBACK, signal: AbortSignal.abort() });
    if (!listening.ok) throw new Error(listening.failure);
    await listening.value.closed;
  });

  it("listens on all addresses where none is named", async () => {
    const stop = new AbortController();
    const server = createServer((_request, response) => response.end("here"));
    const listening = await listen(server, { host: "", port: 0, signal: stop.signal });
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
