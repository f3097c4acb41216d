import { mkdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { Binaries } from "../env/binaries.ts";
import type { KubeFacts } from "../env/kube.ts";
import { quoted, writeCommand, writeScript } from "./commands.ts";
import type { DockerMachine } from "./docker-machine.ts";

const LAUNCHER = fileURLToPath(new URL("../../bin/dockerhost.js", import.meta.url));

export interface ReaderOptions {
  readonly folder: string;
  readonly binaries: Binaries;
  readonly kube: KubeFacts;
  readonly namespace: string;
  readonly machine: DockerMachine;
  /** What the reader calls the machine. */
  readonly machineName: string;
}

/** The machine of somebody who follows a page: the programs that pages name, and a cluster. */
export interface Reader {
  readonly home: string;
  readonly bin: string;
  readonly environment: Readonly<Record<string, string>>;
}

export async function prepareReader(options: ReaderOptions): Promise<Reader> {
  const { folder, binaries, kube, namespace, machine, machineName } = options;
  const [home, bin, kubeconfig] = [join(folder, "home"), join(folder, "bin"), join(folder, "kubeconfig")];
  await mkdir(home, { recursive: true });
  await mkdir(bin);
  await writeFile(kubeconfig, await withNamespace(kube.kubeconfig, namespace), { mode: 0o600 });

  const { debian, authorities } = binaries;
  const libraries = { LD_LIBRARY_PATH: debian.environment.LD_LIBRARY_PATH ?? "" };
  const openssl = { ...libraries, OPENSSL_CONF: join(debian.root, "etc/ssl/openssl.cnf") };
  const command = (name: string, program: string, environment?: Readonly<Record<string, string>>) =>
    writeCommand(join(bin, name), [program], environment);
  await command("openssl", debian.openssl, openssl);
  await command("jq", debian.jq, libraries);
  await command("kubectl", kube.kubectl);
  await command("docker", binaries.docker);
  await command("step-ca", authorities.stepCa);
  await command("step", authorities.step);
  await command("cfssl", authorities.cfssl);
  await command("cfssljson", authorities.cfssljson);
  const { NODE_COMPILE_CACHE = "" } = process.env;
  await writeCommand(join(bin, "dockerhost"), [process.execPath, LAUNCHER], { NODE_COMPILE_CACHE });
  // Plays the network between the two.
  await writeScript(
    join(bin, "scp"),
    `if [ "\${*: -1}" != ${quoted(`root@${machineName}:`)} ]; then echo "scp: no such machine" >&2; exit 1; fi
cp -- "\${@:1:$#-1}" ${quoted(machine.home)}`,
  );
  return { home, bin, environment: { ...loginEnvironment(home, bin), KUBECONFIG: kubeconfig } };
}

/** What a shell finds on a machine whose own programs come first. */
export function loginEnvironment(home: string, bin: string): Readonly<Record<string, string>> {
  return { HOME: home, PATH: [bin, "/usr/sbin", "/usr/bin", "/sbin", "/bin"].join(":"), LC_ALL: "C" };
}

/** The same kubeconfig with another namespace to work in. */
async function withNamespace(path: string, namespace: string): Promise<string> {
  const config = JSON.parse(await readFile(path, "utf8")) as { contexts: { context: object }[] };
  const contexts = config.contexts.map((entry) => ({ ...entry, context: { ...entry.context, namespace } }));
  return JSON.stringify({ ...config, contexts });
}
