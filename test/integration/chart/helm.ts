import { cp, mkdtemp, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseAllDocuments } from "yaml";
import { type CommandResult, execute, run } from "../../env/binaries/run-command.ts";
import type { KubeFacts } from "../../env/kube.ts";

export const CHART = fileURLToPath(new URL("../../../deploy/chart", import.meta.url));

/** An object of the Kubernetes API as a chart renders it. */
export interface RenderedObject {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: { readonly name: string; readonly namespace?: string; readonly labels?: Record<string, string> };
}

export interface TemplateOptions {
  readonly namespace?: string;
  readonly release?: string;
  /** Another folder than the chart's own. */
  readonly chart?: string;
  /** Names of files in templates/. */
  readonly only?: readonly string[];
  /** Further flags of helm. */
  readonly more?: readonly string[];
}

/** The major versions that the chart supports. */
export const HELM_VERSIONS = [3, 4] as const;

/** The real Helm, on the test's API server. */
export class Helm {
  readonly #program: string;
  readonly #env: NodeJS.ProcessEnv;

  constructor({ helm, helm4, server, kubeconfig }: KubeFacts, version: (typeof HELM_VERSIONS)[number] = 3) {
    this.#program = version === 3 ? helm : helm4;
    this.#env = { PATH: process.env.PATH, HOME: server.runFolder, KUBECONFIG: kubeconfig };
  }

  /** Its output; throws CommandFailed with its words when it fails. */
  run(args: readonly string[], values: object = {}): Promise<string> {
    return run(this.#program, withValues(args), { env: this.#env, input: JSON.stringify(values) });
  }

  /** Whatever its exit code. */
  attempt(args: readonly string[], values: object = {}): Promise<CommandResult> {
    return execute(this.#program, withValues(args), { env: this.#env, input: JSON.stringify(values) });
  }

  /** All objects, or those of some templates. */
  async template(
    values: object,
    {
      namespace = "dockerhost-system",
      release = "operator",
      chart = CHART,
      only = [],
      more = [],
    }: TemplateOptions = {},
  ): Promise<readonly RenderedObject[]> {
    const shown = only.map((name) => `--show-only=templates/${name}`);
    const text = await this.run(["template", release, chart, "--namespace", namespace, ...shown, ...more], values);
    return parseAllDocuments(text).flatMap((document) => (document.toJS() as RenderedObject | null) ?? []);
  }

  /** A copy of the chart, in the folder of this run, whose version and appVersion are others. */
  async chartOfVersion(version: string): Promise<string> {
    const folder = await mkdtemp(join(this.#env.HOME ?? "", "chart-"));
    await cp(CHART, folder, { recursive: true });
    const file = join(folder, "Chart.yaml");
    const text = await readFile(file, "utf8");
    await writeFile(file, text.replaceAll(/^(version|appVersion): .*$/gm, `$1: ${version}`));
    return folder;
  }
}

/** JSON is YAML. */
function withValues(args: readonly string[]): string[] {
  const takesValues = ["template", "lint", "install", "upgrade"].includes(args[0] ?? "");
  return takesValues ? [...args, "--values", "-"] : [...args];
}
