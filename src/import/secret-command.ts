import type { ImportedHost } from "./imported-host.ts";
import { shellQuote } from "./shell-words.ts";

/** Prints only the Secret. */
export const ONLY_SECRET = "--only-secret";
export const NO_SECRET = "--no-secret";

/**
 * Returns the command line that creates a draft's Secret if it is not printed.
 * @param args the arguments of this command, which is called again if no files contain exactly the entries
 */
export function secretCommand(
  { secret }: ImportedHost,
  target: { readonly name: string; readonly namespace: string | undefined },
  args: readonly string[],
): string {
  const namespace = target.namespace === undefined ? [] : ["-n", target.namespace];
  if (secret === undefined) {
    // The shell expands $HOME, so that it names the key of the user who runs the command, not that of root or of a
    // build.
    const quoted = ["kubectl", "create", "secret", "generic", target.name, ...namespace].map(shellQuote).join(" ");
    return `${quoted} --type=kubernetes.io/ssh-auth --from-file=ssh-privatekey="$HOME/.ssh/id_ed25519" --from-file=known_hosts="$HOME/.ssh/known_hosts"`;
  }
  const { entries, files, type } = secret;
  if (Object.keys(entries).every((entry) => files[entry] !== undefined)) {
    const sources = Object.keys(entries).map((entry) => `--from-file=${entry}=${files[entry]}`);
    const typed = type === "Opaque" ? [] : [`--type=${type}`];
    return ["kubectl", "create", "secret", "generic", target.name, ...namespace, ...typed, ...sources]
      .map(shellQuote)
      .join(" ");
  }
  const again = args.map((word) => (word === NO_SECRET ? ONLY_SECRET : word));
  return `${["dockerhost", ...again].map(shellQuote).join(" ")} | kubectl apply -f -`;
}
