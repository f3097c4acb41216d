import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { delimiter, dirname, join } from "node:path";
import { execute, run } from "../env/binaries/run-command.ts";
import type { Docker } from "../env/docker.ts";
import { importNodeBase } from "./node-base.ts";

export const IMAGE = "dockerhost-operator:test";
const BASE = "node-base:test";
const SERVICE_ACCOUNT = "/var/run/secrets/kubernetes.io/serviceaccount";
/** As the kubelet runs a container of a restricted pod; the servers of a test are on loopback. */
const RESTRICTED = ["--read-only", "--cap-drop=ALL", "--security-opt=no-new-privileges", "--network=host"];

export interface PodOptions {
  readonly args: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  /** How the API server is reached: what the kubelet gives every pod. */
  readonly account?: { readonly url: string; readonly token: string; readonly ca: string; readonly namespace: string };
}

/** The image that `npm run image` makes, on a daemon of the test, and containers of it. */
export class OperatorImage {
  readonly #docker: Docker;
  readonly #folder: string;
  #folders = 0;

  private constructor(docker: Docker, folder: string) {
    this.#docker = docker;
    this.#folder = folder;
  }

  /** Builds it where no test of this run did so yet, on a base of this Node. */
  static async ensure(docker: Docker): Promise<OperatorImage> {
    const folder = await mkdtemp(join(tmpdir(), "dockerhost-image-"));
    const built = await docker.cli(["image", "ls", "--quiet", IMAGE]);
    if (built === "") {
      await importNodeBase(docker, BASE);
      const env = {
        PATH: [dirname(docker.facts.docker), dirname(process.execPath), process.env.PATH].join(delimiter),
        HOME: folder,
        DOCKER_HOST: `unix://${docker.facts.socket}`,
      };
      await run("npm", ["run", "image", "--", `--base=${BASE}`, `--tag=${IMAGE}`], { env });
    }
    return new OperatorImage(docker, folder);
  }

  /** Runs it to its end; what it wrote on standard output. */
  run(args: readonly string[], files?: { readonly at: string; readonly from: string }): Promise<string> {
    const volume = files === undefined ? [] : [`--volume=${files.from}:${files.at}:ro`];
    return this.#docker.cli(["run", "--rm", ...RESTRICTED, ...volume, IMAGE, ...args]);
  }

  async start(name: string, { args, env = {}, account }: PodOptions): Promise<void> {
    const variables = { ...env };
    const volume: string[] = [];
    if (account !== undefined) {
      const { token, ca, namespace, url } = account;
      const from = await this.folderOf({ token, "ca.crt": ca, namespace });
      volume.push(`--volume=${from}:${SERVICE_ACCOUNT}:ro`);
      Object.assign(variables, {
        KUBERNETES_SERVICE_HOST: new URL(url).hostname,
        KUBERNETES_SERVICE_PORT: new URL(url).port,
      });
    }
    const environment = Object.entries(variables).map(([key, value]) => `--env=${key}=${value}`);
    await this.#docker.cli([
      "run",
      "--detach",
      "--name",
      name,
      ...RESTRICTED,
      ...volume,
      ...environment,
      IMAGE,
      ...args,
    ]);
  }

  /** As the kubelet does it; the exit code. */
  async stop(name: string): Promise<number> {
    await this.#docker.cli(["stop", name]);
    return Number(await this.#docker.cli(["inspect", "--format", "{{.State.ExitCode}}", name]));
  }

  async logs(name: string): Promise<string> {
    const { docker, socket } = this.#docker.facts;
    const env = { PATH: process.env.PATH, DOCKER_HOST: `unix://${socket}` };
    const { stdout, stderr } = await execute(docker, ["logs", name], { env });
    return stdout + stderr;
  }

  /** A folder of files that the container's user may read. */
  async folderOf(files: Readonly<Record<string, string>>): Promise<string> {
    this.#folders += 1;
    const path = join(this.#folder, String(this.#folders));
    await mkdir(path, { mode: 0o755 });
    for (const [file, text] of Object.entries(files)) await writeFile(join(path, file), text, { mode: 0o644 });
    return path;
  }

  async close(): Promise<void> {
    await rm(this.#folder, { recursive: true, force: true });
  }
}
