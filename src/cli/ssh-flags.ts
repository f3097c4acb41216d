import { join } from "node:path";
import { KNOWN_HOSTS_ENTRY, SSH_KEY_ENTRY } from "../docker/ssh-credentials.ts";
import { MAX_PEM_BYTES, readFileIfThere, readNamedFile } from "../import/read-files.ts";
import { MAX_KNOWN_HOSTS_BYTES } from "../ssh/known-hosts.ts";
import { UsageError } from "./exit-codes.ts";

/** The files for an ssh:// host. The user's ssh configuration and agent are not used. */
export interface SshFlags {
  readonly sshKey?: string;
  readonly knownHosts?: string;
}

/** The names are in the order in which ssh tries them. */
const KEY_FILES = ["id_ed25519", "id_ecdsa", "id_rsa"];

/**
 * Reads the entries of the Secret for an ssh:// host.
 * @param folder the folder of the files that no flag names, usually ~/.ssh
 */
export async function readSshFiles(flags: SshFlags, folder: string): Promise<Record<string, string>> {
  return {
    [SSH_KEY_ENTRY]: await readKey(flags.sshKey, folder),
    [KNOWN_HOSTS_ENTRY]: await readKnownHosts(flags.knownHosts, folder),
  };
}

async function readKey(named: string | undefined, folder: string): Promise<string> {
  if (named !== undefined) return (await readNamedFile(named, MAX_PEM_BYTES)).toString("utf8");
  for (const name of KEY_FILES) {
    const bytes = await readFileIfThere(join(folder, name), MAX_PEM_BYTES);
    if (bytes !== undefined) return bytes.toString("utf8");
  }
  throw new UsageError(`There is no SSH key in ${folder} (${KEY_FILES.join(", ")}); name one with --ssh-key`);
}

async function readKnownHosts(named: string | undefined, folder: string): Promise<string> {
  if (named !== undefined) return (await readNamedFile(named, MAX_KNOWN_HOSTS_BYTES)).toString("utf8");
  const file = join(folder, "known_hosts");
  const bytes = await readFileIfThere(file, MAX_KNOWN_HOSTS_BYTES);
  if (bytes !== undefined) return bytes.toString("utf8");
  throw new UsageError(
    `${file} does not exist; name the file with the host key with --known-hosts (create it with ssh-keyscan, and compare its fingerprints on the host)`,
  );
}
