import { once } from "node:events";
import type { IncomingMessage } from "node:http";
import { request } from "node:https";
import { setTimeout as sleep } from "node:timers/promises";
import type { KubeFacts } from "../env/kube.ts";
import { statusProblems, transitionProblems } from "../support/condition-checker.ts";
import type { Situated } from "../support/situated.ts";

interface Seen extends Situated {
  readonly metadata: Situated["metadata"] & { readonly namespace: string; readonly resourceVersion: string };
}

interface WatchLine {
  readonly type: "ADDED" | "MODIFIED" | "DELETED" | "BOOKMARK" | "ERROR";
  readonly object: Seen;
}

const PATH = "/apis/dockerhost.dev/v1alpha1/dockerhosts";

/**
 * Reads every version of every DockerHost of a run, by a client that is not the product's, and holds each status to the
 * contract of conditions. Goes on over restarts of the API server; what was compacted before it was read is missed.
 */
export class StatusWatch {
  readonly #facts: KubeFacts;
  readonly #stop = new AbortController();
  readonly #running: Promise<void>;
  /** By uid. */
  readonly #last = new Map<string, Seen>();
  readonly #problems = new Set<string>();
  #checked = 0;

  constructor(facts: KubeFacts) {
    this.#facts = facts;
    this.#running = this.#run();
  }

  /** Ends it; resolves to how many statuses it has read, and what was wrong with them. */
  async stop(): Promise<{ readonly checked: number; readonly problems: readonly string[] }> {
    this.#stop.abort();
    await this.#running;
    return { checked: this.#checked, problems: [...this.#problems] };
  }

  async #run(): Promise<void> {
    const { signal } = this.#stop;
    let version: string | undefined;
    while (!signal.aborted) {
      try {
        version = version === undefined ? await this.#list() : await this.#watch(version);
      } catch {
        // The API server is away, or we are asked to end.
        await sleep(100, undefined, { signal }).catch(() => undefined);
      }
    }
  }

  async #list(): Promise<string | undefined> {
    const answer = await this.#get(PATH);
    let text = "";
    for await (const chunk of answer.setEncoding("utf8")) text += chunk;
    const list = JSON.parse(text) as { items?: readonly Seen[]; metadata: { resourceVersion: string } };
    for (const host of list.items ?? []) this.#see(host);
    return list.items === undefined ? undefined : list.metadata.resourceVersion;
  }

  /** Resolves to where to go on, to nothing where only a list helps. */
  async #watch(from: string): Promise<string | undefined> {
    const answer = await this.#get(`${PATH}?watch=true&allowWatchBookmarks=true&resourceVersion=${from}`);
    if (answer.statusCode === 410) return undefined;
    let version: string | undefined = from;
    try {
      let rest = "";
      for await (const chunk of answer.setEncoding("utf8")) {
        const lines = `${rest}${chunk}`.split("\n");
        rest = lines.pop() ?? "";
        for (const line of lines) {
          const { type, object } = JSON.parse(line) as WatchLine;
          if (type === "ERROR") return undefined;
          version = object.metadata.resourceVersion;
          if (type === "ADDED" || type === "MODIFIED") this.#see(object);
          if (type === "DELETED") this.#last.delete(object.metadata.uid ?? "");
        }
      }
    } catch {
      // Cut off: what was in the middle of coming comes again.
    }
    return version;
  }

  #see(host: Seen): void {
    const { uid = "", namespace, name, resourceVersion } = host.metadata;
    const before = this.#last.get(uid);
    if (before?.metadata.resourceVersion === resourceVersion) return;
    this.#last.set(uid, host);
    this.#checked++;
    const problems = [...statusProblems(host), ...(before === undefined ? [] : transitionProblems(before, host))];
    for (const problem of problems)
      this.#problems.add(`${namespace}/${name} at version ${resourceVersion}: ${problem}`);
  }

  async #get(path: string): Promise<IncomingMessage> {
    const { url, ca, token } = this.#facts;
    const headers = { authorization: `Bearer ${token}` };
    const sent = request(`${url}${path}`, { ca, headers, signal: this.#stop.signal });
    sent.end();
    const [answer] = (await once(sent, "response")) as [IncomingMessage];
    // It may break at any time, also when nobody reads it.
    answer.on("error", () => undefined);
    if (answer.statusCode === 200) return answer;
    answer.destroy();
    if (answer.statusCode === 410) return answer;
    throw new Error(`the API server answers ${answer.statusCode}`);
  }
}
