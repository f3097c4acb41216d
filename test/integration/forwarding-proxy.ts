import { once } from "node:events";
import { createServer, type Server as HttpServer } from "node:http";
import { type AddressInfo, connect, createServer as createTcpServer, type Server, type Socket } from "node:net";

/** A proxy, for CONNECT or for SOCKS5, that leads every tunnel to one port of loopback, whatever name was asked for. */
export class ForwardingProxy implements AsyncDisposable {
  readonly #server: Server | HttpServer;
  /** The targets that were asked for. */
  readonly asked: string[] = [];

  private constructor(kind: "http" | "socks5", to: number) {
    this.#server = kind === "http" ? this.#httpServer(to) : this.#socksServer(to);
  }

  static async start(kind: "http" | "socks5", to: number): Promise<ForwardingProxy> {
    const proxy = new ForwardingProxy(kind, to);
    proxy.#server.listen(0, "127.0.0.1");
    await once(proxy.#server, "listening");
    return proxy;
  }

  get address(): string {
    return `127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#server.close();
    if ("closeAllConnections" in this.#server) this.#server.closeAllConnections();
  }

  #httpServer(to: number): HttpServer {
    return createServer().on("connect", (request, client: Socket) => {
      this.asked.push(request.url ?? "");
      client.write("HTTP/1.1 200 Connection established\r\n\r\n");
      join(client, to);
    });
  }

  /** Takes each message of the protocol as one chunk, which is how short writes arrive on loopback. */
  #socksServer(to: number): Server {
    return createTcpServer(async (client) => {
      client.on("error", () => client.destroy());
      await once(client, "data");
      client.write(Uint8Array.of(5, 0));
      const [request] = (await once(client, "data")) as [Buffer];
      const length = request[4] ?? 0;
      this.asked.push(`${request.subarray(5, 5 + length)}:${request.readUInt16BE(5 + length)}`);
      client.pause();
      client.write(Uint8Array.of(5, 0, 0, 1, 0, 0, 0, 0, 0, 0));
      join(client, to);
    });
  }
}

function join(client: Socket, to: number): void {
  const server = connect(to, "127.0.0.1");
  client.pipe(server).pipe(client);
  for (const [one, other] of [
    [client, server],
    [server, client],
  ] as const) {
    one.on("error", () => other.destroy());
    one.on("close", () => other.destroy());
  }
}
