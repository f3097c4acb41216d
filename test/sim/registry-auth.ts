import type { Reply, SimRequest } from "./exchange.ts";
import { registryError, registryReply } from "./registry-reply.ts";

/** How a registry wants to know its clients. */
export type RegistryAuth =
  | { readonly mode: "none" }
  | { readonly mode: "basic"; readonly username: string; readonly password: string }
  | {
      readonly mode: "bearer";
      readonly username: string;
      readonly password: string;
      /** Taken by the token endpoint as a refresh token. */
      readonly identityToken?: string;
      /** Repositories that anybody may pull; default none. */
      readonly public?: readonly string[];
      /** Seconds; default 300. */
      readonly expiresIn?: number;
      /** Name of the token's field: both are found in the wild. */
      readonly tokenField?: "token" | "access_token";
      /** URL of the token endpoint, if it is not this registry's own `/token`. */
      readonly realm?: string;
    };

interface Grant {
  readonly repositories: readonly string[];
  readonly expiresAt: number;
}

const TOKEN = "/token";
const SERVICE = "sim-registry";

/** The guard of a registry, with the token endpoint that it sends its clients to. */
export class RegistryGuard {
  readonly #auth: RegistryAuth;
  readonly #tokens = new Map<string, Grant>();
  #issued = 0;

  constructor(auth: RegistryAuth) {
    this.#auth = auth;
  }

  /** From now on no token that was given out is valid. */
  revokeTokens(): void {
    this.#tokens.clear();
  }

  /** Undefined when the request may read the repository (or `/v2/` itself), else the challenge. */
  refusal(route: string, request: SimRequest, origin: string, repository?: string): Reply | undefined {
    const auth = this.#auth;
    const { authorization } = request.headers;
    if (auth.mode === "none") return undefined;
    if (auth.mode === "basic") {
      return isBasic(authorization, auth) ? undefined : unauthorized(route, `Basic realm="${SERVICE}"`, repository);
    }
    const bearer = /^Bearer (.*)$/i.exec(authorization ?? "")?.[1];
    const grant = bearer === undefined ? undefined : this.#tokens.get(bearer);
    const valid = grant !== undefined && grant.expiresAt > Date.now();
    if (valid && (repository === undefined || grant.repositories.includes(repository))) return undefined;
    const scope = repository === undefined ? "" : `,scope="repository:${repository}:pull"`;
    const error = bearer === undefined ? "" : `,error="${valid ? "insufficient_scope" : "invalid_token"}"`;
    const challenge = `Bearer realm="${auth.realm ?? `${origin}/token`}",service="${SERVICE}"${scope}${error}`;
    return unauthorized(route, challenge, repository);
  }

  /** `GET /token` with Basic or nothing, `POST /token` with a refresh token. A token comes also without any access. */
  token(request: SimRequest): Reply {
    const auth = this.#auth;
    if (auth.mode !== "bearer") return registryError(TOKEN, 404, "NOT_FOUND", "no token endpoint here");
    const parameters = request.method === "POST" ? new URLSearchParams(request.body) : request.query;
    const known =
      request.method === "POST" ? isRefresh(parameters, auth) : isBasic(request.headers.authorization, auth);
    const anonymous = request.method === "GET" && request.headers.authorization === undefined;
    if (!known && !anonymous) {
      return registryError(TOKEN, 401, "UNAUTHORIZED", "incorrect username or password");
    }
    const asked = scopedRepositories(parameters);
    const repositories = known ? asked : asked.filter((repository) => auth.public?.includes(repository));
    const { expiresIn = 300, tokenField = "token" } = auth;
    const token = `sim-token-${++this.#issued}`;
    this.#tokens.set(token, { repositories, expiresAt: Date.now() + expiresIn * 1_000 });
    return registryReply(TOKEN, 200, { [tokenField]: token, expires_in: expiresIn });
  }
}

function unauthorized(route: string, challenge: string, repository: string | undefined): Reply {
  const access = repository && [{ Type: "repository", Class: "", Name: repository, Action: "pull" }];
  const reply = registryError(route, 401, "UNAUTHORIZED", "authentication required", access ?? null);
  return { ...reply, headers: { ...reply.headers, "WWW-Authenticate": challenge } };
}

function isBasic(header: string | undefined, user: { username: string; password: string }): boolean {
  const expected = Buffer.from(`${user.username}:${user.password}`).toString("base64");
  return header === `Basic ${expected}`;
}

function isRefresh(form: URLSearchParams, auth: { readonly identityToken?: string }): boolean {
  const token = form.get("refresh_token");
  return form.get("grant_type") === "refresh_token" && token !== null && token === auth.identityToken;
}

function scopedRepositories(parameters: URLSearchParams): readonly string[] {
  return parameters.getAll("scope").flatMap((scope) => /^repository:(.+):.*pull/.exec(scope)?.[1] ?? []);
}
