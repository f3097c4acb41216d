import { join } from "node:path";
import { MAX_KNOWN_HOSTS_BYTES } from "../docker/ssh/known-hosts.ts";
import { KNOWN_HOSTS_ENTRY, SSH_KEY_ENTRY } from "../docker/ssh/preflight-ssh.ts";
import { MAX_PEM_BYTES, readFileIfThere, readNamedFile } from "../import/read-files.ts";
import { UsageError } from "./exit-codes.ts";

/** Where the files for an ssh:// host are. The user's ssh configuration and agent are not looked at. */
export interface SshFlags {
  readonly sshKey?: string;
  readonly knownHosts?: string;
}

/** In the order in which ssh tries them. */
const KEY_FILES = ["id_ed25519", "id_ecdsa", "id_rsa"];

/**
 * The entries of the Secret for an ssh:// host.
 * @param folder where the files are that no flag names, mostly ~/.ssh
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
  throw new UsageError(`There is no SSH key in ${folder} (${KEY_FILES.join(", ")}); name one by --ssh-key`);
}

async function readKnownHosts(named: string | undefined, folder: string): Promise<string> {
  if (named !== undefined) return (await readNamedFile(named, MAX_KNOWN_HOSTS_BYTES)).toString("utf8");
  const file = join(folder, "known_hosts");
  const bytes = await readFileIfThere(file, MAX_KNOWN_HOSTS_BYTES);
  if (bytes !== undefined) return bytes.toString("utf8");
  throw new UsageError(
    `${file} does not exist; name the file with the host's key by --known-hosts (ssh-keyscan makes one, whose fingerprints are to be compared on the host)`,
  );
}
