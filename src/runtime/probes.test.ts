import http from "node:http";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { silentLogger } from "../common/logger.ts";
import { serveProbes } from "./probes.ts";

let stop: AbortController;
let base: string;
let closed: Promise<void>;
let trouble: string | undefined;
let note: string | undefined;

beforeEach(async () => {
  stop = new AbortController();
  trouble = undefined;
  note = undefined;
  const ready = [
    { name: "caches", check: () => trouble, note: () => note },
    { name: "other", check: () => undefined },
  ];
  const options = { host: "127.0.0.1", port: 0, live: [], ready, signal: stop.signal, logger: silentLogger };
  const served = await serveProbes(options);
  if (!served.ok) throw new Error(served.failure);
  base = `http://127.0.0.1:${served.value.port}`;
  closed = served.value.closed;
});

afterEach(async () => {
  stop.abort();
  await closed;
});

async function ask(path: string): Promise<string> {
  const response = await fetch(base + path);
  return `${response.status} ${(await response.text()).trim()}`;
}

describe("the probes", () => {
  it("mention what is not well but no failure in the details", async () => {
    note = "namespace a cannot be watched";
    expect(await ask("/readyz")).toBe("200 ok");
    expect(await ask("/readyz?verbose")).toContain("[+]caches ok: namespace a cannot be watched\n");
    trouble = "nothing can be watched";
    expect(await ask("/readyz/caches?verbose")).toContain("503 [-]caches failed: nothing can be watched");
  });

  it("survive a path that is not a URL", async () => {
    const { hostname, port } = new URL(base);
    const status = await new Promise((resolve, reject) => {
      const request = http.get({ hostname, port, path: "//" }, (response) => resolve(response.resume().statusCode));
      request.on("error", reject);
    });
    expect(status).toBe(404);
    expect(await ask("/livez")).toBe("200 ok");
  });

  it("are well when every check is", async () => {
    expect(await ask("/livez")).toBe("200 ok");
    expect(await ask("/readyz")).toBe("200 ok");
    expect(await ask("/readyz/caches")).toBe("200 ok");
  });

  it("fail with any of their checks, and keep why to themselves unless asked", async () => {
    trouble = "nothing heard for 6 min";
    expect(await ask("/readyz")).toBe("503 readyz failed");
    expect(await ask("/readyz/other")).toBe("200 ok");
    expect(await ask("/readyz/caches")).toBe("503 readyz failed");
    expect(await ask("/readyz?verbose")).toBe(
      "503 [-]caches failed: nothing heard for 6 min\n[+]other ok\nreadyz check failed",
    );
    expect(await ask("/livez")).toBe("200 ok");
  });

  it("know nothing else", async () => {
    expect(await ask("/")).toBe("404 not found");
    expect(await ask("/readyz/nothing")).toBe("404 not found");
    expect((await fetch(`${base}/readyz`, { method: "POST" })).status).toBe(405);
  });

  it("count a check that throws as one that fails", async () => {
    const ready = [
      {
        name: "bad",
        check(): undefined {
          throw new Error("a bug");
        },
      },
    ];
    const served = await serveProbes({
      host: "127.0.0.1",
      port: 0,
      live: [],
      ready,
      signal: stop.signal,
      logger: silentLogger,
    });
    if (!served.ok) throw new Error(served.failure);
    const response = await fetch(`http://127.0.0.1:${served.value.port}/readyz?verbose`);
    expect(await response.text()).toBe("[-]bad failed: a bug\nreadyz check failed\n");
  });

  it("say when their port is taken", async () => {
    const port = Number(new URL(base).port);
    const options = { host: "127.0.0.1", port, live: [], ready: [], signal: stop.signal, logger: silentLogger };
    expect(await serveProbes(options)).toMatchObject({ ok: false, failure: expect.stringContaining("EADDRINUSE") });
  });
});
