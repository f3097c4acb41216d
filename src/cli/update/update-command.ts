import { findCondition } from "../../api/conditions.ts";
import { type DockerHostObject, parseSpec } from "../../api/docker-host.ts";
import type { Surface } from "../../api/surface.ts";
import { silentLogger } from "../../common/logger.ts";
import { FileResources } from "../../files/file-resources.ts";
import { keyOf } from "../../runtime/kube-object.ts";
import { paintFor } from "../condition-lines.ts";
import { readInput } from "../connection-input.ts";
import { type ConnectionPolicies, createPolicies } from "../connection-policy.ts";
import { type CliContext, terminalWidth, wantsColour } from "../context.ts";
import { CommandFailed, EXIT, UsageError } from "../exit-codes.ts";
import { startProgress } from "../pass-progress.ts";
import { createReconcilers } from "../reconcilers.ts";
import { type RegistryExtras, readRegistryFlags } from "../registry-flags.ts";
import { writePainted } from "../safe-stream.ts";
import { writeMessage } from "../wrap.ts";
import { chooseHost, refuseMisplaced } from "./choose-host.ts";
import { canAsk, confirmed } from "./consent.ts";
import { Daemon } from "./daemon.ts";
import { failureText } from "./failure-text.ts";
import { planLines } from "./plan-lines.ts";
import { makePlans } from "./plans.ts";
import { carryOut } from "./run-plans.ts";
import { settleUnfinished } from "./settle-unfinished.ts";
import type { UpdateOptions } from "./update-options.ts";

/** `dockerhost update`: replaces containers of one host, after a person has seen the plan. Resolves to the exit code. */
export async function update(
  operands: readonly string[],
  options: UpdateOptions,
  context: CliContext,
): Promise<number> {
  const { clock, stdout, stderr } = context;
  refuseMisplaced(operands, options);
  const isAgreed = options.yes === true || options.dryRun === true;
  if (!isAgreed && !canAsk(context)) {
    throw new UsageError("Without a terminal nobody can be asked: use --yes to update, or --dry-run to see the plan");
  }
  const resources = new FileResources({ clock });
  await resources.apply(await readInput(options, context));
  const isByFlags = options.filename === undefined;
  const wish = chooseHost(operands, resources.hosts.list(), options);
  const name = isByFlags ? wish.host.metadata.name : keyOf(wish.host);
  const extras = isByFlags ? await readRegistryFlags(options, context) : {};
  const policies = createPolicies(options, "check");
  const surface: Surface = isByFlags ? "flags" : "object";
  const spec = parseSpec(wish.host.spec);
  if (!spec.ok) throw new CommandFailed(spec.failure.message);
  // A user who names a host by flags decides about it now; a manifest speaks for the host's owner.
  if (!isByFlags && !spec.value.allowUpdates) {
    throw new CommandFailed(`${name} does not allow updates. Set spec.allowUpdates: true in its manifest`);
  }
  if (spec.value.suspend) {
    throw new CommandFailed(`${name} is suspended. To update it, remove spec.suspend from its manifest`);
  }
  const host = await checkHost(wish.host, name, resources, { policies, extras, surface }, context);
  const { logins } = extras;
  const daemon = await Daemon.of({ host, spec: spec.value, resources, policies, logins, surface, context });
  if (!daemon.ok) throw new CommandFailed(`${name}: ${failureText(daemon.failure, surface)}`);

  const settled = await settleUnfinished(daemon.value, name, options, context);
  if (settled !== undefined) return settled;
  const { planned, skipped } = await makePlans(host, wish.containers, daemon.value, options);
  const look = { width: terminalWidth(stdout) ?? 80, paint: paintFor(wantsColour(context, stdout)) };
  writePainted(stdout, `${planLines(name, planned, skipped, options, look).join("\n")}\n`);
  // With --all, what cannot be updated is only reported; what was named must be updated.
  const isIncomplete = skipped.some(({ isFine }) => isFine !== true);
  const unfit = isIncomplete ? EXIT.notReady : EXIT.ok;
  if (options.dryRun === true) {
    stdout.write("\nThis is a dry run: nothing was changed.\n");
    return unfit;
  }
  if (planned.length === 0) return unfit;
  if (options.yes !== true && !(await confirmed("\nUpdate now?", context))) {
    writeMessage(stderr, "Nothing was changed.");
    return EXIT.notReady;
  }
  context.signal.throwIfAborted();
  return await carryOut(planned, daemon.value, isIncomplete, context);
}

interface HowToCheck {
  readonly policies: ConnectionPolicies;
  readonly extras: RegistryExtras;
  /** How the host is described. */
  readonly surface: Surface;
}

/** Connects and checks; throws CommandFailed with what prevents it. */
async function checkHost(
  host: DockerHostObject,
  name: string,
  resources: FileResources,
  { policies, extras, surface }: HowToCheck,
  { clock, random, signal, stderr }: CliContext,
): Promise<DockerHostObject> {
  const key = keyOf(host);
  using reconcilers = createReconcilers(resources, clock, random, policies, { ...extras, surface });
  using _ = startProgress({ stderr, clock, total: 1, open: () => [name] });
  await reconcilers.connection.reconcile(key, signal, silentLogger);
  await reconcilers.updates.reconcile(key, signal, silentLogger);
  const checked = resources.getHost(key) ?? host;
  const { conditions, warnings = [] } = checked.status ?? {};
  if (findCondition(conditions, "Connected")?.status !== "True") {
    // Only Ready has the whole cause, and what to do.
    const why = findCondition(conditions, "Ready")?.message ?? "it was not connected";
    throw new CommandFailed(`${name}: ${why}`);
  }
  for (const warning of warnings) writeMessage(stderr, `Warning: ${name}: ${warning}`);
  return checked;
}
