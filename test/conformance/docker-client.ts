import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { execute } from "../env/binaries/run-command.ts";
import type { RunningListener } from "./listeners.ts";
import type { Client, FileContent, Row } from "./row.ts";

/** What a docker client made of a row. */
export interface DockerAnswer {
  readonly connects: boolean;
  /** The server's version, or why not; without what changes with each run. */
  readonly says: string;
}

/** Generous: it only ends what hangs. */
const TIMEOUT_SECONDS = 60;

/** Runs `docker version` in a home of its own, with the row's certificates as files. */
export async function askDocker(program: string, row: Row, listener: RunningListener): Promise<DockerAnswer> {
  const folder = await mkdtemp(join(tmpdir(), "dockerhost-cli-"));
  try {
    const host = listener.fill(hostOf(row));
    const flags = await clientFlags(row.client, folder);
    const command = [program, "-H", host, ...flags, "version", "--format", "{{.Server.Version}}"];
    const named = /^tcp:\/\/(?!127\.|localhost|\[)([^:/]+):/.exec(host)?.[1];
    const isolated = named === undefined ? command : await withNames(row, named, folder, command);
    const { code, stdout, stderr } = await execute("timeout", [String(TIMEOUT_SECONDS), ...isolated], {
      cwd: folder,
      env: await clientEnvironment(row.client, folder),
    });
    const connects = code === 0;
    return { connects, says: connects ? "a version" : withoutChance(stderr, host, folder, stdout) };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

export function hostOf({ host }: Row): string {
  return host ?? "tcp://127.0.0.1:PORT";
}

async function clientFlags(client: Client, folder: string): Promise<readonly string[]> {
  if (client.mode === "plain") return [];
  const file = async (flag: string, name: string, content: FileContent | undefined) => {
    if (content === undefined) return [];
    await writeFile(join(folder, name), content, { mode: 0o600 });
    return [`--${flag}=${join(folder, name)}`];
  };
  return [
    client.mode === "verify" ? "--tlsverify" : "--tls",
    // Without its own word, docker insists on one in the home; 20.10 crashes without the quotation marks.
    ...(client.ca === undefined ? ["--tlscacert=''"] : await file("tlscacert", "ca.pem", client.ca)),
    ...(await file("tlscert", "cert.pem", client.cert)),
    ...(await file("tlskey", "key.pem", client.key)),
  ];
}

async function clientEnvironment(client: Client, folder: string): Promise<NodeJS.ProcessEnv> {
  const roots = join(folder, "roots.pem");
  await writeFile(roots, client.roots ?? "");
  return {
    PATH: process.env.PATH,
    HOME: folder,
    // Go's way to the system's roots.
    SSL_CERT_FILE: roots,
    SSL_CERT_DIR: join(folder, "none"),
    ...(client.apiVersion === undefined ? {} : { DOCKER_API_VERSION: client.apiVersion }),
  };
}

/** In a mount namespace in which the name means this machine, and no DNS answers. */
async function withNames(
  { resolves = true }: Row,
  name: string,
  folder: string,
  command: readonly string[],
): Promise<readonly string[]> {
  const [hosts, resolver] = [join(folder, "hosts"), join(folder, "resolv.conf")];
  const bare = name.replace(/\.$/, "");
  await writeFile(hosts, resolves ? `127.0.0.1 localhost ${bare} ${bare}.\n` : "127.0.0.1 localhost\n");
  await writeFile(resolver, "nameserver 127.0.0.1\noptions attempts:1 timeout:1\n");
  const script = `mount --bind ${hosts} /etc/hosts && mount --bind ${resolver} /etc/resolv.conf && exec "$@"`;
  return ["unshare", "--mount", "sh", "-c", script, "sh", ...command];
}

function withoutChance(stderr: string, host: string, folder: string, stdout: string): string {
  const port = /:(\d+)/.exec(host.replace(/^.*\]/, ""))?.[1];
  return (stderr.trim() === "" ? stdout : stderr)
    .replaceAll(folder, "FOLDER")
    .replaceAll(/\/\S*docker\.sock/g, "SOCKET")
    .replaceAll(/\d{4}-\d\d-\d\dT[0-9:.]+(Z|[+-]\d\d:\d\d)/g, "TIME")
    .replaceAll(port === undefined ? /$^/g : new RegExp(`:${port}\\b`, "g"), ":PORT")
    .replaceAll(/(127\.0\.0\.1|\[::1\]):\d+/g, "$1:PORT")
    .replaceAll(/[\s\p{Cc}]+/gu, " ")
    .trim();
}
