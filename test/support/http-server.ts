import * as http from "node:http";
import * as https from "node:https";
import type { AddressInfo } from "node:net";
import { onTestFinished } from "vitest";

export interface SeenRequest {
  readonly method: string | undefined;
  readonly url: string | undefined;
  readonly authorization: string | undefined;
}

/** An HTTP server on loopback that gives the configured answers and remembers the requests. Ends with the test. */
export async function serveHttp(answer: http.RequestListener, tls?: https.ServerOptions) {
  const seen: SeenRequest[] = [];
  const listener: http.RequestListener = (request, response) => {
    seen.push({ method: request.method, url: request.url, authorization: request.headers.authorization });
    answer(request, response);
  };
  const server = tls === undefined ? http.createServer(listener) : https.createServer(tls, listener);
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => void server.close().closeAllConnections());
  const { port } = server.address() as AddressInfo;
  return { seen, server, domain: `127.0.0.1:${port}` };
}
