import { failure, type Result, success } from "../common/result.ts";

/**
 * These variables make docker-modem and winston's libraries print what they handle. They are read when a library is
 * loaded.
 */
const TALKATIVE = ["DEBUG", "DIAGNOSTICS"];

/** Flags of Node that weaken every connection of the process, or expose what it keeps in memory. */
const WEAKENING = [
  "--insecure-http-parser",
  "--tls-keylog",
  "--tls-min-v1.0",
  "--tls-min-v1.1",
  "--trace-tls",
  "--inspect",
  "--inspect-brk",
  "--inspect-wait",
  "--inspect-port",
  "--inspect-publish-uid",
  "--debug-port",
  "--experimental-inspector-network-resource",
];

/**
 * Refuses to run if a variable or a flag of Node would break the program's security promises, and removes the variables
 * that would make its libraries print keys. Call it before those libraries are loaded. Returns the names of the removed
 * variables, or a failure with a sentence for the user.
 *
 * @param env is changed in place
 * @param execArgv Node's own flags, as in `process.execArgv`
 */
export function tameNodeEnvironment(
  env: NodeJS.ProcessEnv,
  execArgv: readonly string[],
): Result<readonly string[], string> {
  if (env.NODE_TLS_REJECT_UNAUTHORIZED === "0") {
    return failure(
      "NODE_TLS_REJECT_UNAUTHORIZED=0 would accept any certificate everywhere; unset it, and set `tls.verify: false` on the one host that needs it",
    );
  }
  // Node has already read this variable, so removing it would not help: its http lines contain the private keys of
  // connections.
  if ((env.NODE_DEBUG ?? "") !== "") {
    return failure("NODE_DEBUG would print private keys and tokens; unset it, and use --log-level debug");
  }
  const flags = [...nodeOptions(env.NODE_OPTIONS ?? ""), ...execArgv];
  // Node accepts underscores in place of dashes.
  const names = flags.map((flag) => flag.split("=")[0]?.replaceAll("_", "-") ?? "");
  const weakening = WEAKENING.find((flag) => names.includes(flag));
  if (weakening !== undefined) {
    return failure(
      `Node's flag ${weakening} would weaken every connection or expose keys; remove it from the command and from NODE_OPTIONS`,
    );
  }
  const taken = TALKATIVE.filter((name) => env[name] !== undefined);
  for (const name of taken) delete env[name];
  return success(taken);
}

/** Splits NODE_OPTIONS as Node does: at spaces, with double quotes, inside which a backslash escapes a character. */
function nodeOptions(text: string): readonly string[] {
  const words = [""];
  let quoted = false;
  for (let at = 0; at < text.length; at += 1) {
    const character = text.charAt(at);
    if (character === '"') quoted = !quoted;
    else if (character === " " && !quoted) words.push("");
    else {
      if (character === "\\" && quoted) at += 1;
      words.push(`${words.pop() ?? ""}${text.charAt(at)}`);
    }
  }
  return words.map((word) => word.trim());
}
