import { UsageError } from "../common/usage-error.ts";
import { type DockerVariables, readDockerVariables } from "./docker-variables.ts";
import { addressOnTheWire, type Wire } from "./host-address.ts";
import type { ImportedHost, ImportedSecret, ImportedSpec } from "./imported-host.ts";
import { endpointName } from "./kube-name.ts";
import { pairedCredentials, readPemFolder } from "./pem-folder.ts";
import { isFolder } from "./read-files.ts";
import { sentHeaderWarnings } from "./sent-headers.ts";
import { type FoundPem, type PreflightOptions, tlsSecret } from "./tls-secret.ts";

export interface EnvironmentOptions extends PreflightOptions {
  readonly user: string | undefined;
  readonly sshSecret: ImportedSecret | undefined;
  readonly signal: AbortSignal;
}

type Variables = Readonly<Record<string, string | undefined>>;

/** Reads the host in the variables of Docker's client. Throws a UsageError. */
export async function hostFromEnvironment(variables: Variables, options: EnvironmentOptions): Promise<ImportedHost> {
  const docker = readDockerVariables(variables);
  const { host: given, verify: asked } = docker;
  if (given === undefined && docker.context !== undefined) {
    throw new UsageError(
      `DOCKER_HOST is not set, but DOCKER_CONTEXT names a context; use dockerhost manifest from-context ${docker.context}`,
    );
  }
  const warnings: string[] = [...docker.warnings];
  const host = given ?? hostByDefault(asked || docker.tls, warnings);
  const wire = wireOf(host, docker, warnings);
  const address = addressOnTheWire(host, wire, {
    setting: given === undefined ? "the local daemon" : "DOCKER_HOST",
    missingPort: { plaintext: 2375, tls: 2375 },
    schemeless: true,
    user: options.user,
  });
  warnings.push(...address.warnings);
  warnings.push(...(await sentHeaderWarnings(docker.configFolder, options.signal)));
  const { apiVersion } = docker;
  const spec: ImportedSpec = { host: address.host, ...(apiVersion === undefined ? {} : { apiVersion }) };
  const draft = { source: "the environment", wishedName: endpointName(address.endpoint) };
  if (address.endpoint.kind !== "tcp" || wire === "plaintext") {
    const ssh = address.endpoint.kind === "ssh";
    return {
      ...draft,
      // Keep tls.verify even if it has no effect: the host then shows the documented warning.
      spec: asked && !ssh ? { ...spec, tls: { verify: true } } : spec,
      ...(ssh && options.sshSecret !== undefined ? { secret: options.sshSecret } : {}),
      warnings,
    };
  }
  const { credentials, warnings: left } = pairedCredentials(await readCertificates(docker, options.signal, warnings));
  const { secret, warnings: checked } = tlsSecret(credentials, "docker", { ...options, verified: asked });
  return {
    ...draft,
    spec: { ...spec, tls: { verify: asked } },
    ...(secret === undefined ? {} : { secret }),
    warnings: [...warnings, ...left, ...checked],
  };
}

/** Docker's client has another default host if TLS is turned on. */
function hostByDefault(tls: boolean, warnings: string[]): string {
  const host = tls ? "tcp://localhost:2376" : "unix:///var/run/docker.sock";
  warnings.push(`DOCKER_HOST is not set; ${host} is written, which is the default of Docker's client.`);
  return host;
}

function wireOf(host: string, { verify, tls, certPath }: DockerVariables, warnings: string[]): Wire {
  // This scheme turns TLS off, whatever the other settings say.
  if (/^\s*http:/i.test(host)) return "plaintext";
  if (verify) return "verified";
  const names = [...(tls ? ["DOCKER_TLS"] : []), ...(certPath === undefined ? [] : ["DOCKER_CERT_PATH"])];
  if (/^\s*(unix|ssh):/i.test(host)) return "plaintext";
  if (names.length > 0) {
    warnings.push(
      `${names.join(" and ")} without DOCKER_TLS_VERIFY: https:// is written with tls.verify false, so the connection is encrypted, but anyone can impersonate the server. Set tls.verify to true.`,
    );
    return "unverified";
  }
  return /^\s*https:/i.test(host) ? "unverified" : "plaintext";
}

async function readCertificates(
  { certPath, certFolders, verify }: DockerVariables,
  signal: AbortSignal,
  warnings: string[],
): Promise<Readonly<Record<string, FoundPem>>> {
  if (certPath !== undefined && !(await isFolder(certPath))) {
    throw new UsageError(`The certificate path ${certPath} is not a folder; correct DOCKER_CERT_PATH`);
  }
  for (const folder of certPath === undefined ? certFolders : [certPath]) {
    const found = await readPemFolder(folder, signal);
    if (Object.keys(found).length === 0) continue;
    if (certPath === undefined) warnings.push(`DOCKER_CERT_PATH is not set; the certificates in ${folder} are used.`);
    return found;
  }
  if (certPath !== undefined) {
    throw new UsageError(`${certPath} contains none of ca.pem, cert.pem and key.pem; correct DOCKER_CERT_PATH`);
  }
  if (verify) {
    warnings.push(
      `there are no certificates in ${certFolders.join(" or ")}: the system's roots verify the server, and no client certificate is presented.`,
    );
  }
  return {};
}
