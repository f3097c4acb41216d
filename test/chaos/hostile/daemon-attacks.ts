import type { IncomingMessage, ServerResponse } from "node:http";
import http from "node:http";
import type { AddressInfo, Socket } from "node:net";
import { startSimDaemon } from "../../sim/daemon.ts";
import { startRawServer } from "../../support/raw-server.ts";
import { type Attack, contentsOf, manyHosts } from "./attack.ts";

const MIB = 1024 * 1024;
/** Almost as much as a list may have. */
const HELD_BYTES = 31 * MIB;
const ONCE = { timeout: "10s", interval: "10m" };

/** Twenty containers with long names, for patterns that are short to write and large to compile. */
export async function patternBombs(hosts = 6): Promise<Attack> {
  const names = Array.from({ length: 20 }, (_, index) => `registry.invalid/${"a".repeat(120)}/${index}:1`);
  const daemon = await startSimDaemon(contentsOf(names));
  const wide = `(?:${".?".repeat(32)}){1000}\n`;
  const deep = `(?:${"a?".repeat(122)}){1000}`;
  return {
    name: "patterns that are large to compile and slow to match",
    hosts: manyHosts("patterns", hosts, (index) => ({
      ...ONCE,
      host: `http://127.0.0.1:${daemon.port}`,
      updateCheck: { containers: { excludeNames: index % 2 === 0 ? [wide] : Array(32).fill(deep) } },
    })),
    shows: { host: "patterns-0", type: "UpdateCheckSucceeded", reasons: ["InvalidSelection"] },
    seen: () => daemon.counters.requests(),
    stop: () => daemon.close(),
  };
}

/** Daemons that send 31 MiB where a version belongs, and then hold the connection. */
export async function heldVersions(hosts = 60): Promise<Attack> {
  const server = await startDaemon((path, response) => {
    if (path.endsWith("/version")) sendAndHold(response);
    else response.end();
  });
  return {
    name: "31 MiB of version, held",
    hosts: manyHosts("version", hosts, (index) => ({ ...ONCE, host: `http://127.0.0.1:${server.port}/v${index}` })),
    shows: { host: "version-0", type: "Connected", reasons: ["InvalidResponse"] },
    ...server,
  };
}

/** The same with the list of containers, which may be as long as that. */
export async function heldLists(hosts = 60): Promise<Attack> {
  const server = await startDaemon((path, response) => {
    if (path.endsWith("/containers/json")) sendAndHold(response);
    else answerVersion(response);
  });
  return {
    name: "31 MiB of a list, held",
    hosts: manyHosts("list", hosts, (index) => ({
      ...ONCE,
      host: `http://127.0.0.1:${server.port}/l${index}`,
      updateCheck: { timeout: "20s" },
    })),
    shows: { host: "list-0", type: "UpdateCheckSucceeded", reasons: ["CheckTimedOut", "ConnectionTimedOut"] },
    ...server,
  };
}

/** Hosts that accept a connection and say nothing, for as long as their owner lets them. */
export async function silentHosts(hosts = 150): Promise<Attack> {
  const server = await startRawServer(() => {});
  return {
    name: "silent hosts with a long timeout",
    hosts: manyHosts("silent", hosts, (index) => ({
      host: `tcp://127.0.0.1:${server.port}`,
      timeout: index === 0 ? "10s" : "10m",
      interval: "10m",
    })),
    shows: { host: "silent-0", type: "Connected", reasons: ["ConnectionTimedOut"] },
    seen: () => server.accepted,
    stop: () => server.close(),
  };
}

/** Hosts that connect immediately, and never answer what they run. */
export async function silentLists(hosts = 40): Promise<Attack> {
  const server = await startDaemon((path, response) => {
    if (!path.endsWith("/containers/json")) answerVersion(response);
  });
  return {
    name: "silent lists with a long timeout",
    hosts: manyHosts("unlisted", hosts, (index) => ({
      ...ONCE,
      host: `http://127.0.0.1:${server.port}/u${index}`,
      updateCheck: { timeout: index === 0 ? "10s" : "1h" },
    })),
    shows: { host: "unlisted-0", type: "UpdateCheckSucceeded", reasons: ["CheckTimedOut", "ConnectionTimedOut"] },
    ...server,
  };
}

async function startDaemon(answer: (path: string, response: ServerResponse) => void) {
  let asked = 0;
  const sockets = new Set<Socket>();
  const server = http.createServer((request: IncomingMessage, response: ServerResponse) => {
    asked++;
    response.setHeader("Api-Version", "1.45");
    response.on("error", () => response.destroy());
    answer((request.url ?? "/").replace(/\?.*$/, ""), response);
  });
  server.on("connection", (socket: Socket) => {
    sockets.add(socket);
    socket.on("close", () => sockets.delete(socket));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    port: (server.address() as AddressInfo).port,
    seen: () => asked,
    async stop() {
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

function answerVersion(response: ServerResponse): void {
  response.setHeader("Content-Type", "application/json");
  response.end(
    JSON.stringify({ Version: "27.0.0", ApiVersion: "1.45", MinAPIVersion: "1.24", Os: "linux", Arch: "amd64" }),
  );
}

const BLANKS = Buffer.alloc(MIB, " ");

/** As fast as it is taken; without an end. */
function sendAndHold(response: ServerResponse): void {
  response.setHeader("Content-Type", "application/json");
  let left = HELD_BYTES;
  const write = () => {
    while (left > 0 && !response.destroyed) {
      left -= BLANKS.length;
      if (!response.write(BLANKS)) return;
    }
  };
  response.on("drain", write);
  write();
}
