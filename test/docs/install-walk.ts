import { mkdir, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { type CommandResult, execute, run } from "../env/binaries/run-command.ts";
import type { KubeFacts } from "../env/kube.ts";
import { quoted, writeCommand, writeScript } from "./commands.ts";
import { type CommandBlock, readPage } from "./runner/page.ts";

const ROOT = fileURLToPath(new URL("../..", import.meta.url));
const PAGE = join(ROOT, "docs/install.md");
export const CRD = "dockerhosts.dockerhost.dev";

export async function blocksOfPage(): Promise<readonly CommandBlock[]> {
  return (await readPage(PAGE)).steps.filter((step) => step.kind === "commands");
}

/** Runs blocks of docs/install.md in the checkout, with one Helm. */
export class InstallWalk {
  /** Lines of the page at which the blocks begin that were run, by whichever walk. */
  static readonly walked = new Set<number>();
  readonly #blocks: readonly CommandBlock[];
  readonly #folder: string;
  readonly #env: Readonly<Record<string, string>>;

  private constructor(blocks: readonly CommandBlock[], folder: string, env: Readonly<Record<string, string>>) {
    this.#blocks = blocks;
    this.#folder = folder;
    this.#env = env;
  }

  static async create({ helm, helm4, kubectl, kubeconfig }: KubeFacts, version: 3 | 4): Promise<InstallWalk> {
    const folder = await mkdtemp(join(tmpdir(), "dockerhost-install-"));
    const bin = join(folder, "bin");
    await mkdir(bin);
    await writeCommand(join(bin, "helm"), [version === 3 ? helm : helm4]);
    await writeScript(join(bin, "kubectl"), KUBECTL(kubectl));
    const env = {
      PATH: [bin, dirname(process.execPath), process.env.PATH].join(":"),
      HOME: folder,
      KUBECONFIG: kubeconfig,
    };
    return new InstallWalk(await blocksOfPage(), folder, env);
  }

  /** The blocks of a section; `index` picks one where they are alternatives, `as` is the user on whose behalf it acts. */
  async section(anchor: string, { index, as }: { index?: number; as?: string } = {}): Promise<void> {
    const found = this.#blocks.filter(({ section }) => section === anchor);
    const chosen = index === undefined ? found : found.slice(index, index + 1);
    if (chosen.length === 0) throw new Error(`docs/install.md has no such commands in #${anchor}`);
    for (const { text, line } of chosen) {
      InstallWalk.walked.add(line);
      await this.run(text, as);
    }
  }

  run(script: string, as?: string): Promise<string> {
    return run("bash", ["-euo", "pipefail", "-c", script], this.#options(as));
  }

  attempt(script: string): Promise<CommandResult> {
    return execute("bash", ["-euo", "pipefail", "-c", script], this.#options());
  }

  async close(): Promise<void> {
    await rm(this.#folder, { recursive: true, force: true });
  }

  #options(as?: string) {
    return { cwd: ROOT, env: { ...this.#env, ...(as !== undefined && { HELM_KUBEASUSER: as }) } };
  }
}

/**
 * There is no kubelet, so nothing would roll out: a Deployment is reported complete when its rollout is waited for. The
 * chart's own test sees real pods.
 */
const KUBECTL = (kubectl: string) => `kubectl=${quoted(kubectl)}
if [[ "$*" == *" rollout status "* ]]; then
  status='{"status":{"observedGeneration":1000,"replicas":2,"updatedReplicas":2,"readyReplicas":2,"availableReplicas":2}}'
  "$kubectl" "$1" "$2" patch "$5" --subresource=status --type=merge --patch "$status" >&2
fi
exec "$kubectl" "$@"`;
