import { once } from "node:events";
import net, { type AddressInfo, type Socket } from "node:net";
import tls, { type TLSSocket, type TlsOptions } from "node:tls";

/** A server that does on each connection just what a test says. */
export interface RawServer {
  readonly port: number;
  /** Connections that were ever accepted, and those of them that are still open. */
  readonly accepted: number;
  readonly open: number;
  close(): Promise<void>;
}

export function startRawServer(onConnection: (socket: Socket) => void): Promise<RawServer> {
  return listen(net.createServer(onConnection));
}

/** The handler runs after the handshake. */
export function startRawTlsServer(options: TlsOptions, onConnection: (socket: TLSSocket) => void): Promise<RawServer> {
  return listen(tls.createServer(options, onConnection));
}

async function listen(server: net.Server): Promise<RawServer> {
  const sockets = new Set<Socket>();
  let accepted = 0;
  let closed: Promise<unknown> | undefined;
  server.on("connection", (socket: Socket) => {
    accepted++;
    sockets.add(socket);
    socket.on("error", () => socket.destroy()); // the client's business: it went away
    socket.on("close", () => sockets.delete(socket));
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return {
    port: (server.address() as AddressInfo).port,
    get accepted() {
      return accepted;
    },
    get open() {
      return sockets.size;
    },
    async close() {
      closed ??= once(server.close(), "close");
      for (const socket of sockets) socket.destroy();
      await closed;
    },
  };
}
