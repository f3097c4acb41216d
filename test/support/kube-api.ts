import { once } from "node:events";
import type { IncomingMessage } from "node:http";
import { Agent, request } from "node:https";
import { text } from "node:stream/consumers";

/** Where an API server is, whom it is trusted by, and as whom to call it. */
export interface KubeAccess {
  readonly url: string;
  /** PEM. */
  readonly ca: string;
  readonly token: string;
}

export interface KubeAnswer {
  readonly status: number;
  readonly body: unknown;
}

/** Calls to the API server as any other client makes them: kept connections, none of the product's code. */
export class KubeApi implements Disposable {
  readonly #access: KubeAccess;
  readonly #agent: Agent;

  constructor(access: KubeAccess) {
    this.#access = access;
    this.#agent = new Agent({ keepAlive: true, ca: access.ca });
  }

  get(path: string, signal?: AbortSignal): Promise<KubeAnswer> {
    return this.#send("GET", path, undefined, undefined, signal);
  }

  create(path: string, object: object): Promise<KubeAnswer> {
    return this.#sure("POST", path, object, "application/json");
  }

  /** RFC 7386. */
  patch(path: string, patch: object): Promise<KubeAnswer> {
    return this.#sure("PATCH", path, patch, "application/merge-patch+json");
  }

  apply(path: string, object: object, fieldManager: string): Promise<KubeAnswer> {
    const query = `fieldManager=${fieldManager}&force=true`;
    return this.#sure("PATCH", `${path}?${query}`, object, "application/apply-patch+yaml");
  }

  /** Of the whole object; 409 where it has changed since the version that it names. */
  replace(path: string, object: object): Promise<KubeAnswer> {
    return this.#sure("PUT", path, object, "application/json", [409]);
  }

  delete(path: string): Promise<KubeAnswer> {
    return this.#send("DELETE", path);
  }

  /** The objects of a watch, as they come. Ends with the server's answer, or rejects when the signal fires. */
  async *watch(path: string, signal: AbortSignal): AsyncGenerator<unknown> {
    const { url, token } = this.#access;
    const sent = request(`${url}${path}`, {
      agent: this.#agent,
      headers: { authorization: `Bearer ${token}` },
      signal,
    });
    sent.end();
    const [answer] = (await once(sent, "response")) as [IncomingMessage];
    if (answer.statusCode !== 200) throw new Error(`GET ${path}: ${answer.statusCode}`);
    let rest = "";
    for await (const chunk of answer.setEncoding("utf8")) {
      const lines = `${rest}${chunk}`.split("\n");
      rest = lines.pop() ?? "";
      for (const line of lines) yield (JSON.parse(line) as { object: unknown }).object;
    }
  }

  [Symbol.dispose](): void {
    this.#agent.destroy();
  }

  /** Rejects where the server refuses, for another reason than what is expected. */
  async #sure(
    method: string,
    path: string,
    body: object,
    type: string,
    expected: readonly number[] = [],
  ): Promise<KubeAnswer> {
    const answer = await this.#send(method, path, body, type);
    if (answer.status < 300 || expected.includes(answer.status)) return answer;
    throw new Error(`${method} ${path}: ${answer.status}: ${JSON.stringify(answer.body).slice(0, 500)}`);
  }

  async #send(
    method: string,
    path: string,
    body?: object,
    type = "application/json",
    signal?: AbortSignal,
  ): Promise<KubeAnswer> {
    const { url, token } = this.#access;
    const headers = { authorization: `Bearer ${token}`, ...(body === undefined ? {} : { "content-type": type }) };
    const sent = request(`${url}${path}`, { method, agent: this.#agent, headers, ...(signal && { signal }) });
    sent.end(body === undefined ? undefined : JSON.stringify(body));
    try {
      const [response] = (await once(sent, "response")) as [IncomingMessage];
      return { status: response.statusCode ?? 0, body: parsed(await text(response)) };
    } catch (error) {
      // The server closed a kept connection at the moment in which it was used again, as when it is restarted.
      if (method === "POST" || !sent.reusedSocket || signal?.aborted === true) throw error;
      return await this.#send(method, path, body, type, signal);
    }
  }
}

/** A server that is starting answers in words. */
function parsed(body: string): unknown {
  try {
    return JSON.parse(body);
  } catch {
    return body;
  }
}
