import { homedir } from "node:os";
import { join } from "node:path";
import { UsageError } from "../common/usage-error.ts";
import { addressOnTheWire, type Wire } from "./address.ts";
import type { HostDraft, SecretDraft, SpecDraft } from "./draft.ts";
import { endpointName } from "./kube-name.ts";
import { pairedCredentials, readPemFolder } from "./pem-folder.ts";
import { isFolder } from "./read-files.ts";
import { type FoundPem, type JudgeOptions, tlsSecret } from "./tls-secret.ts";

export interface EnvironmentOptions extends JudgeOptions {
  readonly user: string | undefined;
  readonly sshSecret: SecretDraft | undefined;
  readonly signal: AbortSignal;
}

type Variables = Readonly<Record<string, string | undefined>>;

/** Beside the folder of Docker's client: Watchtower's. */
const DEFAULT_FOLDERS: readonly string[] = ["/etc/ssl/docker"];

/** The host that the variables of Docker's client name. Throws UsageError. */
export async function draftFromEnvironment(docker: Variables, options: EnvironmentOptions): Promise<HostDraft> {
  const warnings: string[] = [];
  const given = nonEmpty(docker.DOCKER_HOST);
  if (given === undefined && nonEmpty(docker.DOCKER_CONTEXT) !== undefined) {
    throw new UsageError(
      `DOCKER_HOST is not set, and DOCKER_CONTEXT names a context; use: dockerhost manifest from-context ${docker.DOCKER_CONTEXT}`,
    );
  }
  const asked = askedToVerify(docker, warnings);
  const host = given ?? hostByDefault(asked || nonEmpty(docker.DOCKER_TLS) !== undefined, warnings);
  const wire = wireOf(host, asked, docker, warnings);
  const address = addressOnTheWire(host, wire, {
    setting: given === undefined ? "the local daemon" : "DOCKER_HOST",
    missingPort: { plaintext: 2375, tls: 2375 },
    schemeless: true,
    user: options.user,
  });
  warnings.push(...address.warnings);
  const spec: SpecDraft = { host: address.host, ...apiVersionOf(docker.DOCKER_API_VERSION) };
  const draft = { source: "the environment", wishedName: endpointName(address.endpoint) };
  if (address.endpoint.kind !== "tcp" || wire === "plaintext") {
    const ssh = address.endpoint.kind === "ssh";
    return {
      ...draft,
      // Kept where it has no effect, as the documentation has it: the host then shows the documented warning.
      spec: asked && !ssh ? { ...spec, tls: { verify: true } } : spec,
      ...(ssh && options.sshSecret !== undefined ? { secret: options.sshSecret } : {}),
      warnings,
    };
  }
  const { credentials, warnings: left } = pairedCredentials(
    await readCertificates(docker, asked, options.signal, warnings),
  );
  const { secret, warnings: judged } = tlsSecret(credentials, "docker", { ...options, verified: asked });
  return {
    ...draft,
    spec: { ...spec, tls: { verify: asked } },
    ...(secret === undefined ? {} : { secret }),
    warnings: [...warnings, ...left, ...judged],
  };
}

/** As the schema takes it. Watchtower's documentation shows it in quotes. */
export function apiVersionOf(text: string | undefined): { readonly apiVersion?: string } {
  const version = nonEmpty(text?.trim().replace(/^"(.*)"$/, "$1"));
  return version === undefined ? {} : { apiVersion: version };
}

/** Any value that is not empty means yes, also the ones that say no. */
function askedToVerify(docker: Variables, warnings: string[]): boolean {
  const value = nonEmpty(docker.DOCKER_TLS_VERIFY);
  if (value !== undefined && /^(0|false|no|off)$/i.test(value)) {
    warnings.push(
      `DOCKER_TLS_VERIFY=${value} turns verification on, as any value that is not empty does, and so tls.verify is true.`,
    );
  }
  return value !== undefined;
}

/** Docker's client takes another default where TLS is asked for. */
function hostByDefault(tls: boolean, warnings: string[]): string {
  const host = tls ? "tcp://localhost:2376" : "unix:///var/run/docker.sock";
  warnings.push(`DOCKER_HOST is not set; ${host} is written, which Docker's client takes then.`);
  return host;
}

function wireOf(host: string, asked: boolean, docker: Variables, warnings: string[]): Wire {
  // The scheme says that there is no TLS, whatever else is asked.
  if (/^\s*http:/i.test(host)) return "plaintext";
  if (asked) return "verified";
  const names = ["DOCKER_TLS", "DOCKER_CERT_PATH"].filter((name) => nonEmpty(docker[name]) !== undefined);
  if (/^\s*(unix|ssh):/i.test(host)) return "plaintext";
  if (names.length > 0) {
    warnings.push(
      `${names.join(" and ")} without DOCKER_TLS_VERIFY: https:// is written with tls.verify false, so that the connection is encrypted but anyone can pose as the server. Set tls.verify to true.`,
    );
    return "unverified";
  }
  return /^\s*https:/i.test(host) ? "unverified" : "plaintext";
}

async function readCertificates(
  docker: Variables,
  asked: boolean,
  signal: AbortSignal,
  warnings: string[],
): Promise<Readonly<Record<string, FoundPem>>> {
  const named = nonEmpty(docker.DOCKER_CERT_PATH);
  if (named !== undefined && !(await isFolder(named))) {
    throw new UsageError(`The certificate path ${named} is no folder; correct DOCKER_CERT_PATH`);
  }
  const folders = named === undefined ? [...new Set([dockerConfigFolder(docker), ...DEFAULT_FOLDERS])] : [named];
  for (const folder of folders) {
    const found = await readPemFolder(folder, signal);
    if (Object.keys(found).length === 0) continue;
    if (named === undefined) warnings.push(`DOCKER_CERT_PATH is not set; the certificates are those in ${folder}.`);
    return found;
  }
  if (named !== undefined)
    throw new UsageError(`${named} holds none of ca.pem, cert.pem and key.pem; correct DOCKER_CERT_PATH`);
  if (asked) {
    warnings.push(
      `there are no certificates in ${folders.join(" or ")}: the system's roots verify the server, and no client certificate is presented.`,
    );
  }
  return {};
}

/** The folder of Docker's client. */
export function dockerConfigFolder(docker: Variables): string {
  return nonEmpty(docker.DOCKER_CONFIG) ?? join(homedir(), ".docker");
}

export function nonEmpty(text: string | undefined): string | undefined {
  return text === undefined || text === "" ? undefined : text;
}
