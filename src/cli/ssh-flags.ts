import { join } from "node:path";
import { KNOWN_HOSTS_ENTRY, SSH_KEY_ENTRY } from "../docker/ssh/preflight-ssh.ts";
import { UsageError } from "./exit-codes.ts";
import { readOptional } from "./flag-files.ts";

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
  const files = named === undefined ? KEY_FILES.map((name) => join(folder, name)) : [named];
  for (const file of files) {
    const text = await readOptional(file, named !== undefined);
    if (text !== undefined) return text;
  }
  throw new UsageError(`There is no SSH key in ${folder} (${KEY_FILES.join(", ")}); name one by --ssh-key`);
}

async function readKnownHosts(named: string | undefined, folder: string): Promise<string> {
  const file = named ?? join(folder, "known_hosts");
  const text = await readOptional(file, named !== undefined);
  if (text !== undefined) return text;
  throw new UsageError(
    `${file} does not exist; name the file with the host's key by --known-hosts (ssh-keyscan makes one, whose fingerprints are to be compared on the host)`,
  );
}
