import { existsSync } from "node:fs";
import type { Command } from "commander";

/** The commands of `kubectl dockerhost` that `dockerhost` does not have, and the other way round. */
const OF_PLUGIN = ["list", "ls", "status", "updates", "history", "rollback", "page", "suspend", "resume", "wait"];
const OF_PROGRAM = ["run", "controller", "manifest"];
/** Only the controller has the webhook and its key. */
const NOTIFY =
  '"notify" is a command of dockerhost; to test the webhook of a controller, run it there: kubectl exec -n NAMESPACE deployment/NAME -- /nodejs/bin/node /app/dockerhost.mjs notify test';

const OF_KUBECTL = ["get", "describe", "apply", "create", "delete", "edit", "explain"];
const OF_DOCKER = ["ps", "images", "pull", "start", "stop", "restart", "exec", "inspect", "rm", "info", "compose"];

const COMPOSE_FILE = /^(.*\/)?(docker-)?compose[^/]*\.ya?ml$/i;

/** Whether the hint is about the word in the place of the command. */
export function knowsWord(program: Command, args: readonly string[]): boolean {
  return hintForWord(program, args) !== undefined;
}

/**
 * Says what somebody probably meant by a command line that is not valid; undefined if that cannot be guessed.
 * @param code of the parser's error
 */
export function hintFor(program: Command, args: readonly string[], code: string): string | undefined {
  switch (code) {
    case "commander.unknownCommand":
      return hintForWord(program, args);
    case "commander.helpDisplayed":
      return hintForHelp(args);
    case "commander.unknownOption":
      return hintForOption(program, args);
    // An operand in place of an option is too many, or the option is missing.
    case "commander.excessArguments":
    case "commander.missingMandatoryOptionValue":
    case "commander.missingArgument":
      return hintForOperands(program, args);
    default:
      return undefined;
  }
}

function hintForWord(program: Command, args: readonly string[]): string | undefined {
  const [name = "", ...rest] = args;
  if (program.commands.some((each) => each.name() === name || each.alias() === name)) return undefined;
  const words = args.join(" ");
  if (!isPlugin(program) && OF_PLUGIN.includes(name)) {
    const isOne = (name === "list" || name === "ls") && rest[0]?.startsWith("-") === false;
    const meant = isOne ? ["status", ...rest].join(" ") : words;
    return `"${name}" is a command of the plugin for kubectl: kubectl dockerhost ${meant}`;
  }
  if (isPlugin(program) && OF_PROGRAM.includes(name))
    return `"${name}" is a command of dockerhost: dockerhost ${words}`;
  if (isPlugin(program) && name === "notify") return NOTIFY;
  if (name === "logs") {
    return "dockerhost shows no logs: use docker logs for those of a container, and kubectl logs for those of the controller";
  }
  if (name === "version") return `did you mean ${program.name()} --version?`;
  if (OF_KUBECTL.includes(name)) return `"${name}" is a command of kubectl: ${kubectlLine(name, rest)}`;
  if (OF_DOCKER.includes(name)) return `"${name}" is a command of Docker: docker --host URL ${words}`;
  return isPlugin(program) || !(name.includes("://") || isPath(name)) ? undefined : hintForSource("check", args);
}

/** Kubectl wants the kind too, unless it reads it from a file. */
function kubectlLine(verb: string, rest: readonly string[]): string {
  const isWhole = rest.some((word) => word === "-f" || /^(dockerhost|dhost|containerupdate)/.test(word));
  return ["kubectl", verb, ...(isWhole ? [] : ["dockerhost"]), ...rest].join(" ");
}

/** To Docker and to this program, -h is not the host. To show the help would look like a host that was checked. */
function hintForHelp(args: readonly string[]): string | undefined {
  const after = args[args.findIndex((arg) => arg === "-h" || arg === "--help") + 1];
  return after?.includes("://") === true ? `-h shows the help; did you mean -H ${after}?` : undefined;
}

function hintForOption(program: Command, args: readonly string[]): string | undefined {
  const [first = ""] = args;
  if (first === "-v") return `did you mean ${program.name()} --version?`;
  const command = program.commands.find((each) => args.includes(each.name()));
  if (command === undefined) return undefined;
  const has = (flag: string) => command.options.some(({ short, long }) => short === flag || long === flag);
  const flags = args.filter((arg) => arg.startsWith("-")).map((arg) => arg.split("=")[0] ?? arg);
  if (first.startsWith("-") && flags.every(has)) {
    const others = args.filter((arg) => arg !== command.name());
    return `flags come after the command: ${[program.name(), command.name(), ...others].join(" ")}`;
  }
  const unknown = flags.find((flag) => !has(flag));
  if (isPlugin(program) && command.name() === "check" && (unknown === "-f" || unknown === "--filename")) {
    return `the plugin checks hosts of a cluster; did you mean dockerhost ${args.join(" ")}?`;
  }
  if (!isPlugin(program) && command.name() === "check" && (unknown === "-w" || unknown === "--watch")) {
    return "check ends after one pass; dockerhost run -f PATH keeps checking, and shows what changes";
  }
  if (unknown === "--tls") return "use --tlsverify, or an https:// address for TLS without verification";
  return undefined;
}

function hintForOperands(program: Command, args: readonly string[]): string | undefined {
  const [name = ""] = args.filter((arg) => !arg.startsWith("-"));
  const command = program.commands.find((each) => each.name() === name || each.alias() === name);
  const [operand] = command?.args ?? [];
  if (isPlugin(program)) {
    if (command?.name() === "status" && operand === undefined) {
      return "name a host, or use kubectl dockerhost list to see all";
    }
    return operand !== undefined && (command?.name() === "list" || command?.name() === "updates")
      ? `did you mean kubectl dockerhost status ${operand}?`
      : undefined;
  }
  if (command === undefined || operand === undefined) return undefined;
  if (name === "controller") return `controller reads the hosts of a cluster; for manifests, use ${fromFiles(command)}`;
  return name === "check" || name === "run" ? hintForSource(name, command.args) : undefined;
}

function fromFiles({ args }: Command): string {
  return `dockerhost run -f ${args.join(" ")}`;
}

/** What a host or manifests without their flag mean to check or run. */
function hintForSource(name: "check" | "run", operands: readonly string[]): string | undefined {
  const [operand = ""] = operands;
  if (operand.includes("://")) {
    return name === "check"
      ? `did you mean dockerhost check --host ${operand}?`
      : "run reads hosts only from manifests; dockerhost manifest from-files and from-context write them";
  }
  if (COMPOSE_FILE.test(operand)) {
    return `for the settings of Watchtower in a Compose file, use dockerhost manifest from-watchtower --compose ${operand}`;
  }
  if (isPath(operand)) return `did you mean dockerhost ${name} -f ${operands.join(" ")}?`;
  return name === "check"
    ? `to check a host of a cluster, use kubectl dockerhost check ${operand}; else give its manifest with -f, or its address with --host`
    : "give the manifests with -f";
}

function isPath(word: string): boolean {
  return /[/\\]|^\.{1,2}$|\.(ya?ml|json)$/i.test(word) || (word !== "" && existsSync(word));
}

function isPlugin(program: Command): boolean {
  return program.name().startsWith("kubectl");
}
