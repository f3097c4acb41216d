import type { Socket } from "node:net";
import { afterAll, beforeAll, describe, expect, inject, it } from "vitest";
import { findCondition } from "../../src/api/conditions.ts";
import { connectEnvironment } from "../env/environment.ts";
import { eventually } from "../support/eventually.ts";
import { type RawServer, startRawServer } from "../support/raw-server.ts";
import { TestNamespace } from "./cluster.ts";
import { Program } from "./program.ts";

const { kube, dockers } = connectEnvironment(inject("environment"));
const docker = dockers.new;

const PING = "HTTP/1.1 200 OK\r\nApi-Version: 1.45\r\nContent-Length: 2\r\n\r\nOK";

/** Answers each request with the next of the texts, and the last of them again and again. */
function answering(...texts: readonly string[]): (socket: Socket) => void {
  return (socket) => {
    let request = 0;
    socket.on("data", () => socket.write(texts[Math.min(request++, texts.length - 1)] ?? ""));
  };
}

const hung = [
  {
    name: "silent-handshake",
    what: "accepts the connection and is silent",
    scheme: "https",
    // What is not read would hide that the other side has closed.
    serve: (socket: Socket) => void socket.resume(),
    message: "the TLS handshake did not end within 2s",
  },
  {
    name: "half-handshake",
    what: "stalls in the middle of the handshake",
    scheme: "https",
    // The beginning of a handshake record of 16 kB, of which no more follows.
    serve: (socket: Socket) => void socket.resume().write(Buffer.from("160303400002003ffc", "hex")),
    message: "the TLS handshake did not end within 2s",
  },
  {
    name: "silent",
    what: "takes the request and is silent",
    scheme: "tcp",
    serve: (socket: Socket) => void socket.resume(),
    message: "did not answer within 2s",
  },
  {
    name: "headers",
    what: "stalls in the middle of the headers",
    scheme: "tcp",
    serve: answering("HTTP/1.1 200 OK\r\nApi-Ver", ""),
    message: "did not answer within 2s",
  },
  {
    name: "body",
    what: "stalls in the middle of a body",
    scheme: "tcp",
    serve: answering(PING, "HTTP/1.1 200 OK\r\nApi-Version: 1.45\r\nContent-Length: 200\r\n\r\n{", ""),
    message: "did not answer within 2s",
  },
  {
    name: "drip",
    what: "goes on and on with a body that never ends",
    scheme: "tcp",
    serve: (socket: Socket) => {
      socket.once("data", () => {
        socket.write("HTTP/1.1 200 OK\r\nApi-Version: 1.45\r\nTransfer-Encoding: chunked\r\n\r\n");
        const timer = setInterval(() => socket.write("1\r\nx\r\n"), 20);
        socket.on("close", () => clearInterval(timer));
      });
    },
    message: "did not answer within 2s",
  },
] as const;

describe("a daemon that cuts its answer in the body", () => {
  let namespace: TestNamespace;
  let controller: Program;
  let server: RawServer;

  beforeAll(async () => {
    const cut = "HTTP/1.1 200 OK\r\nApi-Version: 1.45\r\nContent-Length: 200\r\n\r\n{";
    server = await startRawServer((socket) => {
      socket.once("data", () => {
        socket.write(PING);
        socket.once("data", () => socket.end(cut));
      });
    });
    namespace = await TestNamespace.create(kube);
    controller = await Program.controller(kube, namespace.name);
  });

  afterAll(async () => {
    await namespace?.delete();
    await controller?.stop();
    await server?.close();
  });

  it("ends immediately and leaves no connection behind", async () => {
    await namespace.applyHost("cut", { host: `tcp://127.0.0.1:${server.port}`, timeout: "10m", interval: "1h" });
    const host = await namespace.waitFor("cut", { type: "Connected", status: "False", reason: "ConnectionReset" });
    const ready = findCondition(host.status?.conditions, "Ready");
    expect(ready?.message).toContain("closed in the middle of the answer");
    await eventually(() => expect(server.open).toBe(0));
  });
});

describe("daemons that hang", () => {
  let namespace: TestNamespace;
  let controller: Program;
  const servers = new Map<string, RawServer>();

  beforeAll(async () => {
    namespace = await TestNamespace.create(kube);
    controller = await Program.controller(kube, namespace.name);
    for (const { name, serve } of hung) servers.set(name, await startRawServer(serve));
    await namespace.applySecret("tls", { ...docker.facts.client });
    for (const { name, scheme } of hung) {
      await namespace.applyHost(name, {
        host: `${scheme}://127.0.0.1:${servers.get(name)?.port}`,
        timeout: "2s",
        interval: "1h",
      });
    }
  });

  afterAll(async () => {
    await namespace?.delete();
    await controller?.stop();
    for (const server of servers.values()) await server.close();
  });

  it("delay no other host", async () => {
    // As many attempts hang by now as there are hosts; one that is well does not wait for them.
    await eventually(() => {
      for (const server of servers.values()) expect(server.accepted).toBeGreaterThan(0);
    });
    await namespace.applyHost("well", {
      host: docker.facts.host,
      tls: { verify: true, certSecretRef: { name: "tls" } },
      updateCheck: { suspend: true },
    });
    await namespace.waitFor("well", { type: "Ready", status: "True" });
  });

  it.each(hung)("end by spec.timeout, and leave no connection behind: one that $what", async ({ name, message }) => {
    const host = await namespace.waitFor(name, { type: "Connected", status: "False", reason: "ConnectionTimedOut" });
    expect(findCondition(host.status?.conditions, "Ready")?.message).toContain(message);
    // Until the next attempt, that is.
    await eventually(() => expect(servers.get(name)?.open).toBe(0));
  });

  it("are let go of in the middle of an attempt when they are deleted", async () => {
    await namespace.kubectl("annotate", "dockerhost", "silent", "dockerhost.dev/requestedAt=now");
    await eventually(() => expect(servers.get("silent")?.open).toBe(1));
    await namespace.kubectl("delete", "dockerhosts", ...hung.map(({ name }) => name));
    await eventually(() => {
      for (const [name, server] of servers) expect([name, server.open]).toEqual([name, 0]);
    });
  });
});
