import type { ClientRequest } from "node:http";
import type { Socket } from "node:net";
import { errorCode } from "./error-code.ts";

/** Whether the peer closed the connection, which can happen to a kept connection just when it is used again. */
export function isClosedByPeer(error: unknown): boolean {
  const code = errorCode(error);
  // undici uses its own code if the server closed the connection in an orderly way.
  return code === "ECONNRESET" || code === "EPIPE" || code === "UND_ERR_SOCKET";
}

/**
 * Implements the only rule for sending a request again, which is that of Go: the request is idempotent, it used a kept
 * connection, and the connection was closed before any byte of the answer arrived. Servers may close a kept connection
 * at any time without notice. Each retry uses up a kept connection, so that finally a new one is used, whose failure
 * counts.
 *
 * Watches a request from its start. The returned function says whether the request may be sent again after an error.
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
