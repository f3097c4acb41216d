import { failure, type Result, success } from "../common/result.ts";

/** Makes docker-modem and winston's libraries print what they handle. Read when they are loaded. */
const TALKATIVE = ["DEBUG", "DIAGNOSTICS"];

/** Flags of Node that weaken every connection of the process, or hand out what it holds in memory. */
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
 * Refuses to run where a variable or a flag of Node would undo what the program promises, and takes away the variables
 * that would have its libraries print keys; call it before these are loaded. Gives the names that were taken, and
 * fails with a sentence for the user.
 *
 * @param env is changed
 * @param execArgv Node's own flags, as in `process.execArgv`
 */
export function tameNodeEnvironment(
  env: NodeJS.ProcessEnv,
  execArgv: readonly string[],
): Result<readonly string[], string> {
  if (env.NODE_TLS_REJECT_UNAUTHORIZED === "0") {
    return failure(
      "NODE_TLS_REJECT_UNAUTHORIZED=0 would accept any certificate everywhere; unset it, and say `tls.verify: false` of the one host that needs it",
    );
  }
  // Node has read it already: its lines for http hold the private keys of connections.
  if ((env.NODE_DEBUG ?? "") !== "") {
    return failure("NODE_DEBUG would print private keys and tokens; unset it, and use --log-level debug");
  }
  const flags = [...nodeOptions(env.NODE_OPTIONS ?? ""), ...execArgv];
  // Node takes an underscore for a dash.
  const names = flags.map((flag) => flag.split("=")[0]?.replaceAll("_", "-") ?? "");
  const weakening = WEAKENING.find((flag) => names.includes(flag));
  if (weakening !== undefined) {
    return failure(
      `Node's flag ${weakening} would weaken every connection or give keys away; remove it from the command and from NODE_OPTIONS`,
    );
  }
  const taken = TALKATIVE.filter((name) => env[name] !== undefined);
  for (const name of taken) delete env[name];
  return success(taken);
}

/** The words of NODE_OPTIONS as Node reads them: parted by blanks, in double quotes with a backslash before a character. */
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
