import { type Command, InvalidArgumentError, Option } from "commander";
import { parseDuration } from "../../common/duration.ts";
import { SORT_KEYS } from "../../views/sort-order.ts";
import { commandLine, parseCommandLine } from "../command-line.ts";
import type { CliContext } from "../context.ts";
import { EXIT } from "../exit-codes.ts";
import { OUTPUT_FORMATS } from "../output-formats.ts";
import { withSafeStreams } from "../safe-stream.ts";
import { type ClusterFlags, withCluster } from "./cluster-flags.ts";
import { commandFirst } from "./command-first.ts";
import type { ListFlags } from "./list.ts";
import type { PageFlags } from "./page/show-page.ts";
import type { CheckFlags } from "./request-check.ts";
import type { StatusFlags } from "./status-command.ts";
import type { SuspendFlags } from "./suspend.ts";
import type { HistoryFlags } from "./update/history.ts";
import type { FollowFlags, UpdateFlags } from "./update/request-update.ts";
import type { UpdatesFlags } from "./updates.ts";
import type { WaitFlags } from "./wait.ts";
import { WAIT_GOALS } from "./wait-goals.ts";

type Run = (command: () => Promise<number>) => Promise<void>;

/** Runs one command line of the plugin `kubectl dockerhost`. Resolves to the exit code. */
export async function runKubectlPlugin(args: readonly string[], given: CliContext, version: string): Promise<number> {
  const context = withSafeStreams(given);
  let code: number = EXIT.ok;
  const program = kubectlProgram(context, async (command) => {
    code = await command();
  }).version(version);
  return (await parseCommandLine(program, commandFirst(program, args), context)) ?? code;
}

/** Builds the command line. The code of a command is loaded only when it is called. */
export function kubectlProgram(context: CliContext, run: Run): Command {
  const program = commandLine("kubectl dockerhost", context)
    .description("Show and control the Docker hosts of a cluster.")
    .addHelpText("after", "\nFlags can be written before or after the command; see kubectl dockerhost COMMAND --help.");

  const listing = program
    .command("list")
    .alias("ls")
    .description("List all hosts, and the containers that need attention.");
  withOutput(withCluster(listing, "all"))
    .addOption(
      new Option(
        "--sort-by <key>",
        "what to sort by (default: on a terminal, hosts that need attention first; otherwise by name)",
      ).choices(SORT_KEYS),
    )
    .option("-w, --watch", "keep running and show changes")
    .action((flags: ListFlags) => run(async () => (await import("./list.ts")).list(flags, context)));

  const status = program.command("status <name>").description("Show everything known about a host.");
  withOutput(withCluster(status)).action((name: string, flags: StatusFlags) =>
    run(async () => (await import("./status-command.ts")).status(name, flags, context)),
  );

  const check = program
    .command("check [names...]")
    .description("Make the controller connect to hosts and check their images now, and show the results.");
  withOutput(withTimeout(withCluster(check, "all"), "6m"))
    .option("--all", "all hosts of the namespace; with -A of the cluster")
    .option("--fail-on-updates", "exit with 3 if there are updates, and with 1 if a check fails")
    .addHelpText("after", EXIT_CODES)
    .action((names: string[], flags: CheckFlags) =>
      run(async () => (await import("./request-check.ts")).check(names, flags, context)),
    );

  const updates = program.command("updates").description("List outdated images of the fleet.");
  withOutput(withCluster(updates, "all")).action((flags: UpdatesFlags) =>
    run(async () => (await import("./updates.ts")).updates(flags, context)),
  );

  addUpdateCommands(program, context, run);

  const page = program
    .command("page")
    .description("Forward a port of this machine to the controller's page about the fleet, until Ctrl-C.");
  withCluster(page)
    .option("-l, --selector <labels>", "labels of the controller's pods, if several controllers are installed")
    .addOption(
      new Option("--port <number>", "port on this machine; 0 lets the system choose one")
        .default(8090)
        .argParser(parsePort),
    )
    .option("--open", "open the page in your browser")
    .addHelpText("after", PAGE_RIGHTS)
    .action((flags: PageFlags) => run(async () => (await import("./page/show-page.ts")).showPage(flags, context)));

  for (const [name, suspend, description] of [
    ["suspend", true, "Stop the controller from connecting to hosts and checking their images."],
    ["resume", false, "Make the controller process suspended hosts again."],
  ] as const) {
    withCluster(program.command(`${name} [names...]`).description(description), "all")
      .option("--all", "all hosts of the namespace; with -A of the cluster")
      .action((names: string[], flags: SuspendFlags) =>
        run(async () => (await import("./suspend.ts")).setSuspend(names, suspend, flags, context)),
      );
  }

  const wait = program.command("wait [names...]").description("Wait until hosts are ready, checked or up to date.");
  withTimeout(withCluster(wait, "all"), "5m")
    .option("--all", "all hosts of the namespace; with -A of the cluster")
    .addOption(new Option("--for <goal>", "state to wait for").choices(WAIT_GOALS).default("ready"))
    .action((names: string[], flags: WaitFlags) =>
      run(async () => (await import("./wait.ts")).wait(names, flags, context)),
    );

  const doctor = program
    .command("doctor")
    .description("Check what hosts depend on: the definition, your permissions, a controller, Secrets.");
  withCluster(doctor, "all").action((flags: ClusterFlags) =>
    run(async () => (await import("./doctor.ts")).doctor(flags, context)),
  );
  return program;
}

function addUpdateCommands(program: Command, context: CliContext, run: Run): void {
  const update = program
    .command("update <host> [containers...]")
    .description(
      "Replace containers of a host with new ones on the current image of their tag, and follow the progress.",
    );
  withTerms(withTimeout(withCluster(update), "30m"))
    .option("--all", "update every container of the host that is outdated")
    .option(
      "--digest <digest>",
      "update one container to this digest of its image, instead of the one that its tag names",
    )
    .addHelpText("after", UPDATE_EXIT_CODES)
    .action((host: string, containers: string[], flags: UpdateFlags) =>
      run(async () => (await import("./update/request-update.ts")).update(host, containers, flags, context)),
    );

  const history = program.command("history <host>").description("List the updates of a host that are kept.");
  withOutput(withCluster(history)).action((host: string, flags: HistoryFlags) =>
    run(async () => (await import("./update/history.ts")).history(host, flags, context)),
  );

  const rollback = program
    .command("rollback <host> <container>")
    .description("Update a container back to the image that it ran before its last successful update.");
  withTerms(withTimeout(withCluster(rollback), "30m"))
    .addHelpText("after", UPDATE_EXIT_CODES)
    .action((host: string, container: string, flags: FollowFlags) =>
      run(async () => (await import("./update/rollback.ts")).rollback(host, container, flags, context)),
    );
}

function withTerms(command: Command): Command {
  return command
    .option("--dry-run", "show what would be done, and change nothing")
    .option("-y, --yes", "do not ask on a terminal")
    .option(
      "--health-timeout <duration>",
      "how long a new container with a health check may take to become healthy (default 5m)",
    )
    .option(
      "--stable-for <duration>",
      "how long a new container without a health check must run without a restart (default 30s)",
    )
    .option("--keep", "if the new container fails, keep it for a look; the old one stays stopped under another name")
    .option("--remove-old-image", "remove the old image after success, unless something else uses it")
    .option("--hooks", "run the lifecycle hooks in the labels of containers");
}

const UPDATE_EXIT_CODES = `
Creates a ContainerUpdate for each container, which the controller carries out. Ctrl-C only stops watching.
Exit codes: 0 all succeeded, or none was needed; 1 one failed or did not end in time; 2 wrong flags; 4 one was rolled back.`;

const EXIT_CODES = `
Exit codes: 0 success; 1 a host is not Ready, is suspended and was named, was not checked in time,
or none of its images could be checked;
2 wrong flags; 3 there are updates (with --fail-on-updates).`;

function withOutput(command: Command): Command {
  return command.addOption(
    new Option("-o, --output <format>", "output format").choices(OUTPUT_FORMATS).default("table"),
  );
}

const PAGE_RIGHTS = `
Without -n, the controller is looked for in all namespaces, or in dockerhost-system if you may not list the pods of all.
You need the permissions to get and list pods, and to create pods/portforward, in the namespace of the controller.`;

function parsePort(text: string): number {
  const port = Number(text);
  if (!/^\d{1,5}$/.test(text) || port > 65_535) throw new InvalidArgumentError("It must be a port from 0 to 65535.");
  return port;
}

function withTimeout(command: Command, usual: string): Command {
  const timeout = new Option("--timeout <duration>", "how long to wait, such as 90s or 10m");
  return command.addOption(timeout.default(parseTimeout(usual), usual).argParser(parseTimeout));
}

function parseTimeout(text: string): number {
  const ms = parseDuration(text);
  if (ms === undefined || ms === 0) throw new InvalidArgumentError("It must be a duration such as 90s or 10m.");
  return ms;
}
