import type { DockerHostObject } from "../api/docker-host.ts";
import { FileResources } from "../files/file-resources.ts";
import { keyOf } from "../runtime/kube-object.ts";
import { paintFor } from "./condition-lines.ts";
import { type ConnectionOptions, readInput } from "./connection-input.ts";
import { createPolicies } from "./connection-policy.ts";
import { type CliContext, terminalWidth, wantsColour } from "./context.ts";
import { exitOfCheck } from "./host-exit-code.ts";
import { onePass } from "./one-pass.ts";
import { formatHosts } from "./output.ts";
import type { OutputFormat } from "./output-formats.ts";
import { startProgress } from "./pass-progress.ts";
import { createReconcilers, type Reconcilers } from "./reconcilers.ts";
import { readRegistryFlags } from "./registry-flags.ts";
import { writePainted } from "./safe-stream.ts";
import { writeMessage } from "./wrap.ts";

export interface CheckOptions extends ConnectionOptions {
  readonly output: OutputFormat;
  readonly failOnUpdates?: boolean;
}

/** Checks the hosts of manifests once, or the one host that flags and variables name. Resolves to the exit code. */
export async function check(options: CheckOptions, context: CliContext): Promise<number> {
  const manifests = await readInput(options, context);
  const resources = new FileResources({ clock: context.clock });
  await resources.apply(manifests);
  const isByFlags = options.filename === undefined;
  const extras = isByFlags ? { ...(await readRegistryFlags(options, context)), surface: "flags" as const } : {};
  const policies = createPolicies(options, "check");
  using reconcilers = createReconcilers(resources, context.clock, context.random, policies, extras);
  // A host that flags describe is in no namespace.
  const nameOf = isByFlags ? (host: DockerHostObject) => host.metadata.name : keyOf;
  await checkAll(resources, reconcilers, context, nameOf);
  const hosts = resources.hosts.list();
  const { clock, stdout } = context;
  const paint = paintFor(wantsColour(context, stdout));
  const format = { now: clock.now(), paint, width: terminalWidth(stdout) };
  writePainted(stdout, formatHosts(hosts, options.output, format));
  for (const host of hosts) {
    for (const warning of host.status?.warnings ?? [])
      writeMessage(context.stderr, `Warning: ${nameOf(host)}: ${warning}`);
  }
  const { code, errors } = exitOfCheck(hosts, options.failOnUpdates ?? false, nameOf);
  for (const error of errors) writeMessage(context.stderr, `error: ${error}`);
  return code;
}

async function checkAll(
  resources: FileResources,
  reconcilers: Reconcilers,
  context: CliContext,
  nameOf: (host: DockerHostObject) => string,
): Promise<void> {
  const { clock, stderr, signal } = context;
  const open = new Map(resources.hosts.list().map((host) => [keyOf(host), nameOf(host)]));
  using _ = startProgress({ stderr, clock, total: open.size, open: () => [...open.values()] });
  const onThrow = (key: string, error: unknown) => {
    const kind = error instanceof Error ? error.name : typeof error;
    stderr.write(`Error: ${open.get(key) ?? key}: the check failed because of a bug in this program (${kind})\n`);
  };
  await onePass(resources, reconcilers, signal, onThrow, (key) => open.delete(key));
}
