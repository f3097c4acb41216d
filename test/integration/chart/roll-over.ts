import { spawn } from "node:child_process";
import { once } from "node:events";
import { setTimeout as sleep } from "node:timers/promises";
import type { Kube } from "../../env/kube.ts";

export interface PodSeen {
  readonly metadata: { readonly name: string };
  readonly status: { readonly podIP?: string; readonly conditions?: readonly { type: string; status: string }[] };
}

const PAUSE_MS = 200;
const SCRAPE_MS = 2_000;

/** What is seen of the leader while a Deployment rolls over: by the Lease, and by what each pod says about itself. */
export class RollOver {
  readonly #kube: Kube;
  readonly #namespace: string;
  readonly #stop = new AbortController();
  readonly #ended: Promise<unknown>;
  readonly #holders: string[] = [];
  readonly #leaders: string[] = [];

  constructor(kube: Kube, namespace: string) {
    this.#kube = kube;
    this.#namespace = namespace;
    this.#ended = Promise.all([this.#watchLease(), this.#askPods()]);
  }

  /** Of each version of the Lease in turn, "" where it was given back; what repeats is left out. */
  get holders(): readonly string[] {
    return this.#holders;
  }

  /** The pods that said they lead, in the order in which they said so; what repeats is left out. */
  get leaders(): readonly string[] {
    return this.#leaders;
  }

  async stop(): Promise<void> {
    this.#stop.abort();
    await this.#ended;
  }

  async #watchLease(): Promise<void> {
    const { kubectl, kubeconfig, server } = this.#kube.facts;
    const template = `jsonpath={.spec.holderIdentity}{"\\n"}`;
    const child = spawn(
      kubectl,
      ["-n", this.#namespace, "get", "lease", "operator-dockerhost-operator", "--watch", "-o", template],
      {
        env: { PATH: process.env.PATH, HOME: server.runFolder, KUBECONFIG: kubeconfig },
        stdio: ["ignore", "pipe", "ignore"],
      },
    );
    const ended = once(child, "close");
    this.#stop.signal.addEventListener("abort", () => child.kill());
    let rest = "";
    child.stdout.setEncoding("utf8").on("data", (chunk: string) => {
      const lines = `${rest}${chunk}`.split("\n");
      rest = lines.pop() ?? "";
      for (const line of lines) append(this.#holders, line);
    });
    await ended;
  }

  async #askPods(): Promise<void> {
    const { signal } = this.#stop;
    while (!signal.aborted) {
      for (const { metadata, status } of await podsOf(this.#kube, this.#namespace)) {
        if (status.podIP !== undefined && (await saysItLeads(status.podIP))) append(this.#leaders, metadata.name);
      }
      await sleep(PAUSE_MS, undefined, { signal }).catch(() => undefined);
    }
  }
}

/** The pods of a namespace, those that end among them. */
export async function podsOf(kube: Kube, namespace: string): Promise<readonly PodSeen[]> {
  const list = JSON.parse(await kube.kubectl(["-n", namespace, "get", "pods", "-o", "json"]));
  return (list as { items: readonly PodSeen[] }).items;
}

/** A pod that does not answer, since it starts or ends, does not say so. */
async function saysItLeads(ip: string): Promise<boolean> {
  try {
    const answer = await fetch(`http://${ip}:8080/metrics`, { signal: AbortSignal.timeout(SCRAPE_MS) });
    return /^leader_election_master_status\{[^}]*\} 1$/m.test(await answer.text());
  } catch {
    return false;
  }
}

function append(list: string[], entry: string): void {
  if (list.at(-1) !== entry) list.push(entry);
}
