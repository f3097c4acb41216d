import type { Server } from "node:http";
import type { AddressInfo } from "node:net";
import { failure, type Result, success } from "./result.ts";

export interface ListenOptions {
  /** The address to bind. */
  readonly host: string;
  /** 0 for any free one. */
  readonly port: number;
  /** Closes the server with all its connections. */
  readonly signal: AbortSignal;
}

export interface Listening {
  readonly port: number;
  readonly closed: Promise<void>;
}

/** Lets a server listen until the signal fires. The failure is the system's words. */
export function listen(server: Server, { signal, ...address }: ListenOptions): Promise<Result<Listening, string>> {
  return new Promise((resolve) => {
    const stop = () => {
      server.close();
      server.closeAllConnections();
    };
    const closed = new Promise<void>((done) => server.once("close", done));
    // Also after the start, or the next error would end the process: a connection that could not be accepted, as when
    // there are too many open files, concerns nobody else. Only the first failure to listen settles the promise.
    server.on("error", (error) => resolve(failure(error.message)));
    server.listen(address, () => {
      // A TCP server's address is never a pipe's name, and it listens.
      const { port } = server.address() as AddressInfo;
      if (signal.aborted) stop();
      signal.addEventListener("abort", stop, { once: true });
      resolve(success({ port, closed }));
    });
  });
}
