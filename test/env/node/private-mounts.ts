import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";

/** Folders to which a kubelet and the network plugins write; on the machine, they only have to exist. */
const FOLDERS = ["/var/lib/kubelet", "/var/lib/cni", "/var/log/containers"];

/** What a kubelet wants of the kernel, and sets where it finds otherwise. */
const TUNABLES = {
  "vm/overcommit_memory": "1",
  "vm/panic_on_oom": "0",
  "kernel/panic": "10",
  "kernel/panic_on_oops": "1",
  "kernel/keys/root_maxkeys": "1000000",
  "kernel/keys/root_maxbytes": "25000000",
};

/**
 * Shell commands for a mount namespace, after which a kubelet in it changes nothing of the machine: its folders are
 * below `folder`, and it finds the kernel as it wants it.
 */
export async function privateMounts(folder: string): Promise<string> {
  const commands: string[] = [];
  for (const target of FOLDERS) {
    const source = join(folder, target);
    await mkdir(source, { recursive: true });
    await mkdir(target, { recursive: true });
    commands.push(bind(source, target));
  }
  for (const [name, value] of Object.entries(TUNABLES)) {
    const source = join(folder, name.replaceAll("/", "."));
    await writeFile(source, `${value}\n`);
    commands.push(bind(source, join("/proc/sys", name)));
  }
  return commands.join("\n");
}

function bind(source: string, target: string): string {
  return `mount --bind '${source}' '${target}'`;
}
