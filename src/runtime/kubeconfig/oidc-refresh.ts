import { Agent, request } from "undici";
import { readBounded } from "../../common/bounded-body.ts";
import type { Clock } from "../../common/clock.ts";
import { startDeadline } from "../../common/deadline.ts";
import { failure, type Result, success } from "../../common/result.ts";
import { trustRoots } from "../../common/trust-roots.ts";
import { failureFromError } from "../api-error.ts";
import { isRecord } from "../kube-object.ts";
import { createConnector } from "../proxy/connector.ts";
import { proxyFromEnvironment } from "../proxy/proxy-environment.ts";
import { material } from "./material.ts";
import { isLoopback } from "./problems.ts";

export interface OidcSurroundings {
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly clock: Clock;
  readonly signal: AbortSignal;
  readonly warn: (message: string) => void;
}

export interface OidcAnswer {
  readonly idToken: string;
  /** Set if the issuer replaced it. */
  readonly refreshToken: string | undefined;
}

type Config = Readonly<Record<string, string>>;
type Call = (url: URL, form?: URLSearchParams, login?: string) => Promise<Result<Answer, string>>;

interface Answer {
  readonly status: number;
  readonly body: Readonly<Record<string, unknown>>;
}

const TIMEOUT_MS = 20_000;
const LARGEST_ANSWER_BYTES = 1024 * 1024;
const NEEDED = ["idp-issuer-url", "client-id", "refresh-token"];

/** Asks the issuer for a new ID token. A failure is a phrase that quotes nothing of an answer. */
export async function refreshTokens(config: Config, around: OidcSurroundings): Promise<Result<OidcAnswer, string>> {
  const missing = NEEDED.find((name) => config[name] === undefined);
  if (missing !== undefined)
    return failure(
      `the ID token of the auth-provider "oidc" has expired, and the kubeconfig has no ${missing} to get a new one`,
    );
  const ca = await material(
    "the CA of the OIDC issuer",
    config["idp-certificate-authority"],
    config["idp-certificate-authority-data"],
  );
  if (!ca.ok) return ca;
  const discovery = urlOf(`${config["idp-issuer-url"]?.replace(/\/$/, "")}/.well-known/openid-configuration`);
  if (discovery === undefined) return failure("the idp-issuer-url of the kubeconfig is not an https:// URL");
  const call = caller(ca.value ?? [...trustRoots()], around);
  const found = await call(discovery);
  if (!found.ok) return found;
  const endpoint = urlOf(String(found.value.body.token_endpoint));
  if (endpoint === undefined) return failure("the OIDC issuer names no token endpoint with an https:// URL");
  return await exchange(call, endpoint, config);
}

async function exchange(call: Call, endpoint: URL, config: Config): Promise<Result<OidcAnswer, string>> {
  const { "client-id": id = "", "client-secret": secret = "", "refresh-token": token = "" } = config;
  const form = new URLSearchParams({ grant_type: "refresh_token", refresh_token: token });
  // Issuers differ in how clients log in: most want the header, some want the form, and public clients have no secret.
  const login = Buffer.from(`${encodeURIComponent(id)}:${encodeURIComponent(secret)}`).toString("base64");
  const inForm = new URLSearchParams([
    ...form,
    ["client_id", id],
    ...(secret === "" ? [] : [["client_secret", secret]]),
  ] as [string, string][]);
  let answer = secret === "" ? await call(endpoint, inForm) : await call(endpoint, form, login);
  if (secret !== "" && answer.ok && answer.value.status >= 400) answer = await call(endpoint, inForm);
  if (!answer.ok) return answer;
  const { status, body } = answer.value;
  if (status !== 200) return failure(`the OIDC issuer refuses to refresh the token (${status}); log in again`);
  if (typeof body.id_token !== "string" || body.id_token === "")
    return failure("the OIDC issuer did not answer with an ID token; log in again with the scope openid");
  return success({
    idToken: body.id_token,
    refreshToken: typeof body.refresh_token === "string" ? body.refresh_token : undefined,
  });
}

function urlOf(text: string): URL | undefined {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  return url !== undefined && (url.protocol === "https:" || (url.protocol === "http:" && isLoopback(url)))
    ? url
    : undefined;
}

function caller(ca: Buffer | string[], { env, clock, signal }: OidcSurroundings): Call {
  return async (url, form, login) => {
    const what = `asking the OIDC issuer ${url.host}`;
    using deadline = startDeadline(signal, what, TIMEOUT_MS, clock);
    const agent = new Agent({ connect: createConnector({ ca }, proxyFromEnvironment(url, env), clock) });
    try {
      const response = await request(url, {
        dispatcher: agent,
        method: form === undefined ? "GET" : "POST",
        headers: {
          accept: "application/json",
          ...(form !== undefined && { "content-type": "application/x-www-form-urlencoded" }),
          ...(login !== undefined && { authorization: `Basic ${login}` }),
        },
        body: form?.toString() ?? null,
        signal: deadline.signal,
      });
      const bytes = await readBounded(response.body, LARGEST_ANSWER_BYTES);
      if (bytes === undefined) return failure(`${what}: the answer is too large`);
      return success({ status: response.statusCode, body: parseObject(bytes.toString("utf8")) });
    } catch (error) {
      return failure(failureFromError(what, error, deadline.signal).message);
    } finally {
      await agent.destroy();
    }
  };
}

function parseObject(text: string): Readonly<Record<string, unknown>> {
  try {
    const value: unknown = JSON.parse(text);
    return isRecord(value) ? value : {};
  } catch {
    return {};
  }
}
