import { rm } from "node:fs/promises";
import { connect, createServer, type Server, type Socket } from "node:net";

/** Where a connection is cut: the daemon never sees the request, or the client never sees its answer. */
export type Cut = "before" | "after";

/** A Unix socket in front of a daemon's that cuts the connection at one changing request. */
export class CuttingProxy {
  readonly path: string;
  /** Method and path of the changing requests, without ids. */
  readonly changes: string[] = [];
  #cutAt: { readonly change: number; readonly cut: Cut } | undefined;
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();

  private constructor(path: string, daemon: string) {
    this.path = path;
    this.#server = createServer((client) => this.#serve(client, daemon));
  }

  static async listen(path: string, daemon: string): Promise<CuttingProxy> {
    await rm(path, { force: true });
    const proxy = new CuttingProxy(path, daemon);
    await new Promise<void>((resolve) => proxy.#server.listen(path, resolve));
    return proxy;
  }

  /** Counts from the next changing request, which is number 1. */
  cutAt(change: number, cut: Cut): void {
    this.changes.length = 0;
    this.#cutAt = { change, cut };
  }

  async close(): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  #serve(client: Socket, daemon: string): void {
    const upstream = connect(daemon);
    for (const socket of [client, upstream]) {
      this.#sockets.add(socket);
      socket.on("error", () => socket.destroy());
      socket.on("close", () => {
        this.#sockets.delete(socket);
        (socket === client ? upstream : client).destroy();
      });
    }
    let cutAnswer = false;
    client.on("data", (chunk) => {
      // One request at a time, whose head comes in one piece.
      const [, method, path] = /^(POST|DELETE) (\S+) HTTP/.exec(chunk.toString("latin1")) ?? [];
      if (method !== undefined && path !== undefined) {
        this.changes.push(`${method} ${path.replace(/\?.*$/, "").replace(/[0-9a-f]{64}/, "{id}")}`);
        if (this.changes.length === this.#cutAt?.change) {
          if (this.#cutAt.cut === "before") {
            client.destroy();
            return;
          }
          cutAnswer = true;
        }
      }
      upstream.write(chunk);
    });
    upstream.on("data", (chunk) => {
      if (cutAnswer) client.destroy();
      else client.write(chunk);
    });
  }
}
