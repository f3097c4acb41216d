import type { Command } from "commander";
import * as z from "zod";
import { failure, success } from "../../common/result.ts";
import type { ConnectionOptions } from "../connection-input.ts";
import { addConnectionOptions, connectionFlags, FILENAMES } from "../connection-options.ts";
import { addFlags, flag, readFlags } from "../flags/flags.ts";
import { duration, textSchema } from "../flags/values.ts";

export interface UpdateOptions extends ConnectionOptions {
  readonly all?: boolean;
  readonly dryRun?: boolean;
  readonly yes?: boolean;
  readonly digest?: string | undefined;
  /** Milliseconds. */
  readonly healthTimeout: number;
  /** Milliseconds. */
  readonly stableFor: number;
  readonly keep?: boolean;
  readonly removeOldImage?: boolean;
  readonly hooks?: boolean;
  readonly takeOver?: boolean;
}

const DIGEST = /^sha256:[0-9a-f]{64}$/;

const digestFlag = flag(
  textSchema((text) =>
    DIGEST.test(text) ? success(text) : failure("it must be sha256: and 64 hexadecimal digits"),
  ).optional(),
  {
    placeholder: "<digest>",
    description: "update one container to this digest of its image, instead of the one that its tag names",
  },
);

const updateFlags = z.object({
  digest: digestFlag,
  healthTimeout: flag(duration("1s", "2h").prefault("5m"), {
    placeholder: "<duration>",
    description: "how long a new container with a health check may take to become healthy",
  }),
  stableFor: flag(duration("0s", "1h").prefault("30s"), {
    placeholder: "<duration>",
    description: "how long a new container without a health check must run without a restart",
  }),
  ...connectionFlags.shape,
});

type Switches = Omit<UpdateOptions, keyof z.output<typeof updateFlags>>;

export function addUpdate(
  program: Command,
  action: (operands: readonly string[], options: UpdateOptions) => Promise<void>,
): void {
  const command = program
    .command("update")
    .argument("[names...]", "with -f, the host and then its containers; otherwise containers")
    .usage("[HOST] [CONTAINER...] [options]")
    .description(
      "Replace containers with new ones on the current image of their tag. A working container always remains.",
    )
    .option("-f, --filename <path>", FILENAMES, (path: string, before: string[] = []) => [...before, path]);
  addConnectionOptions(command)
    .option("--all", "update every container of the host that is outdated")
    .option("--dry-run", "show the plan and change nothing")
    .option("-y, --yes", "update without asking; needed without a terminal")
    .option("--keep", "if a new container fails, keep it for a look; the old one stays stopped under another name")
    .option("--remove-old-image", "remove the old image after success, unless something else uses it")
    .option("--hooks", "run the lifecycle hooks in the labels of containers")
    .option("--take-over", "first finish or undo an unfinished update of a controller or program that will not return");
  addFlags(command, updateFlags)
    .addHelpText("after", HELP)
    .action((operands: string[], given: Switches) =>
      action(operands, { ...given, ...readFlags(updateFlags, { ...given }) }),
    );
}

const HELP = `
Examples:
  $ dockerhost update web --host tcp://edge-7.example.com:2376 --tlsverify --cert-path ./certs
  $ dockerhost update edge-7 web -f fleet/ --dry-run
  $ dockerhost update edge-7 --all -f fleet/ --yes

The command checks the host, shows the plan and asks before it changes anything. The old container is removed only after the
new one is healthy or has run for --stable-for; if that fails, the old one is put back. Ctrl-C puts the container back, or
finishes if the new one has already proved itself. What a second Ctrl-C leaves is finished or undone by the next update.

Exit codes: 0 all updates succeeded, or there was none; 1 an update failed or was stopped; 2 wrong flags or input;
4 an update failed and was rolled back.`;
