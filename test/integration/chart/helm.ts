import { fileURLToPath } from "node:url";
import { parseAllDocuments } from "yaml";
import { type CommandResult, execute, run } from "../../env/binaries/run-command.ts";
import type { EnvironmentFacts } from "../../env/environment.ts";

export const CHART = fileURLToPath(new URL("../../../deploy/chart", import.meta.url));

/** An object of the Kubernetes API as a chart renders it. */
export interface RenderedObject {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: { readonly name: string; readonly namespace?: string; readonly labels?: Record<string, string> };
}

/** The real helm, on the test's API server. */
export class Helm {
  readonly #program: string;
  readonly #env: NodeJS.ProcessEnv;

  constructor({ programs, kube }: Pick<EnvironmentFacts, "programs" | "kube">) {
    this.#program = programs.helm;
    this.#env = { PATH: process.env.PATH, HOME: kube.server.runFolder, KUBECONFIG: kube.kubeconfig };
  }

  /** Its output; throws CommandFailed with its words when it fails. */
  run(args: readonly string[], values: object = {}): Promise<string> {
    return run(this.#program, withValues(args), { env: this.#env, input: JSON.stringify(values) });
  }

  /** Whatever its exit code. */
  attempt(args: readonly string[], values: object = {}): Promise<CommandResult> {
    return execute(this.#program, withValues(args), { env: this.#env, input: JSON.stringify(values) });
  }

  async template(values: object, namespace = "dockerhost-system"): Promise<readonly RenderedObject[]> {
    const text = await this.run(["template", "operator", CHART, "--namespace", namespace], values);
    return parseAllDocuments(text).flatMap((document) => (document.toJS() as RenderedObject | null) ?? []);
  }
}

/** JSON is YAML. */
function withValues(args: readonly string[]): string[] {
  const takesValues = ["template", "lint", "install", "upgrade"].includes(args[0] ?? "");
  return takesValues ? [...args, "--values", "-"] : [...args];
}
