import type { Server } from "node:http";
import type { AddressInfo } from "node:net";
import { failure, type Result, success } from "./result.ts";

export interface ListenOptions {
  /** The address to bind. */
  readonly host: string;
  /** 0 lets the system choose a free port. */
  readonly port: number;
  /** Closes the server and all its connections. */
  readonly signal: AbortSignal;
}

export interface Listening {
  readonly port: number;
  readonly closed: Promise<void>;
}

/** Makes a server listen until the signal fires. A failure is the message of the system. */
export function listen(server: Server, { signal, ...address }: ListenOptions): Promise<Result<Listening, string>> {
  return new Promise((resolve) => {
    const stop = () => {
      server.close();
      server.closeAllConnections();
    };
    const closed = new Promise<void>((done) => server.once("close", done));
    // Keep listening for errors after the start, or the next one would end the process. A connection that cannot be
    // accepted, for example because too many files are open, must not affect others. Only the first failure settles the
    // promise.
    server.on("error", (error) => resolve(failure(error.message)));
    server.listen(address, () => {
      // A TCP server that is listening has an address, which is not the name of a pipe.
      const { port } = server.address() as AddressInfo;
      if (signal.aborted) stop();
      signal.addEventListener("abort", stop, { once: true });
      resolve(success({ port, closed }));
    });
  });
}
