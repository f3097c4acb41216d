import type { ClientRequest } from "node:http";
import type { Socket } from "node:net";
import { errorCode } from "./error-code.ts";

/** Whether the other side closed the connection, as happens to a kept one at the moment of its next use. */
export function isClosedByPeer(error: unknown): boolean {
  const code = errorCode(error);
  // undici has a code of its own where the server closed in order.
  return code === "ECONNRESET" || code === "EPIPE" || code === "UND_ERR_SOCKET";
}

/**
 * The one rule for sending a request again, which is Go's: it is idempotent, it went over a kept connection, and that was
 * closed before any byte of the answer came. Servers may close a kept connection at any time, and need not say so before.
 * Each time one connection fewer is kept, so that in the end a new one is used, whose failure counts.
 *
 * Watches a request from its beginning; what it returns says whether the request may be sent again after this error.
 */
export function watchForRetry(request: ClientRequest): (error: unknown) => boolean {
  let answered = false;
  request.on("socket", (socket: Socket) => {
    const hear = () => {
      answered = true;
    };
    socket.once("data", hear);
    request.once("close", () => socket.off("data", hear));
  });
  const idempotent = request.method === "GET" || request.method === "HEAD";
  return (error) => idempotent && request.reusedSocket && !answered && isClosedByPeer(error);
}
