import { once } from "node:events";
import * as http from "node:http";
import * as https from "node:https";
import { type AddressInfo, connect, type Socket } from "node:net";
import { onTestFinished } from "vitest";

export interface HttpProxyOptions {
  /** Where the proxy finds names that nobody else knows. */
  readonly names?: Readonly<Record<string, string>>;
  /** What it wants to see of a client. */
  readonly credentials?: string;
  /** The status with which it refuses everything. */
  readonly refusesWith?: number;
  readonly tls?: { readonly cert: string; readonly key: string };
  /** The address to listen on. */
  readonly address?: string;
}

/** An HTTP proxy on loopback that goes away with the test. */
export async function startHttpProxy({
  names = {},
  credentials,
  refusesWith,
  tls,
  address = "127.0.0.1",
}: HttpProxyOptions = {}) {
  /** What it was asked for, such as `CONNECT registry.test:443`. */
  const seen: string[] = [];
  const sockets = new Set<Socket>();
  const expected = credentials && `Basic ${Buffer.from(credentials).toString("base64")}`;
  const statusFor = (request: http.IncomingMessage) => {
    seen.push(`${request.method} ${request.url}`);
    if (expected !== undefined && request.headers["proxy-authorization"] !== expected) return 407;
    return refusesWith;
  };
  const forward: http.RequestListener = (request, response) => {
    const status = statusFor(request);
    if (status !== undefined) return void response.writeHead(status).end();
    const url = new URL(request.url ?? "");
    const { "proxy-authorization": _, ...headers } = request.headers;
    const to = { host: names[url.hostname] ?? url.hostname, port: url.port, path: url.pathname + url.search };
    const outgoing = http.request({ ...to, method: request.method, headers, agent: false }, (answer) => {
      response.writeHead(answer.statusCode ?? 502, answer.headers);
      answer.pipe(response);
    });
    outgoing.on("error", () => response.writeHead(502).end());
    request.pipe(outgoing);
  };
  const server = tls === undefined ? http.createServer(forward) : https.createServer(tls, forward);
  server.on("connection", (socket: Socket) => sockets.add(socket));
  server.on("connect", (request: http.IncomingMessage, client: Socket, head: Buffer) => {
    client.on("error", () => {});
    const status = statusFor(request);
    if (status !== undefined) return void client.end(`HTTP/1.1 ${status} No\r\n\r\n`);
    const { hostname, port } = new URL(`http://${request.url}`);
    const upstream = connect({ host: names[hostname] ?? hostname.replace(/^\[|\]$/g, ""), port: Number(port || 80) });
    sockets.add(upstream);
    upstream.on("error", () => client.destroy());
    upstream.once("connect", () => {
      client.write("HTTP/1.1 200 Connection established\r\n\r\n");
      upstream.write(head);
      client.pipe(upstream).pipe(client);
    });
  });
  server.listen(0, address);
  await once(server, "listening");
  onTestFinished(() => {
    server.close();
    for (const socket of sockets) socket.destroy();
  });
  const { port } = server.address() as AddressInfo;
  return { url: new URL(`${tls === undefined ? "http" : "https"}://${address}:${port}`), seen };
}
