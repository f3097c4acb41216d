import { once } from "node:events";
import type { IncomingMessage } from "node:http";
import { Agent, request } from "node:https";
import type { KubeFacts } from "../env/kube.ts";

export interface KubeAnswer {
  readonly status: number;
  readonly body: unknown;
}

/** Calls to the API server as any other client makes them: kept connections, none of the product's code. */
export class KubeApi implements Disposable {
  readonly #facts: Pick<KubeFacts, "url" | "ca" | "token">;
  readonly #agent: Agent;

  constructor(facts: Pick<KubeFacts, "url" | "ca" | "token">) {
    this.#facts = facts;
    this.#agent = new Agent({ keepAlive: true, ca: facts.ca });
  }

  get(path: string): Promise<KubeAnswer> {
    return this.#send("GET", path);
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
    const { url, token } = this.#facts;
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

  #send(method: string, path: string, body?: object, type = "application/json"): Promise<KubeAnswer> {
    const { url, token } = this.#facts;
    const headers = { authorization: `Bearer ${token}`, ...(body === undefined ? {} : { "content-type": type }) };
    return new Promise((resolve, reject) => {
      const sent = request(`${url}${path}`, { method, agent: this.#agent, headers }, (response) => {
        let text = "";
        response.setEncoding("utf8").on("error", reject);
        response.on("data", (chunk: string) => {
          text += chunk;
        });
        response.on("end", () => resolve({ status: response.statusCode ?? 0, body: JSON.parse(text) }));
      });
      sent.on("error", reject);
      sent.end(body === undefined ? undefined : JSON.stringify(body));
    });
  }
}
