import { once } from "node:events";
import { mkdtemp, rename, rm } from "node:fs/promises";
import net, { type AddressInfo, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import tls from "node:tls";
import type { DockerFacts } from "../env/docker.ts";
import { freePorts } from "../env/processes/ports.ts";
import type { Listener, Serve } from "./row.ts";

export interface Daemons {
  readonly old: DockerFacts;
  readonly new: DockerFacts;
}

export interface RunningListener {
  /** Puts its port and its socket into a host. */
  fill(host: string): string;
  close(): Promise<void>;
}

const nothing = async () => {};

export async function startListener(listener: Listener, daemons: Daemons): Promise<RunningListener> {
  switch (listener.kind) {
    case "dockerd":
      return onPort(Number(new URL(daemons[listener.engine].host).port), nothing);
    case "closed":
      return onPort((await freePorts(["closed"])).closed, nothing);
    case "socket":
      return await startSocket(listener.state, daemons.new.socket);
    case "tcp":
      return await listen(net.createServer(), "connection", listener.serve, listener.address, daemons);
    case "tls": {
      const { identity, options, serve, address } = listener;
      const server = tls.createServer({ cert: identity.certPem, key: identity.keyPem, ...options });
      return await listen(server, "secureConnection", serve, address, daemons);
    }
  }
}

function onPort(port: number, close: () => Promise<void>): RunningListener {
  return { fill: (host) => host.replaceAll("PORT", String(port)), close };
}

async function listen(
  server: net.Server,
  event: "connection" | "secureConnection",
  serve: Serve = (socket) => connectBoth(socket, net.connect(daemons.new.socket)),
  address: string | undefined,
  daemons: Daemons,
): Promise<RunningListener> {
  const sockets = new Set<Socket>();
  server.on("connection", (socket: Socket) => {
    sockets.add(socket);
    socket.on("error", () => socket.destroy()); // refusals are what the rows are about
    socket.on("close", () => sockets.delete(socket));
  });
  server.on(event, (socket: Socket) => {
    socket.on("error", () => socket.destroy());
    serve(socket);
  });
  server.listen(0, address ?? "127.0.0.1");
  await once(server, "listening");
  return onPort((server.address() as AddressInfo).port, async () => {
    for (const socket of sockets) socket.destroy();
    server.close();
    await once(server, "close");
  });
}

function connectBoth(one: Socket, other: Socket): void {
  for (const [from, to] of [
    [one, other],
    [other, one],
  ] as const) {
    from.pipe(to);
    from.on("error", () => to.destroy());
    from.on("close", () => to.destroy());
  }
}

async function startSocket(state: "daemon" | "absent" | "dead", daemon: string): Promise<RunningListener> {
  const folder = await mkdtemp(join(tmpdir(), "dockerhost-sock-"));
  const path = join(folder, "docker.sock");
  if (state === "dead") {
    const server = net.createServer().listen(`${path}.new`);
    await once(server, "listening");
    // Under another name, or Node would take it away at the end.
    await rename(`${path}.new`, path);
    server.close();
    await once(server, "close");
  }
  const socket = state === "daemon" ? daemon : path;
  return {
    fill: (host) => host.replaceAll("SOCKET", socket),
    close: () => rm(folder, { recursive: true, force: true }),
  };
}
