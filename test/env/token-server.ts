import { createPrivateKey, randomUUID, sign, X509Certificate } from "node:crypto";
import { once } from "node:events";
import type { IncomingMessage } from "node:http";
import https from "node:https";
import type { AddressInfo } from "node:net";
import { text } from "node:stream/consumers";
import type { KeyPair } from "../support/pki.ts";

export interface TokenServerOptions {
  /** Its certificate, for `localhost`. */
  readonly serving: KeyPair;
  /** Signs the tokens; the registry knows the certificate. Its key is on the curve P-256. */
  readonly issuer: KeyPair;
  readonly service: string;
  readonly username: string;
  readonly password: string;
  /** Taken as a refresh token. */
  readonly identityToken: string;
  /** Repositories that everybody may pull. */
  readonly open?: readonly string[];
}

const LIFETIME_S = 300;

/** Issues tokens of the kind that docker-registry accepts: every known user may pull everything. */
export class TokenServer {
  readonly realm: string;
  readonly #server: https.Server;

  private constructor(server: https.Server, port: number) {
    this.#server = server;
    this.realm = `https://localhost:${port}/token`;
  }

  static async start(options: TokenServerOptions): Promise<TokenServer> {
    const { certPem, keyPem } = options.serving;
    const server = https.createServer({ cert: certPem, key: keyPem }, (request, response) => {
      answer(request, options).then(
        ({ status, body }) => response.writeHead(status, { "Content-Type": "application/json" }).end(body),
        (error: Error) => response.destroy(error),
      );
    });
    server.listen(0, "127.0.0.1");
    await once(server, "listening");
    return new TokenServer(server, (server.address() as AddressInfo).port);
  }

  async stop(): Promise<void> {
    this.#server.closeAllConnections();
    await once(this.#server.close(), "close");
  }
}

/** As the specification of the token service has it: by GET with Basic or nothing, by POST with a refresh token. */
async function answer(
  request: IncomingMessage,
  options: TokenServerOptions,
): Promise<{ readonly status: number; readonly body: string }> {
  const isPost = request.method === "POST";
  const query = new URL(request.url ?? "/", "https://localhost").searchParams;
  const parameters = isPost ? new URLSearchParams(await text(request)) : query;
  const basic = Buffer.from(`${options.username}:${options.password}`).toString("base64");
  const { authorization } = request.headers;
  const isKnown = isPost
    ? parameters.get("grant_type") === "refresh_token" && parameters.get("refresh_token") === options.identityToken
    : authorization === `Basic ${basic}`;
  if (!isKnown && (isPost || authorization !== undefined)) return { status: 401, body: "{}" };
  // Anonymous clients get a token, too: of most repositories it opens nothing.
  const scopes = parameters.getAll("scope");
  const asked = isKnown ? scopes : scopes.filter((scope) => options.open?.includes(scope.split(":")[1] ?? ""));
  const access = asked.map((scope) => {
    const [type, name, actions = ""] = scope.split(":");
    return { type, name, actions: actions.split(",") };
  });
  const token = signToken(options, access);
  return { status: 200, body: JSON.stringify({ [isPost ? "access_token" : "token"]: token, expires_in: LIFETIME_S }) };
}

function signToken({ issuer, service, username }: TokenServerOptions, access: readonly object[]): string {
  const now = Math.floor(Date.now() / 1_000);
  const header = { typ: "JWT", alg: "ES256", x5c: [new X509Certificate(issuer.certPem).raw.toString("base64")] };
  const claims = {
    iss: service,
    aud: service,
    sub: username,
    iat: now,
    nbf: now - 10,
    exp: now + LIFETIME_S,
    jti: randomUUID(),
    access,
  };
  const signed = [header, claims].map((part) => Buffer.from(JSON.stringify(part)).toString("base64url")).join(".");
  const key = { key: createPrivateKey(issuer.keyPem), dsaEncoding: "ieee-p1363" } as const;
  return `${signed}.${sign("sha256", Buffer.from(signed), key).toString("base64url")}`;
}
