import { failure, type Result, success } from "../common/result.ts";

/** A folder or file of the machine that is mounted into the container. `source` can also be the name of a volume. */
export interface BindMount {
  readonly source: string;
  readonly target: string;
}

/** The flags of docker run that take no value. All others take one. */
const SWITCHES: readonly string[] = [
  "--detach",
  "--disable-content-trust",
  "--help",
  "--init",
  "--interactive",
  "--no-healthcheck",
  "--oom-kill-disable",
  "--privileged",
  "--publish-all",
  "--quiet",
  "--read-only",
  "--replace",
  "--rm",
  "--sig-proxy",
  "--tty",
  "--use-api-socket",
];
const SHORT_SWITCHES = "ditPq";

export interface DockerRun {
  readonly image: string;
  readonly args: readonly string[];
  /** `NAME=VALUE`, or only `NAME` for the caller's own value. */
  readonly env: readonly string[];
  readonly envFiles: readonly string[];
  readonly mounts: readonly BindMount[];
}

/** Whether the words are a command line of docker, and not of Watchtower itself. */
export function isDockerRun(words: readonly string[]): boolean {
  return /(^|\/)(sudo|docker|podman)$/.test(words[0] ?? "");
}

/** Parses the container of a `docker run` or `docker create` command. */
export function parseDockerRun(words: readonly string[]): Result<DockerRun, string> {
  const start = words.findIndex((word) => word === "run" || word === "create");
  if (start < 0) return failure("is not a docker run command");
  const rest = words.slice(start + 1);
  const [env, envFiles, mounts]: [string[], string[], BindMount[]] = [[], [], []];
  for (let word = rest.shift(); word !== undefined; word = rest.shift()) {
    if (!word.startsWith("-") || word === "-") return success({ image: word, args: rest, env, envFiles, mounts });
    const flag = splitFlag(word);
    if (flag === undefined) continue;
    const value = flag.value ?? rest.shift();
    if (value === undefined) return failure(`has no value after ${flag.name}`);
    if (flag.name === "-e" || flag.name === "--env") env.push(value);
    else if (flag.name === "--env-file") envFiles.push(value);
    else if (flag.name === "-v" || flag.name === "--volume") mounts.push(...parseVolume(value));
    else if (flag.name === "--mount") mounts.push(...parseMount(value));
  }
  return failure("names no image");
}

/** Returns undefined for switches. A group of letters can end with a flag that takes a value: -dv /a:/b. */
function splitFlag(word: string): { readonly name: string; readonly value: string | undefined } | undefined {
  if (word.startsWith("--")) {
    const [name = "", ...value] = word.split("=");
    if (SWITCHES.includes(name)) return undefined;
    return { name, value: value.length === 0 ? undefined : value.join("=") };
  }
  const letters = word.slice(1);
  const at = [...letters].findIndex((letter) => !SHORT_SWITCHES.includes(letter));
  if (at < 0) return undefined;
  const value = letters.slice(at + 1).replace(/^=/, "");
  return { name: `-${letters.charAt(at)}`, value: value === "" ? undefined : value };
}

/** Parses `SOURCE:TARGET[:OPTIONS]`. A target without a source is an anonymous volume, which is empty. */
export function parseVolume(text: string): BindMount[] {
  const [source = "", target = ""] = text.split(":");
  return source === "" || !target.startsWith("/") ? [] : [{ source, target }];
}

function parseMount(text: string): BindMount[] {
  const fields = new Map(
    text.split(",").map((field) => [field.split("=")[0] ?? "", field.slice(field.indexOf("=") + 1)]),
  );
  const source = fields.get("source") ?? fields.get("src");
  const target = fields.get("target") ?? fields.get("destination") ?? fields.get("dst");
  return source === undefined || target === undefined ? [] : [{ source, target }];
}
