import { createServer, request } from "node:http";
import { type Pki, tlsListener, verifying } from "../pki.ts";
import type { Client, Listener, Row, Serve } from "../row.ts";

const PLAIN: Client = { mode: "plain" };
const DAEMON: Listener = { kind: "tcp" };

/** How a daemon is named. */
export function endpointRows(pki: Pki, daemonSocket: string): readonly Row[] {
  const verify = verifying(pki.root);
  const connects = { docker: "connects", product: "Ready" } as const;
  const socket = (state: "daemon" | "absent" | "dead"): Listener => ({ kind: "socket", state });
  const invalid = {
    docker: /invalid bind address|Invalid bind address|unable to parse|invalid proto/i,
    client: PLAIN,
    listener: DAEMON,
  };
  return [
    { what: "tcp:// in plaintext", listener: DAEMON, client: PLAIN, ...connects },
    {
      what: "tcp:// with an IPv6 address",
      host: "tcp://[::1]:PORT",
      listener: { kind: "tcp", address: "::1" },
      client: PLAIN,
      ...connects,
    },
    { what: "tcp:// with a name", host: "tcp://edge-7.fleet.test:PORT", listener: DAEMON, client: PLAIN, ...connects },
    {
      what: "tcp:// with a name that ends in a dot",
      host: "tcp://edge-7.fleet.test.:PORT",
      listener: DAEMON,
      client: PLAIN,
      ...connects,
    },
    {
      what: "tcp:// with a slash at its end",
      host: "tcp://127.0.0.1:PORT/",
      listener: DAEMON,
      client: PLAIN,
      ...connects,
    },
    {
      what: "tcp:// with a path before every request",
      host: "tcp://127.0.0.1:PORT/hosts/edge-7",
      listener: { kind: "tcp", serve: below("/hosts/edge-7", daemonSocket) },
      client: PLAIN,
      ...connects,
    },
    {
      what: "tcp:// with TLS and a path before every request",
      host: "tcp://127.0.0.1:PORT/hosts/edge-7",
      listener: { ...tlsListener(pki.soundServer), serve: below("/hosts/edge-7", daemonSocket) },
      client: verify,
      ...connects,
    },
    {
      what: "tcp:// with a path that the proxy does not have",
      host: "tcp://127.0.0.1:PORT/hosts/edge-8",
      listener: { kind: "tcp", serve: below("/hosts/edge-7", daemonSocket) },
      client: PLAIN,
      docker: /page not found|404/,
      product: "NotADockerEndpoint",
    },
    {
      what: "a name without an address",
      host: "tcp://nowhere.fleet.test:PORT",
      listener: DAEMON,
      client: PLAIN,
      resolves: false,
      docker: /lookup nowhere\.fleet\.test|Cannot connect/,
      product: "NameResolutionFailed",
    },
    {
      what: "a port on which nobody listens",
      listener: { kind: "closed" },
      client: PLAIN,
      docker: /Cannot connect to the Docker daemon/,
      product: "ConnectionRefused",
    },
    {
      what: "a port on which nobody listens, with TLS",
      listener: { kind: "closed" },
      client: verify,
      docker: /Cannot connect to the Docker daemon/,
      product: "ConnectionRefused",
    },
    { what: "unix://", host: "unix://SOCKET", listener: socket("daemon"), client: PLAIN, ...connects },
    {
      what: "unix:// without a socket",
      host: "unix://SOCKET",
      listener: socket("absent"),
      client: PLAIN,
      docker: /Cannot connect to the Docker daemon|no such file/,
      product: "SocketNotFound",
    },
    {
      what: "unix:// with a socket that was left behind",
      host: "unix://SOCKET",
      listener: socket("dead"),
      client: PLAIN,
      docker: /Cannot connect to the Docker daemon|connection refused/,
      product: "ConnectionRefused",
    },
    {
      what: "unix:// with --tlsverify",
      host: "unix://SOCKET",
      listener: socket("daemon"),
      client: verify,
      ...connects,
      // 20.10 takes the socket for a host name then.
      old: /no such host/,
    },
    {
      ...invalid,
      what: "http://",
      host: "http://127.0.0.1:PORT",
      product: "Ready",
      difference: "The scheme decides: http:// is plaintext, as in Watchtower and the SDKs.",
    },
    {
      ...invalid,
      what: "https://",
      host: "https://127.0.0.1:PORT",
      listener: tlsListener(pki.soundServer),
      client: verify,
      product: "Ready",
      difference: "The scheme decides: https:// is TLS, as in Watchtower and the SDKs.",
    },
    {
      what: "a scheme in capitals",
      host: "TCP://127.0.0.1:PORT",
      listener: DAEMON,
      client: PLAIN,
      docker: invalid.docker,
      product: "Ready",
      difference: "URL schemes are case-insensitive (RFC 3986).",
    },
    {
      what: "no scheme",
      host: "127.0.0.1:PORT",
      listener: DAEMON,
      client: PLAIN,
      docker: "connects",
      product: "InvalidSpec",
      difference: "Without a scheme, the product would have to guess whether TLS is meant.",
    },
    {
      what: "a port without a host",
      host: "tcp://:PORT",
      listener: DAEMON,
      client: PLAIN,
      docker: "connects",
      product: "InvalidSpec",
      difference: "The address would be the controller's own machine, which spec.host must name explicitly.",
    },
    {
      what: "a user and a password",
      host: "tcp://user:password@127.0.0.1:PORT",
      listener: DAEMON,
      client: PLAIN,
      docker: "connects",
      product: "InvalidSpec",
      difference: "spec.host must not contain a password, because many users can read it. Docker ignores it.",
    },
    { ...invalid, what: "an unknown scheme", host: "ftp://127.0.0.1:PORT", product: "InvalidSpec" },
    {
      ...invalid,
      what: "a port that is not a number",
      host: "tcp://127.0.0.1:docker",
      docker: /invalid port/,
      product: "InvalidSpec",
    },
    {
      what: "--tlsverify without any file",
      listener: DAEMON,
      client: { mode: "verify" },
      docker: "connects",
      product: "ServerNotTLS",
      difference:
        "Docker then uses plaintext without a warning. The product never falls back to a less secure connection.",
    },
  ];
}

/** A proxy that serves the daemon below a path. */
function below(prefix: string, socketPath: string): Serve {
  const proxy = createServer((incoming, outgoing) => {
    const { url = "", method, headers } = incoming;
    if (!url.startsWith(`${prefix}/`))
      return outgoing.writeHead(404, { "content-type": "text/html" }).end("<html>404 page not found</html>");
    const forwarded = request({ socketPath, path: url.slice(prefix.length), method, headers }, (answer) => {
      outgoing.writeHead(answer.statusCode ?? 500, answer.headers);
      answer.pipe(outgoing);
    });
    return incoming.pipe(forwarded);
  });
  return (socket) => proxy.emit("connection", socket);
}
