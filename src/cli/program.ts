import { type Command, Option } from "commander";
import * as z from "zod";
import { failure, type Result, success } from "../common/result.ts";
import { isKubeName, type ObjectKey } from "../runtime/kube-object.ts";
import type { CheckOptions } from "./check-command.ts";
import { commandLine, parseCommandLine } from "./command-line.ts";
import { addConnectionOptions, connectionFlags, FILENAMES } from "./connection-options.ts";
import type { PolicyFlags } from "./connection-policy.ts";
import type { CliContext } from "./context.ts";
import type { DoctorOptions } from "./doctor-command.ts";
import { EXIT } from "./exit-codes.ts";
import { type ControllerFlags, controllerFlags } from "./flags/controller-flags.ts";
import { addFlags, flag, flagLines, readFlags } from "./flags/flags.ts";
import { receiverFlags } from "./flags/notify-flags.ts";
import { runFlags } from "./flags/run-flags.ts";
import { duration, list, words } from "./flags/values.ts";
import { addManifest } from "./manifest-options.ts";
import type { ReceiverFlags } from "./notifications.ts";
import { OUTPUT_FORMATS } from "./output-formats.ts";
import type { RunOptions } from "./run-command.ts";
import { withSafeStreams } from "./safe-stream.ts";
import { addUpdate } from "./update/update-options.ts";

const VARIABLES =
  "Each flag can also be set as an environment variable: --log-level as DOCKERHOST_LOG_LEVEL, and so on. The flag wins.";

type Run = (command: () => Promise<number>) => Promise<void>;

/** Runs one command line. Resolves to the exit code. */
export async function runProgram(args: readonly string[], given: CliContext, version: string): Promise<number> {
  const context = withSafeStreams(given);
  let code: number = EXIT.ok;
  const program = dockerhostProgram(args, context, async (command) => {
    code = await command();
  }).version(version);
  return (await parseCommandLine(program, args, context)) ?? code;
}

/** Builds the command line. The code of a command is loaded only when it is called. */
export function dockerhostProgram(args: readonly string[], context: CliContext, run: Run): Command {
  const program = commandLine("dockerhost", context)
    .description(
      "Watch the connections, certificates and images of remote Docker hosts, and update containers on request.",
    )
    .addHelpText("after", NOT_DONE);

  addCheck(program, (options) => run(async () => (await import("./check-command.ts")).check(options, context)));
  addUpdate(program, (operands, options) =>
    run(async () => (await import("./update/update-command.ts")).update(operands, options, context)),
  );
  addRun(program, context, (options) => run(async () => (await import("./run-command.ts")).run(options, context)));
  addController(program, context, (options) =>
    run(async () => (await import("./controller-command.ts")).controller(options, context)),
  );
  addDoctor(program, (options) => run(async () => (await import("./doctor-command.ts")).doctor(options, context)));
  addNotify(program, context, (flags) =>
    run(async () => (await import("./notify-command.ts")).testNotification(flags, context)),
  );
  addManifest(program, (source, flags) =>
    run(async () => (await import("./manifest-command.ts")).manifest(source, flags, args, context)),
  );
  return program;
}

const NOT_DONE = `
Only update changes Docker hosts, after it has asked, and controller with --updates: all other commands only read.
To be notified, give run or controller a webhook with --notify, or use the exit code of check --fail-on-updates or the alerts.`;

function addCheck(program: Command, action: (options: CheckOptions) => Promise<void>): void {
  const command = addConnectionOptions(
    program
      .command("check")
      .description("Check the hosts of manifests once, or the one host that flags and DOCKER_* variables name.")
      .option("-f, --filename <path...>", FILENAMES),
  )
    .addOption(new Option("-o, --output <format>", "output format").choices(OUTPUT_FORMATS).default("table"))
    .option("--fail-on-updates", "exit with 3 if there are updates, and with 1 if a check fails");
  addFlags(command, connectionFlags)
    .addHelpText(
      "after",
      `
Examples:
  $ dockerhost check -f fleet/ -o wide
  $ dockerhost check --host tcp://edge-7.example.com:2376 --tlsverify --cert-path ./certs
  $ kubectl get dockerhosts,secrets -n fleet -o yaml | dockerhost check -f - --fail-on-updates

Exit codes: 0 success; 1 a host that is not suspended is not Ready, none of its images could be checked, or all hosts are suspended;
2 wrong flags or input; 3 there are updates (with --fail-on-updates).`,
    )
    .action((given: Omit<CheckOptions, keyof PolicyFlags | "timeout">) =>
      action({ ...given, ...readFlags(connectionFlags, { ...given }) }),
    );
}

function addRun(program: Command, context: CliContext, action: (options: RunOptions) => Promise<void>): void {
  const command = program
    .command("run")
    .description("Reconcile the DockerHosts of a folder with manifests, without a cluster, until Ctrl-C.")
    .requiredOption(
      "-f, --filename <path...>",
      "manifests of DockerHosts and their Secrets: files or folders, which are watched for changes",
    );
  addFlags(command, runFlags)
    .addHelpText(
      "after",
      `
Example:
  $ dockerhost run -f fleet/ --state /var/lib/dockerhost

On a terminal, the command shows a table of the hosts and keeps it up to date; otherwise it prints a line for each change.
${VARIABLES}`,
    )
    .action(({ filename, ...given }: { filename: readonly string[] }) =>
      action({ filename, ...readFlags(runFlags, given, context.env) }),
    );
}

function addController(
  program: Command,
  context: CliContext,
  action: (options: ControllerFlags) => Promise<void>,
): void {
  const command = program.command("controller").description("Reconcile the DockerHosts of a Kubernetes cluster.");
  addFlags(command, controllerFlags)
    .addHelpText(
      "after",
      `
Example:
  $ dockerhost controller --kubeconfig ~/.kube/config --health-addr 127.0.0.1:9440

The CustomResourceDefinition must be installed, with the Helm chart or with
  kubectl apply --server-side --force-conflicts -f crds/
${VARIABLES}`,
    )
    .action((given: Record<string, unknown>) => action(readFlags(controllerFlags, given, context.env)));
}

const testFlags = z.object(receiverFlags());

function addNotify(program: Command, context: CliContext, action: (flags: ReceiverFlags) => Promise<void>): void {
  const notify = program.command("notify").description("Work with the webhook that run and controller notify.");
  const test = notify.command("test").description("Send a test message to the webhook, and say what it answered.");
  addFlags(test, testFlags)
    .addHelpText(
      "after",
      `
Example:
  $ dockerhost notify test --notify /etc/dockerhost/webhook --notify-format slack

The flags and their variables are those of run and controller.
Exit codes: 0 the receiver has taken the message; 1 it has not; 2 wrong flags or files.`,
    )
    .action((given: Record<string, unknown>) => action(readFlags(testFlags, given, ownVariables(context.env))));
}

/** The variables of the other flags of run and controller are set where the test runs next to them. */
function ownVariables(env: CliContext["env"]): CliContext["env"] {
  return Object.fromEntries(flagLines(testFlags).map(({ variable }) => [variable, env[variable]]));
}

const doctorFlags = z.object({
  kubeconfig: flag(words.optional(), {
    placeholder: "<file>",
    description: "kubeconfig of the cluster",
    defaultWords: "$KUBECONFIG, the pod's service account, ~/.kube/config",
  }),
  context: flag(words.optional(), { placeholder: "<name>", description: "context of the kubeconfig to use" }),
  lease: flag(list(parseLease).optional(), {
    placeholder: "<namespace/name>",
    isList: true,
    description: "Lease of a release or shard, with which a controller must lead",
    defaultWords: "none",
  }),
  timeout: flag(duration("1s", "10m").prefault("60s"), {
    placeholder: "<duration>",
    description: "how long to wait for a controller to lead",
  }),
});

function addDoctor(program: Command, action: (options: DoctorOptions) => Promise<void>): void {
  const command = program
    .command("doctor")
    .description("Check that a release works: the API server, the definition, a controller that leads.");
  addFlags(command, doctorFlags)
    .addHelpText("after", "\nExit codes: 0 success; 1 something is wrong; 2 wrong flags.")
    .action((given: Record<string, unknown>) => action(readFlags(doctorFlags, given)));
}

function parseLease(text: string): Result<ObjectKey, string> {
  const [namespace = "", name = "", ...rest] = text.split("/");
  return isKubeName(namespace) && isKubeName(name) && rest.length === 0
    ? success({ namespace, name })
    : failure("it must be NAMESPACE/NAME of a Lease");
}
