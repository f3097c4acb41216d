import { randomInt } from "node:crypto";
import { once } from "node:events";
import { createServer, type Server } from "node:net";

/**
 * Below the ports that the kernel gives to outgoing connections (from 32768): while a server is stopped, none of them
 * can take its port, and a client that tries to reach it cannot be connected to itself.
 */
const LOWEST = 20_000;
const HIGHEST = 29_999;

/** Ports of servers that may not listen yet, or may be stopped for a while. */
const given = new Set<number>();

/** For each name, a loopback port that nobody listens on, and that this process has not given to anything else. */
export async function freePorts<Name extends string>(names: readonly Name[]): Promise<Record<Name, number>> {
  const held: Server[] = [];
  const ports: [Name, number][] = [];
  for (const name of names) {
    const { port, server } = await listenSomewhere();
    held.push(server);
    given.add(port);
    ports.push([name, port]);
  }
  await Promise.all(held.map((server) => once(server.close(), "close")));
  return Object.fromEntries(ports) as Record<Name, number>;
}

async function listenSomewhere(): Promise<{ port: number; server: Server }> {
  for (;;) {
    const port = randomInt(LOWEST, HIGHEST + 1);
    if (given.has(port)) continue;
    const server = await tryListen(port);
    if (server !== undefined) return { port, server };
  }
}

function tryListen(port: number): Promise<Server | undefined> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once("error", (error: NodeJS.ErrnoException) => {
      if (error.code === "EADDRINUSE") resolve(undefined);
      else reject(error);
    });
    server.listen(port, "127.0.0.1", () => resolve(server));
  });
}
