import type { Challenge } from "./challenge.ts";
import { parseObject } from "./json.ts";
import type { RegistryCredential } from "./registry-credentials.ts";

/** A request to the token service that a bearer challenge names. */
export interface TokenRequest {
  readonly method: "GET" | "POST";
  readonly url: URL;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string;
}

export interface Token {
  readonly value: string;
  readonly lifetimeMs: number;
}

const CLIENT_ID = "dockerhost-operator";
/** The lifetime that the specification defines for a token without one. */
const DEFAULT_LIFETIME_S = 60;
const LONGEST_LIFETIME_S = 3_600;

/** The longest tokens in use have 8 KiB, and most servers do not accept a longer header. */
const MAX_TOKEN_LENGTH = 16 * 1024;
/** The characters that RFC 6750 allows. Anything else in an answer must not be sent to a registry. */
const BEARER_TOKEN = /^[A-Za-z0-9._~+/-]+=*$/;

/**
 * The request for a token with this scope (`repository:team/app:pull`). A string explains why the challenge cannot be
 * followed: a realm without TLS is refused for a registry with TLS, because credentials are sent there.
 */
export function tokenRequest(
  challenge: Challenge,
  scope: string,
  credential: RegistryCredential | undefined,
  allowPlain: boolean,
): TokenRequest | string {
  const realm = challenge.parameters.get("realm") ?? "";
  if (!URL.canParse(realm)) return "its challenge names no token service";
  const url = new URL(realm);
  if (url.protocol !== "https:" && !(allowPlain && url.protocol === "http:")) {
    return "its token service is not served over TLS, and is not asked";
  }
  if (url.username !== "" || url.password !== "") return "its challenge names a token service with a user in the URL";
  url.hash = "";

  const service = challenge.parameters.get("service");
  const wanted: Record<string, string> = {
    ...(service !== undefined && { service }),
    scope,
  };
  if (credential?.kind === "identityToken") {
    const form = { grant_type: "refresh_token", ...wanted, client_id: CLIENT_ID, refresh_token: credential.token };
    return {
      method: "POST",
      url,
      headers: { "Content-Type": "application/x-www-form-urlencoded" },
      body: new URLSearchParams(form).toString(),
    };
  }
  for (const [name, value] of Object.entries(wanted)) url.searchParams.set(name, value);
  return {
    method: "GET",
    url,
    headers: credential?.kind === "basic" ? { Authorization: basicHeader(credential) } : {},
  };
}

export function basicHeader(credential: { readonly username: string; readonly password: string }): string {
  return `Basic ${Buffer.from(`${credential.username}:${credential.password}`).toString("base64")}`;
}

/** The token in a token service's answer; undefined if it does not contain one that can be sent. */
export function readToken(body: string): Token | undefined {
  const answer = parseObject(body);
  // Both names are in use; Docker's own service sends both.
  const value = [answer?.token, answer?.access_token].find((token) => typeof token === "string" && token !== "");
  if (typeof value !== "string" || value.length > MAX_TOKEN_LENGTH || !BEARER_TOKEN.test(value)) return undefined;
  const seconds = typeof answer?.expires_in === "number" ? answer.expires_in : DEFAULT_LIFETIME_S;
  return { value, lifetimeMs: Math.min(Math.max(seconds, 0), LONGEST_LIFETIME_S) * 1_000 };
}
