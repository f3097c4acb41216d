import { formatObjects, toObjects } from "../import/documents.ts";
import { type FromContextFlags, hostsFromContexts, type ImportedHosts } from "../import/from-context.ts";
import { hostFromEnvironment } from "../import/from-env.ts";
import { type FromFilesFlags, hostFromFiles } from "../import/from-files.ts";
import { type FromWatchtowerFlags, hostFromWatchtower } from "../import/from-watchtower.ts";
import type { ImportedHost, ManifestFormat } from "../import/imported-host.ts";
import { distinctKubeName, kubeName } from "../import/kube-name.ts";
import { secretCommand } from "../import/secret-command.ts";
import type { SourceContext } from "../import/source-context.ts";
import { sshSecret } from "../import/ssh-secret.ts";
import type { CliContext } from "./context.ts";
import { EXIT, UsageError } from "./exit-codes.ts";

/** The flags that all sources share. */
export interface ManifestFlags {
  readonly name?: string;
  readonly namespace?: string;
  readonly output: ManifestFormat;
  /** --no-secret sets it to false. */
  readonly secret: boolean;
  readonly onlySecret?: boolean;
  readonly force?: boolean;
  readonly sshKey?: string;
  readonly knownHosts?: string;
}

/** Where the description of a host comes from. */
export type ManifestSource =
  | { readonly kind: "files"; readonly folder: string; readonly flags: FromFilesFlags }
  | { readonly kind: "context"; readonly name: string | undefined; readonly flags: FromContextFlags }
  | { readonly kind: "env" }
  | { readonly kind: "watchtower"; readonly words: readonly string[]; readonly flags: FromWatchtowerFlags };

/**
 * Prints the DockerHosts and Secrets of a source. Warnings go to standard error. Resolves to the exit code.
 * @param args the whole command line, which advice to the user quotes
 */
export async function manifest(
  source: ManifestSource,
  flags: ManifestFlags,
  args: readonly string[],
  cli: CliContext,
): Promise<number> {
  refuseWrongFlags(source, flags);
  const { hosts, problems, skipped = [] } = await readSource(source, flags, cli);
  const warn = (text: string) => cli.stderr.write(`Warning: ${text}\n`);
  const objects: object[] = [];
  const taken = new Set<string>();
  for (const draft of hosts) {
    const name = flags.name ?? (taken.has(kubeName(draft.wishedName)) ? distinctKubeName(draft.wishedName) : undefined);
    const named = toObjects(draft, { ...(name === undefined ? {} : { name }), ...namespaceOf(flags) });
    taken.add(named.name);
    for (const warning of named.warnings) warn(`${named.name}: ${warning}`);
    if (flags.secret && named.secret !== undefined) objects.push(named.secret);
    if (flags.onlySecret !== true) objects.push(named.host);
    if (named.secretName !== undefined && (!flags.secret || draft.secret === undefined)) {
      const target = { name: named.secretName, namespace: flags.namespace };
      cli.stderr.write(`${introduce(draft, named.secretName)}\n  ${secretCommand(draft, target, args)}\n`);
    }
  }
  for (const text of skipped) warn(text);
  for (const problem of problems) cli.stderr.write(`error: ${problem}\n`);
  if (isReadableByOthers(cli.stdoutMode) && objects.some(hasPrivateKey)) {
    const mode = (cli.stdoutMode ?? 0).toString(8).padStart(4, "0");
    warn(
      `the output contains a private key, and others can read the file to which it is written (mode ${mode}); run chmod 600 on it`,
    );
  }
  if (objects.length > 0) cli.stdout.write(formatObjects(objects, flags.output));
  return problems.length > 0 ? EXIT.usage : EXIT.ok;
}

function isReadableByOthers(mode: number | undefined): boolean {
  return mode !== undefined && (mode & 0o044) !== 0;
}

function hasPrivateKey(object: object): boolean {
  return /PRIVATE KEY/.test(JSON.stringify(object));
}

async function readSource(source: ManifestSource, flags: ManifestFlags, cli: CliContext): Promise<ImportedHosts> {
  const { sshKey, knownHosts } = flags;
  const context: SourceContext = {
    stdin: cli.stdin,
    env: cli.env,
    docker: cli.docker,
    signal: cli.signal,
    options: {
      now: cli.clock.now(),
      force: flags.force ?? false,
      user: userOf(cli),
      sshSecret:
        source.kind === "files" || sshKey === undefined || knownHosts === undefined
          ? undefined
          : await sshSecret({ sshKey, knownHosts }, cli.signal),
    },
  };
  switch (source.kind) {
    case "files":
      return one(await hostFromFiles(source.folder, { ...source.flags, ...sshFlags(flags) }, context));
    case "context":
      return await hostsFromContexts(source.name, source.flags, context);
    case "env":
      return one(await hostFromEnvironment(cli.docker, { ...context.options, signal: cli.signal }));
    case "watchtower":
      return one(await hostFromWatchtower(source.words, source.flags, context));
  }
}

function refuseWrongFlags(source: ManifestSource, flags: ManifestFlags): void {
  const { name, namespace, secret, onlySecret, sshKey, knownHosts } = flags;
  if (!secret && onlySecret === true) throw new UsageError("--no-secret and --only-secret cannot be used together");
  if (namespace !== undefined && !/^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$/.test(namespace)) {
    throw new UsageError("--namespace must consist of lower-case letters, digits and '-'");
  }
  if (source.kind === "context" && source.flags.all === true && name !== undefined) {
    throw new UsageError("--name cannot be used with --all: each host is named after its context");
  }
  if (source.kind !== "files" && (sshKey === undefined) !== (knownHosts === undefined)) {
    throw new UsageError("--ssh-key and --known-hosts must be given together");
  }
}

function one(draft: ImportedHost): ImportedHosts {
  return { hosts: [draft], problems: [] };
}

function sshFlags({ sshKey, knownHosts }: ManifestFlags) {
  return { ...(sshKey === undefined ? {} : { sshKey }), ...(knownHosts === undefined ? {} : { knownHosts }) };
}

function namespaceOf({ namespace }: ManifestFlags) {
  return namespace === undefined ? {} : { namespace };
}

/** Chooses the user like ssh itself does. */
function userOf({ env }: CliContext): string | undefined {
  const user = env.USER ?? env.LOGNAME;
  return user !== undefined && /^[a-zA-Z0-9_][a-zA-Z0-9_.$-]*$/.test(user) ? user : undefined;
}

function introduce(draft: ImportedHost, secretName: string): string {
  if (draft.secret !== undefined) return `This command creates the Secret "${secretName}":`;
  return `The Secret "${secretName}" must contain the SSH key and the host key, which Docker reads from ~/.ssh. Give them with --ssh-key and --known-hosts, or create the Secret with:`;
}
