import { Command, CommanderError, InvalidArgumentError, Option } from "commander";
import { parseDuration } from "../common/duration.ts";
import { LOG_ENCODINGS, LOG_LEVELS } from "../telemetry/logger.ts";
import { parseAddress, parseAddressOrNone } from "./address.ts";
import type { CheckOptions } from "./check.ts";
import type { CliContext } from "./context.ts";
import type { ControllerOptions } from "./controller.ts";
import { EXIT, UsageError } from "./exit-codes.ts";
import { withFenceOptions } from "./fences.ts";
import { addManifest } from "./manifest/options.ts";
import { OUTPUT_FORMATS } from "./output.ts";
import type { RunOptions } from "./run.ts";

/** Runs one command line. Resolves to the exit code; commands are loaded only when they are called. */
export async function runProgram(args: readonly string[], context: CliContext, version: string): Promise<number> {
  let code: number = EXIT.ok;
  const program = new Command("dockerhost")
    .description("Keeps remote Docker hosts connected, verified and up to date.")
    .version(version)
    .configureOutput({
      writeOut: (text) => context.stdout.write(text),
      writeErr: (text) => context.stderr.write(text),
      getOutHelpWidth: () => context.stdout.columns ?? 100,
      getErrHelpWidth: () => context.stderr.columns ?? 100,
    })
    .showHelpAfterError("(see --help)")
    .exitOverride();

  addCheck(program, async (options) => {
    code = await (await import("./check.ts")).check(options, context);
  });
  addRun(program, context, async (options) => {
    code = await (await import("./run.ts")).run(options, context);
  });
  addController(program, context, async (options) => {
    code = await (await import("./controller.ts")).controller(options, context);
  });
  addManifest(program, async (source, flags) => {
    code = await (await import("./manifest/manifest.ts")).manifest(source, flags, args, context);
  });

  try {
    await program.parseAsync(args, { from: "user" });
    return code;
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? EXIT.ok : EXIT.usage;
    if (!(error instanceof UsageError)) throw error;
    context.stderr.write(`error: ${error.message}\n`);
    return EXIT.usage;
  }
}

function addCheck(program: Command, action: (options: CheckOptions) => Promise<void>): void {
  const command = program
    .command("check")
    .description("Look once at each host of some manifests, or at the one host that flags and DOCKER_* variables name.")
    .option(
      "-f, --filename <path...>",
      "manifests of DockerHosts and their Secrets: files, folders, or - for standard input",
    )
    .option("-H, --host <url>", "address of the daemon (DOCKER_HOST; default unix:///var/run/docker.sock)")
    .addOption(
      new Option(
        "--tlsverify [boolean]",
        "verify the server's certificate; turns tcp:// into https:// (DOCKER_TLS_VERIFY)",
      ).argParser(parseBoolean),
    )
    .option(
      "--cert-path <folder>",
      "folder with ca.pem, cert.pem and key.pem (DOCKER_CERT_PATH; default /etc/ssl/docker, else ~/.docker)",
    )
    .option("--tlscacert <file>", "the CA's certificate, instead of the one in --cert-path")
    .option("--tlscert <file>", "the client certificate, instead of the one in --cert-path")
    .option("--tlskey <file>", "the client's private key, instead of the one in --cert-path")
    .option("--ssh-key <file>", "the private key for an ssh:// host (default ~/.ssh/id_ed25519, id_ecdsa or id_rsa)")
    .option("--known-hosts <file>", "the host keys that are trusted for an ssh:// host (default ~/.ssh/known_hosts)")
    .option("--api-version <version>", "version of the Docker API (DOCKER_API_VERSION; default negotiated)")
    .addOption(new Option("-o, --output <format>", "how to print").choices(OUTPUT_FORMATS).default("table"))
    .option("--fail-on-updates", "exit with 3 when there are updates, and with 1 when a check did not succeed");
  withFenceOptions(command, "check")
    .addHelpText(
      "after",
      `
Examples:
  $ dockerhost check -f fleet/ -o wide
  $ dockerhost check --host tcp://edge-7.example.com:2376 --tlsverify --cert-path ./certs
  $ kubectl get dockerhosts,secrets -n fleet -o yaml | dockerhost check -f - --fail-on-updates

Exit codes: 0 all well; 1 a host is not Ready (suspended ones aside); 2 wrong flags or input;
3 with --fail-on-updates: there are updates.`,
    )
    .action(action);
}

function addRun(program: Command, context: CliContext, action: (options: RunOptions) => Promise<void>): void {
  const command = withLogOptions(
    program
      .command("run")
      .description("Reconcile the DockerHosts of a folder of manifests, without a cluster, until Ctrl-C.")
      .requiredOption(
        "-f, --filename <path...>",
        "manifests of DockerHosts and their Secrets: files or folders; changes are picked up",
      )
      .option("--state <folder>", "keep each host's status there over restarts")
      .addOption(metricsAddress().default(false, "none")),
    context.stdout.isTTY === true ? "console" : "json",
  );
  withFenceOptions(command, "run")
    .addHelpText(
      "after",
      `
Example:
  $ dockerhost run -f fleet/ --state /var/lib/dockerhost

On a terminal it shows the table of hosts as it changes; otherwise it prints a line for each change.`,
    )
    .action(action);
}

function addController(
  program: Command,
  context: CliContext,
  action: (options: ControllerOptions) => Promise<void>,
): void {
  const command = withLogOptions(
    program
      .command("controller")
      .description("Reconcile the DockerHosts of a Kubernetes cluster.")
      .option(
        "--kubeconfig <file>",
        "how the cluster is reached (default $KUBECONFIG, the pod's service account, ~/.kube/config)",
      )
      .option("--context <name>", "context of the kubeconfig")
      .option("-n, --namespace <name>", "watch this namespace alone (default all)")
      .addOption(
        new Option("--concurrent <number>", "hosts that are worked on at once").default(10).argParser(parseCount),
      )
      .addOption(
        new Option(
          "--watch-inactivity-limit <duration>",
          "a watch of the API server that is silent for so long is renewed",
        )
          .default(30_000, "30s")
          .argParser(parseTime),
      )
      .addOption(
        new Option("--health-addr <address>", "address of /livez and /readyz: [HOST]:PORT")
          .default({ host: "", port: 9440 }, ":9440")
          .argParser(parseAddress),
      )
      .addOption(metricsAddress().default({ host: "", port: 8080 }, ":8080")),
    context.stderr.isTTY === true ? "console" : "json",
  );
  withElectionOptions(command);
  withFenceOptions(command, "controller")
    .addHelpText(
      "after",
      `
Example:
  $ dockerhost controller --kubeconfig ~/.kube/config --health-addr 127.0.0.1:9440

The CustomResourceDefinition must be installed: kubectl apply --server-side -f crds/`,
    )
    .action(action);
}

function metricsAddress(): Option {
  return new Option("--metrics-addr <address>", "address of /metrics: [HOST]:PORT, or 0 for none").argParser(
    parseAddressOrNone,
  );
}

function withElectionOptions(command: Command): void {
  const duration = (flag: string, text: string, value: string) =>
    new Option(`--leader-election-${flag} <duration>`, text).argParser(parseTime).default(parseTime(value), value);
  command
    .option("--enable-leader-election", "of several controllers let one work, while the others stand by", false)
    .option("--leader-election-namespace <name>", "namespace of the Lease (default: the pod's or the context's own)")
    .addOption(duration("lease-duration", "how long nobody takes over after the leader's last renewal", "15s"))
    .addOption(duration("renew-deadline", "a leader that could not renew for so long ends", "10s"))
    .addOption(duration("retry-period", "time between two tries to take or renew the Lease", "2s"))
    .addOption(
      new Option("--leader-election-release-on-cancel <boolean>", "give the Lease back at the end")
        .argParser(parseBoolean)
        .default(true),
    );
}

function withLogOptions(command: Command, encoding: (typeof LOG_ENCODINGS)[number]): Command {
  return command
    .addOption(
      new Option("--log-level <level>", "least level of the log on standard error").choices(LOG_LEVELS).default("info"),
    )
    .addOption(new Option("--log-encoding <encoding>", "form of the log").choices(LOG_ENCODINGS).default(encoding));
}

function parseBoolean(text: string): boolean {
  if (/^(true|1|t)$/i.test(text)) return true;
  if (/^(false|0|f)$/i.test(text)) return false;
  throw new InvalidArgumentError("It must be true or false.");
}

function parseTime(text: string): number {
  const ms = parseDuration(text);
  if (ms === undefined) throw new InvalidArgumentError("It must be a duration, for example 15s or 1m30s.");
  return ms;
}

function parseCount(text: string): number {
  if (/^[1-9][0-9]{0,2}$/.test(text)) return Number(text);
  throw new InvalidArgumentError("It must be a number from 1 to 999.");
}
