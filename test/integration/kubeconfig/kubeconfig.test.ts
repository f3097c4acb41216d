import { randomUUID } from "node:crypto";
import { chmod, mkdir, mkdtemp, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { delimiter, dirname, join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { runKubectlPlugin } from "../../../src/cli/kubectl/plugin-program.ts";
import { type CommandResult, execute } from "../../env/binaries/run-command.ts";
import { fakeCli } from "../../support/cli.ts";
import { PROGRAM } from "../program.ts";
import { CLUSTER_ROWS } from "./cluster-rows.ts";
import { EXEC_ROWS } from "./exec-rows.ts";
import { FILE_ROWS } from "./file-rows.ts";
import { USER_ROWS } from "./user-rows.ts";
import { facts, port, type Row, world } from "./world.ts";

const ROWS = { ...CLUSTER_ROWS, ...FILE_ROWS, ...USER_ROWS, ...EXEC_ROWS };

let folder: string;

/** Each kubeconfig is given to kubectl and to the plugin, which must agree on whether it can be used. */
describe("a kubeconfig", () => {
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), "kubeconfig-"));
    await symlink(PROGRAM, join(folder, "kubectl-dockerhost"));
    await world.start();
  });

  afterAll(async () => {
    await world.stop();
    await rm(folder, { recursive: true, force: true });
  });

  it.each(Object.entries(ROWS))("%s", async (_name, row) => {
    const { result, kubectl } = await both(row);
    expect({ kubectl: kubectl.code === 0, plugin: result.code === 0, result }).toMatchObject({
      kubectl: row.works,
      plugin: row.works,
    });
    if (row.works) expect(result.stdout).toBe(kubectl.stdout);
    if (row.says !== undefined) expect(result.stderr).toMatch(row.says);
    expect(result.stdout + result.stderr).not.toContain(facts.token);
  });

  it("reaches the server through the proxies", () => {
    expect(new Set(world.proxies.http.asked)).toEqual(new Set([`api.example.test:${port}`]));
    expect(world.proxies.http.asked.length).toBeGreaterThanOrEqual(6);
    expect(new Set(world.proxies.socks5.asked)).toEqual(new Set([`api.example.test:${port}`]));
  });
});

async function both(row: Row): Promise<{ readonly result: CommandResult; readonly kubectl: CommandResult }> {
  // Most rows do without a process of the plugin, whose start would take most of the time.
  const plugin = row.ownProcess === true ? inItsOwnProcess : inThisProcess;
  const [kubectl, result] = await Promise.all([
    withFiles(row, (before, after, env) =>
      execute(facts.kubectl, [...before, "get", "dockerhosts.v1alpha1.dockerhost.dev", "-o", "name", ...after], {
        env: environment(env),
      }),
    ),
    withFiles(row, (before, after, env) => plugin([...before, "list", "-o", "name", ...after], environment(env))),
  ]);
  return { result, kubectl };
}

type Args = readonly string[];

/** Each command has its own copy of the files, because both write new tokens to their kubeconfig. */
async function withFiles(
  row: Row,
  run: (before: Args, after: Args, env: NodeJS.ProcessEnv) => Promise<CommandResult>,
): Promise<CommandResult> {
  const own = await folderWith(row.files());
  const list = (row.KUBECONFIG ?? "config").split(":").map((file) => (file === "" ? "" : join(own, file)));
  const placed = (text: string) => text.replace("FOLDER", own).replace("NAMESPACE", world.namespace.name);
  const { before = [], args = [], env } = row;
  const given = Object.entries(env?.() ?? {}).map(([name, value]) => [name, placed(value)] as const);
  const variables = { KUBECONFIG: list.join(delimiter), ...Object.fromEntries(given) };
  return await run(before.map(placed), args.map(placed), variables);
}

function inItsOwnProcess(args: Args, env: NodeJS.ProcessEnv): Promise<CommandResult> {
  return execute(process.execPath, [join(folder, "kubectl-dockerhost"), ...args], { env });
}

async function inThisProcess(args: Args, env: NodeJS.ProcessEnv): Promise<CommandResult> {
  const context = { ...fakeCli(), env };
  const code = await runKubectlPlugin(args, context, "1.2.3");
  return { code, stdout: context.stdout.text, stderr: context.stderr.text };
}

function environment(env: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  return { PATH: [dirname(process.execPath), process.env.PATH].join(delimiter), HOME: folder, ...env };
}

async function folderWith(files: Readonly<Record<string, string>>): Promise<string> {
  const own = join(folder, randomUUID());
  await mkdir(own);
  for (const [name, text] of Object.entries(files)) {
    await mkdir(dirname(join(own, name)), { recursive: true });
    await writeFile(join(own, name), text);
    if (name.endsWith(".sh")) await chmod(join(own, name), 0o755);
  }
  return own;
}
