import { connect, createServer, type Server, type Socket } from "node:net";

/** A way to a server of this machine that can be made to fall silent: it then still takes connections, and says nothing. */
export class StallableProxy {
  readonly port: number;
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();
  #silent = false;
  #unanswered = 0;
  #accepted = 0;

  private constructor(server: Server, port: number) {
    this.#server = server;
    this.port = port;
  }

  /** @param target `HOST:PORT` */
  static async start(target: string): Promise<StallableProxy> {
    const { hostname, port } = new URL(`tcp://${target}`);
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const address = server.address();
    if (address === null || typeof address === "string") throw new Error("the proxy has no port");
    const proxy = new StallableProxy(server, address.port);
    server.on("connection", (socket) => proxy.#accept(socket, () => connect(Number(port), hostname)));
    return proxy;
  }

  /** How many connections it has taken, in all. */
  get accepted(): number {
    return this.#accepted;
  }

  /** How many connections have been left without an answer. */
  get unanswered(): number {
    return this.#unanswered;
  }

  /** From now on nobody is answered. */
  stall(): void {
    this.#silent = true;
  }

  close(): void {
    this.#server.close();
    for (const socket of this.#sockets) socket.destroy();
  }

  #accept(socket: Socket, dial: () => Socket): void {
    this.#hold(socket);
    this.#accepted++;
    if (this.#silent) {
      this.#unanswered++;
      return;
    }
    const upstream = dial();
    this.#hold(upstream);
    socket.pipe(upstream).pipe(socket);
  }

  #hold(socket: Socket): void {
    this.#sockets.add(socket);
    // The other side may well cut it: that is what it is for.
    socket.on("error", () => socket.destroy());
    socket.on("close", () => this.#sockets.delete(socket));
  }
}
