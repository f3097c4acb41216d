import { homedir } from "node:os";
import { dirname, isAbsolute, join, posix, relative, resolve } from "node:path";
import { UsageError } from "../common/usage-error.ts";
import { type Address, addressOnTheWire, type Wire } from "./address.ts";
import { isWatchtowerImage, readCompose, splitAssignment } from "./compose.ts";
import { type BindMount, isDockerRun, parseDockerRun, type WatchtowerContainer } from "./docker-run.ts";
import { parseDotenv } from "./dotenv.ts";
import type { HostDraft, SpecDraft } from "./draft.ts";
import { apiVersionOf } from "./from-env.ts";
import { endpointName } from "./kube-name.ts";
import { pairedCredentials, readPemFolder } from "./pem-folder.ts";
import { isFolder, readFileIfThere, readNamedFile } from "./read-files.ts";
import type { SourceContext } from "./source-context.ts";
import { tlsSecret } from "./tls-secret.ts";
import { updateCheckOf } from "./watchtower-check.ts";
import { readWatchtowerSettings, type WatchtowerSettings } from "./watchtower-flags.ts";

const MAX_COMPOSE_BYTES = 1024 * 1024;
/** Where Watchtower's documentation puts certificates. */
const DEFAULT_CERT_PATH = "/etc/ssl/docker";

export interface FromWatchtowerFlags {
  readonly compose?: string;
  readonly service?: string;
  readonly certPath?: string;
}

interface Found extends WatchtowerContainer {
  readonly source: string;
  /** Relative paths of mounts start here. */
  readonly folder: string;
  readonly warnings: readonly string[];
  /** Whether paths are those of a container, which sees only what is mounted. */
  readonly inContainer: boolean;
}

/** The host that Watchtower looks after, by its Compose file or its command line. Throws UsageError. */
export async function draftFromWatchtower(
  words: readonly string[],
  flags: FromWatchtowerFlags,
  context: SourceContext,
): Promise<HostDraft> {
  if ((flags.compose === undefined) === (words.length === 0)) {
    throw new UsageError("Give either --compose FILE, or Watchtower's command line after --");
  }
  const found =
    flags.compose === undefined
      ? await fromCommand(words, context)
      : await fromCompose(flags.compose, flags.service, context);
  const settings = readWatchtowerSettings(found.args, found.env);
  if (!settings.ok) throw new UsageError(`${found.source}: ${settings.failure}`);
  return await draftOf(found, settings.value, flags, context);
}

async function fromCompose(
  file: string,
  service: string | undefined,
  { env: variables, docker, signal }: SourceContext,
): Promise<Found> {
  const folder = dirname(resolve(file));
  const text = (await readNamedFile(file, MAX_COMPOSE_BYTES, signal)).toString("utf8");
  const beside = await readFileIfThere(join(folder, ".env"), MAX_COMPOSE_BYTES, signal);
  const own = { ...variables, ...docker };
  const read = readCompose(text, service, { ...parseDotenv(beside?.toString("utf8") ?? ""), ...own });
  if (!read.ok) throw new UsageError(`${file} ${read.failure}`);
  const env: Record<string, string | undefined> = {};
  for (const { path, required } of read.value.envFiles) {
    const at = resolve(folder, path);
    const bytes = required
      ? await readNamedFile(at, MAX_COMPOSE_BYTES, signal)
      : await readFileIfThere(at, MAX_COMPOSE_BYTES, signal);
    Object.assign(env, parseDotenv(bytes?.toString("utf8") ?? ""));
  }
  for (const [name, value] of Object.entries(read.value.env)) env[name] = value ?? own[name];
  const { name, args, mounts } = read.value;
  return { source: `service "${name}" of ${file}`, args, mounts, env, folder, warnings: [], inContainer: true };
}

async function fromCommand(
  words: readonly string[],
  { env: variables, docker, signal }: SourceContext,
): Promise<Found> {
  const folder = process.cwd();
  const own = { ...variables, ...docker };
  if (!isDockerRun(words)) {
    // Run as a program, it reads the variables and the files of this machine.
    const args = /(^|\/)watchtower$/.test(words[0] ?? "") ? words.slice(1) : words;
    return { source: "the command line", args, env: own, mounts: [], folder, warnings: [], inContainer: false };
  }
  const run = parseDockerRun(words);
  if (!run.ok) throw new UsageError(`The command line ${run.failure}`);
  const env: Record<string, string | undefined> = {};
  for (const path of run.value.envFiles) {
    Object.assign(env, parseDotenv((await readNamedFile(path, MAX_COMPOSE_BYTES, signal)).toString("utf8")));
  }
  for (const [name, value] of run.value.env.map(splitAssignment)) env[name] = value ?? own[name];
  const warnings = isWatchtowerImage(run.value.image)
    ? []
    : [`${run.value.image} is taken for an image of Watchtower, and what follows for Watchtower's flags.`];
  const { args, mounts } = run.value;
  return { source: "the command line", args, env, mounts, folder, warnings, inContainer: true };
}

async function draftOf(
  found: Found,
  settings: WatchtowerSettings,
  flags: FromWatchtowerFlags,
  context: SourceContext,
): Promise<HostDraft> {
  const warnings = [...found.warnings];
  const { verify, wire } = protectionOf(settings, warnings);
  const address = addressOnTheWire(settings.host ?? "", wire, {
    setting: "Watchtower's host",
    missingPort: { plaintext: 80, tls: 443 },
    schemeless: false,
    user: undefined,
  });
  warnings.push(...address.warnings);
  if (settings.leftOut.length > 0) {
    warnings.push(
      `these settings of Watchtower have no equivalent in a DockerHost and are left out: ${settings.leftOut.join(", ")}.`,
    );
  }
  if (settings.leftOut.some((name) => name === "REPO_USER" || name === "REPO_PASS")) {
    warnings.push(
      "for a registry's user and password make a Secret by kubectl create secret docker-registry, and name it in spec.updateCheck.imagePullSecrets.",
    );
  }
  const updateCheck = updateCheckOf(settings, warnings);
  const spec: SpecDraft = {
    host: address.host,
    ...apiVersionOf(settings.apiVersion),
    ...(updateCheck === undefined ? {} : { updateCheck }),
  };
  const draft = { source: found.source, wishedName: endpointName(address.endpoint) };
  if (!appliesTls(address, wire)) {
    return {
      ...draft,
      spec: verify && address.endpoint.kind !== "ssh" ? { ...spec, tls: { verify } } : spec,
      warnings,
    };
  }
  const folder = flags.certPath ?? (await certificateFolder(found, settings.certPath));
  const { credentials, warnings: left } = pairedCredentials(
    folder === undefined ? {} : await readPemFolder(folder, context.signal),
  );
  if (Object.keys(credentials).length === 0) {
    if (settings.certPath !== undefined) throw new UsageError(unreadable(settings.certPath, folder));
    warnings.push(
      "no certificates are named: the system's roots verify the server, and no client certificate is presented. Give their folder by --cert-path.",
    );
  }
  const { secret, warnings: judged } = tlsSecret(credentials, "docker", { ...context.options, verified: verify });
  return {
    ...draft,
    spec: { ...spec, tls: { verify } },
    ...(secret === undefined ? {} : { secret }),
    warnings: [...warnings, ...left, ...judged],
  };
}

/**
 * Watchtower speaks TLS where it has a certificate path, and nowhere else. It then verifies where DOCKER_TLS_VERIFY is
 * not empty, also by `0`: its flag can set the variable, but not take it away.
 */
function protectionOf(
  settings: WatchtowerSettings,
  warnings: string[],
): { readonly verify: boolean; readonly wire: Wire } {
  const { host = "", tlsverify, certPath } = settings;
  const asked = !isNo(tlsverify.flag ?? tlsverify.variable);
  if (certPath !== undefined) {
    if (!asked && tlsverify.variable === undefined) {
      warnings.push(
        "a certificate path without --tlsverify: Watchtower speaks TLS and does not verify the server, and so does the DockerHost: https:// with tls.verify false. Set tls.verify to true.",
      );
      return { verify: false, wire: "unverified" };
    }
    if (!asked) {
      warnings.push(
        "DOCKER_TLS_VERIFY turns verification on where there is a certificate path, as any value that is not empty does, and so tls.verify is true.",
      );
    }
    return { verify: true, wire: "verified" };
  }
  if (!asked) return { verify: false, wire: "plaintext" };
  if (/^\s*(http:|unix:|ssh:|$)/i.test(host)) return { verify: true, wire: "plaintext" };
  warnings.push(
    "--tlsverify without a certificate path: Watchtower speaks plaintext then, against what its documentation says. What was asked for is written: tls.verify true.",
  );
  return { verify: true, wire: "verified" };
}

function isNo(value: string | undefined): boolean {
  return value === undefined || /^(|0|f|false)$/i.test(value);
}

function appliesTls({ endpoint }: Address, wire: Wire): boolean {
  return endpoint.kind === "tcp" && wire !== "plaintext";
}

/** The folder of this machine that Watchtower sees at its certificate path. */
async function certificateFolder(found: Found, certPath: string | undefined): Promise<string | undefined> {
  const path = posix.normalize(certPath ?? DEFAULT_CERT_PATH);
  if (!found.inContainer) return certPath;
  const mount = found.mounts
    .filter(({ target }) => isBelow(path, target))
    .sort((a, b) => b.target.length - a.target.length)[0];
  if (mount === undefined) return undefined;
  const source = sourcePath(mount, found);
  const folder = join(source, relative(posix.normalize(mount.target), path));
  return (await isFolder(folder)) ? folder : undefined;
}

function isBelow(path: string, target: string): boolean {
  const base = posix.normalize(`${target}/`);
  return `${path}/`.startsWith(base);
}

function sourcePath({ source }: BindMount, { folder }: Found): string {
  if (/^~(\/|$)/.test(source)) return join(homedir(), source.slice(1));
  return isAbsolute(source) ? source : resolve(folder, source);
}

function unreadable(certPath: string, folder: string | undefined): string {
  const where =
    folder === undefined
      ? `is not a folder of this machine that the container's settings mount`
      : `(${folder} on this machine) holds none of ca.pem, cert.pem and key.pem`;
  return `The certificate path ${certPath} ${where}; run this where the files are, or give their folder by --cert-path`;
}
