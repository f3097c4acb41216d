import { createServer, type RequestListener } from "node:http";
import type { Socket } from "node:net";
import { type Pki, tlsListener, verifying } from "../pki.ts";
import type { Client, Row, Serve } from "../row.ts";

const PLAIN: Client = { mode: "plain" };
const NOT_TLS = /server gave HTTP response to HTTPS client|first record does not look like a TLS handshake/;

/** Servers that speak something else, and versions of the API that are not spoken. */
export function foreignServerRows(pki: Pki, daemon: Client): readonly Row[] {
  const verify = verifying(pki.root);
  const tls = (serve: Serve) => ({ ...tlsListener(pki.soundServer), serve });
  const page = http((_request, response) =>
    response.writeHead(200, { "content-type": "text/html" }).end("<html>hello</html>"),
  );
  const redirect = http((_request, response) => response.writeHead(302, { location: "/login" }).end());
  const failing = http((_request, response) => response.writeHead(502).end("<html>bad gateway</html>"));
  const json = http((_request, response) =>
    response.writeHead(404, { "content-type": "application/json" }).end('{"message":"page not found"}'),
  );
  // All of them wait for the client to speak, or Go might take the answer for one to nothing.
  const ssh: Serve = (socket) => socket.once("data", () => socket.end("SSH-2.0-OpenSSH_9.2p1\r\n"));
  const noise: Serve = (socket) => socket.once("data", () => socket.end(Buffer.alloc(64)));
  const closing: Serve = (socket) => socket.once("data", () => socket.end());
  const resetting: Serve = (socket) => socket.once("data", () => socket.resetAndDestroy());
  const notDocker = { product: "NotADockerEndpoint" } as const;
  const malformed = /malformed HTTP (response|status|version)|unexpected EOF|EOF/;
  return [
    {
      what: "a plain client to dockerd 20.10 with TLS",
      listener: { kind: "dockerd", engine: "old" },
      client: PLAIN,
      docker: HTTPS,
      product: "ServerRequiresTLS",
    },
    {
      what: "a plain client to dockerd 29 with TLS",
      listener: { kind: "dockerd", engine: "new" },
      client: PLAIN,
      docker: HTTPS,
      product: "ServerRequiresTLS",
    },
    {
      what: "a plain client to OpenSSL's TLS",
      listener: tlsListener(pki.soundServer),
      client: PLAIN,
      docker: /EOF|malformed|reset/,
      product: "ConnectionReset",
    },
    {
      what: "a TLS client to a plain daemon",
      listener: { kind: "tcp" },
      client: verify,
      docker: NOT_TLS,
      product: "ServerNotTLS",
    },
    {
      what: "a TLS client to an SSH server",
      listener: { kind: "tcp", serve: ssh },
      client: verify,
      docker: NOT_TLS,
      product: "ServerNotTLS",
    },
    {
      what: "a TLS client to noise",
      listener: { kind: "tcp", serve: noise },
      client: verify,
      docker: NOT_TLS,
      product: "ServerNotTLS",
    },
    {
      what: "a TLS client to a page",
      listener: { kind: "tcp", serve: page },
      client: verify,
      docker: NOT_TLS,
      product: "ServerNotTLS",
    },
    {
      what: "a TLS client to what closes",
      listener: { kind: "tcp", serve: closing },
      client: verify,
      docker: /EOF/,
      product: "ConnectionReset",
    },
    {
      what: "a TLS client to what resets",
      listener: { kind: "tcp", serve: resetting },
      client: verify,
      docker: /connection reset by peer/,
      product: "ConnectionReset",
    },
    {
      what: "a page",
      listener: { kind: "tcp", serve: page },
      client: PLAIN,
      docker: /invalid character '<'/,
      ...notDocker,
    },
    { what: "a page over TLS", listener: tls(page), client: verify, docker: /invalid character '<'/, ...notDocker },
    {
      what: "a redirection",
      listener: { kind: "tcp", serve: redirect },
      client: PLAIN,
      docker: /EOF|redirect|invalid character/,
      ...notDocker,
    },
    {
      what: "a proxy without its daemon",
      listener: { kind: "tcp", serve: failing },
      client: PLAIN,
      docker: /bad gateway|502|invalid character/,
      product: "ConnectionFailed",
    },
    {
      what: "another API",
      listener: { kind: "tcp", serve: json },
      client: PLAIN,
      docker: /page not found/,
      ...notDocker,
    },
    { what: "an SSH server", listener: { kind: "tcp", serve: ssh }, client: PLAIN, docker: malformed, ...notDocker },
    { what: "noise", listener: { kind: "tcp", serve: noise }, client: PLAIN, docker: malformed, ...notDocker },
    {
      what: "what closes",
      listener: { kind: "tcp", serve: closing },
      client: PLAIN,
      docker: /EOF/,
      product: "ConnectionReset",
    },
    {
      what: "what resets",
      listener: { kind: "tcp", serve: resetting },
      client: PLAIN,
      docker: /connection reset by peer/,
      product: "ConnectionReset",
    },
    ...(["old", "new"] as const).flatMap((engine) => versionRows(engine, daemon)),
  ];
}

const HTTPS = /Client sent an HTTP request to an HTTPS server/;

function versionRows(engine: "old" | "new", daemon: Client): readonly Row[] {
  const name = engine === "old" ? "dockerd 20.10" : "dockerd 29";
  const row = (apiVersion: string): Pick<Row, "what" | "listener" | "client"> => ({
    what: `API ${apiVersion} of ${name}`,
    listener: { kind: "dockerd", engine },
    client: { ...daemon, apiVersion },
  });
  const refused = { docker: /client version .* is too (old|new)/, product: "APIVersionUnsupported" } as const;
  const connects = { docker: "connects", product: "Ready" } as const;
  return [
    { ...row("1.11"), ...refused },
    { ...row("1.41"), ...connects },
    { ...row("1.99"), ...refused },
    ...(engine === "old"
      ? [{ ...row("1.24"), ...connects }]
      : [
          { ...row("1.39"), ...refused },
          { ...row("1.45"), ...connects },
        ]),
  ];
}

function http(handler: RequestListener): Serve {
  const server = createServer(handler);
  return (socket: Socket) => server.emit("connection", socket);
}
