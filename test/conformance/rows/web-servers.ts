import { createServer, type RequestListener } from "node:http";
import type { Socket } from "node:net";
import { type Pki, tlsListener, verifying } from "../pki.ts";
import type { Client, Row, Serve } from "../row.ts";

const PLAIN: Client = { mode: "plain" };

/** What nginx 1.22 answers; test/integration/web-server.test.ts asks a real one for the same. */
function nginx(status: number, title: string, heading = title): RequestListener {
  const page = `<html>\r\n<head><title>${title}</title></head>\r\n<body>\r\n<center><h1>${heading}</h1></center>\r\n<hr><center>nginx/1.22.1</center>\r\n</body>\r\n</html>\r\n`;
  return (_request, response) => response.writeHead(status, { "Content-Type": "text/html" }).end(page);
}

/** A web server in front of a daemon names the cause itself: docker passes its page on, the product says what it means. */
export function webServerRows(pki: Pki): readonly Row[] {
  const none = verifying(pki.root);
  const shown: Client = { ...none, cert: pki.soundClient.certPem, key: pki.soundClient.keyPem };
  const tls = (handler: RequestListener) => ({ ...tlsListener(pki.soundServer), serve: http(handler) });
  const tcp = (handler: RequestListener) => ({ kind: "tcp", serve: http(handler) }) as const;
  const moved = (status: number): RequestListener => {
    return (request, response) =>
      response.writeHead(status, { Location: `https://127.0.0.1:1${request.url}` }).end("<html>moved</html>");
  };
  const login = (challenge: string): RequestListener => {
    return (_request, response) =>
      response.writeHead(401, { "WWW-Authenticate": challenge }).end("<html>401 Authorization Required</html>");
  };
  const required = nginx(400, "400 No required SSL certificate was sent", "400 Bad Request");
  const refused = nginx(400, "400 The SSL certificate error", "400 Bad Request");
  const plain = nginx(400, "400 The plain HTTP request was sent to HTTPS port", "400 Bad Request");
  const denied = nginx(403, "403 Forbidden");
  return [
    row(
      "nginx that was sent no client certificate",
      tls(required),
      none,
      /No required SSL certificate/,
      "ClientCertificateRequired",
    ),
    row(
      "nginx that was sent a client certificate it refuses",
      tls(refused),
      shown,
      /The SSL certificate error/,
      "ClientCertificateRejected",
    ),
    row(
      "nginx that takes plain HTTP on its TLS port for a mistake",
      tcp(plain),
      PLAIN,
      /plain HTTP request was sent/,
      "ServerRequiresTLS",
    ),
    row("nginx that denies clients without a certificate", tls(denied), none, /403 Forbidden/, "PermissionDenied"),
    row("a redirect to TLS by 301", tcp(moved(301)), PLAIN, ANY_FAILURE, "ServerRequiresTLS"),
    row("a redirect to TLS by 308", tcp(moved(308)), PLAIN, ANY_FAILURE, "ServerRequiresTLS"),
    row(
      "a proxy that wants a user and a password",
      tcp(login('Basic realm="fleet"')),
      PLAIN,
      /401 Authorization Required/,
      "PermissionDenied",
    ),
    row(
      "a proxy that wants a token, over TLS",
      tls(login('Bearer realm="fleet"')),
      none,
      /401 Authorization Required/,
      "PermissionDenied",
    ),
  ];
}

/** Docker follows the redirect to where nobody listens, or refuses to follow it. */
const ANY_FAILURE = /redirect|Cannot connect|refused|EOF|invalid character/;

function row(what: string, listener: Row["listener"], client: Client, docker: RegExp, product: Row["product"]): Row {
  return { what, listener, client, docker, product };
}

function http(handler: RequestListener): Serve {
  const server = createServer(handler);
  return (socket: Socket) => server.emit("connection", socket);
}
