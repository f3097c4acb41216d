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
  #held: { readonly change: number; readonly resolve: () => void } | undefined;
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

  /**
   * Never gives the client the answer to one changing request, which the daemon has carried out. Resolves when it has.
   * Counts from the next one, which is number 1.
   */
  holdAnswer(change: number): Promise<void> {
    this.changes.length = 0;
    this.#cutAt = undefined;
    return new Promise((resolve) => {
      this.#held = { change, resolve };
    });
  }

  /** As if the host were gone: nobody listens, and what was open is cut. */
  async goAway(): Promise<void> {
    const closed = new Promise((resolve) => this.#server.close(resolve));
    for (const socket of this.#sockets) socket.destroy();
    await closed;
  }

  async comeBack(): Promise<void> {
    await rm(this.path, { force: true });
    await new Promise<void>((resolve) => this.#server.listen(this.path, resolve));
  }

  /** Counts from the next changing request, which is number 1. */
  cutAt(change: number, cut: Cut): void {
    this.changes.length = 0;
    this.#held = undefined;
    this.#cutAt = { change, cut };
  }

  close(): Promise<void> {
    return this.goAway();
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
    let hold: (() => void) | undefined;
    client.on("data", (chunk) => {
      // One request at a time, whose head comes in one piece.
      const [, method, path] = /^(POST|DELETE) (\S+) HTTP/.exec(chunk.toString("latin1")) ?? [];
      if (method !== undefined && path !== undefined) {
        this.changes.push(`${method} ${path.replace(/\?.*$/, "").replace(/[0-9a-f]{64}/, "{id}")}`);
        if (this.changes.length === this.#held?.change) hold = this.#held.resolve;
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
      if (hold !== undefined) hold();
      else if (cutAnswer) client.destroy();
      else client.write(chunk);
    });
  }
}
