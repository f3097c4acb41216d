import { EnvHttpProxyAgent, request } from "undici";
import { parseChallenges } from "../../src/registry/challenge.ts";
import { type ImageReference, registryOrigin } from "../../src/registry/reference.ts";
import type { RegistryCredential } from "../../src/registry/registry-credentials.ts";
import { basicHeader, readToken, tokenRequest } from "../../src/registry/token-service.ts";
import { ScriptError } from "./container-builder.ts";
import { MANIFEST_TYPES, type ServedManifest } from "./manifest-list.ts";

const TIMEOUT_MS = 60_000;
/** The largest manifest that registries accept. */
const MAX_BYTES = 4 * 1024 * 1024;

interface Answer {
  readonly status: number;
  readonly header: (name: string) => string;
  readonly bytes: Buffer;
}

/** Reads and writes the manifests of one repository, with permission to push. */
export class RegistrySession implements AsyncDisposable {
  readonly #repository: ImageReference;
  readonly #credential: RegistryCredential | undefined;
  readonly #agent = new EnvHttpProxyAgent({ maxResponseSize: MAX_BYTES });
  #authorization: string | undefined;

  constructor(repository: ImageReference, credential: RegistryCredential | undefined) {
    this.#repository = repository;
    this.#credential = credential;
  }

  /** @param reference a tag or digest */
  async read(reference: string): Promise<ServedManifest> {
    const { bytes, header } = await this.#exchange("GET", reference, { accept: MANIFEST_TYPES.join(", ") });
    const [mediaType = ""] = header("content-type").split(";");
    return { mediaType: mediaType.trim(), bytes };
  }

  async write(tag: string, { mediaType, bytes }: ServedManifest): Promise<void> {
    await this.#exchange("PUT", tag, { "content-type": mediaType }, bytes);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#agent.destroy();
  }

  async #exchange(
    method: "GET" | "PUT",
    reference: string,
    headers: Readonly<Record<string, string>>,
    body?: Buffer,
  ): Promise<Answer> {
    const { domain, path } = this.#repository;
    const url = new URL(`/v2/${path}/manifests/${reference}`, registryOrigin(domain, false));
    const send = () =>
      this.#send(url, {
        method,
        headers: { ...headers, ...(this.#authorization !== undefined && { authorization: this.#authorization }) },
        ...(body !== undefined && { body }),
      });
    let answer = await send();
    if (answer.status === 401) {
      this.#authorization = await this.#authorize(answer.header("www-authenticate"));
      answer = await send();
    }
    if (answer.status < 300) return answer;
    throw new ScriptError(
      `${domain} answered ${answer.status} to ${method} ${url.pathname}. Check that you are logged in to ${domain} ` +
        "with permission to push, and run the command again.",
    );
  }

  /** Answers a challenge with the user's login. */
  async #authorize(header: string): Promise<string> {
    const { domain, path } = this.#repository;
    const challenges = parseChallenges(header);
    const bearer = challenges.find(({ scheme }) => scheme === "bearer");
    const credential = this.#credential;
    if (bearer === undefined) {
      if (credential?.kind === "basic") return basicHeader(credential);
      throw new ScriptError(`${domain} wants a user name and a password. Log in to it, and run the command again.`);
    }
    if (credential?.kind === "registryToken") return `Bearer ${credential.token}`;
    const wanted = tokenRequest(bearer, `repository:${path}:pull,push`, credential, false);
    if (typeof wanted === "string") throw new ScriptError(`Cannot log in to ${domain}: ${wanted}.`);
    const { method, url, headers, body } = wanted;
    const answer = await this.#send(url, { method, headers, ...(body !== undefined && { body }) });
    const token = answer.status === 200 ? readToken(answer.bytes.toString("utf8")) : undefined;
    if (token !== undefined) return `Bearer ${token.value}`;
    throw new ScriptError(
      `The token service ${url.host} gave no token for ${domain} (status ${answer.status}). Log in to ${domain}, and ` +
        "run the command again.",
    );
  }

  async #send(
    url: URL,
    options: {
      readonly method: "GET" | "POST" | "PUT";
      readonly headers: Readonly<Record<string, string>>;
      readonly body?: Buffer | string;
    },
  ): Promise<Answer> {
    const signal = AbortSignal.timeout(TIMEOUT_MS);
    try {
      const { statusCode, headers, body } = await request(url, { ...options, dispatcher: this.#agent, signal });
      const bytes = Buffer.from(await body.arrayBuffer());
      return { status: statusCode, header: (name) => [headers[name] ?? ""].flat().join(", "), bytes };
    } catch (error) {
      const why = error instanceof Error ? error.message : "no answer";
      throw new ScriptError(`Cannot reach ${url.host}: ${why}. Run the command again.`);
    }
  }
}
