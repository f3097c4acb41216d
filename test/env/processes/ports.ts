import { randomInt } from "node:crypto";
import { once } from "node:events";
import { createServer, type Server } from "node:net";

/**
 * Below the ports that the kernel gives to outgoing connections (from 32768): while a server is stopped, none of them
 * can take its port, and a client that tries to reach it cannot be connected to itself.
 */
const LOWEST = 20_000;
const HIGHEST = 29_999;

/** A loopback port that nobody listens on for each name. They are held until all are found, so that they differ. */
export async function freePorts<Name extends string>(names: readonly Name[]): Promise<Record<Name, number>> {
  const held: Server[] = [];
  const ports: [Name, number][] = [];
  for (const name of names) {
    const { port, server } = await listenSomewhere();
    held.push(server);
    ports.push([name, port]);
  }
  await Promise.all(held.map((server) => once(server.close(), "close")));
  return Object.fromEntries(ports) as Record<Name, number>;
}

async function listenSomewhere(): Promise<{ port: number; server: Server }> {
  for (;;) {
    const port = randomInt(LOWEST, HIGHEST + 1);
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
