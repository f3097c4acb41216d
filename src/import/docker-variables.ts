import { homedir } from "node:os";
import { join } from "node:path";

type Variables = Readonly<Record<string, string | undefined>>;

/** The settings in the variables of Docker's client. An empty variable counts as not set. */
export interface DockerVariables {
  readonly host: string | undefined;
  readonly context: string | undefined;
  /** Any value that is not empty turns verification on, even `0` and `false`. */
  readonly verify: boolean;
  /** Whether to use TLS. The server is not verified unless `verify` is set. */
  readonly tls: boolean;
  readonly certPath: string | undefined;
  readonly apiVersion: string | undefined;
  /** The configuration folder of Docker's client. */
  readonly configFolder: string;
  /** The folders to search for certificates if none is named. The first one that contains a certificate is used. */
  readonly certFolders: readonly string[];
  readonly warnings: readonly string[];
}

/** Reads `DOCKER_*`; nothing else does. Watchtower's folder of certificates precedes that of Docker's client. */
export function readDockerVariables(variables: Variables): DockerVariables {
  const verify = nonEmpty(variables.DOCKER_TLS_VERIFY);
  const configFolder = nonEmpty(variables.DOCKER_CONFIG) ?? join(homedir(), ".docker");
  return {
    host: nonEmpty(variables.DOCKER_HOST),
    context: nonEmpty(variables.DOCKER_CONTEXT),
    verify: verify !== undefined,
    tls: nonEmpty(variables.DOCKER_TLS) !== undefined,
    certPath: nonEmpty(variables.DOCKER_CERT_PATH),
    apiVersion: apiVersionOf(variables.DOCKER_API_VERSION),
    configFolder,
    certFolders: [...new Set(["/etc/ssl/docker", configFolder])],
    warnings:
      verify !== undefined && /^(0|f|false|no|off)$/i.test(verify)
        ? [
            `DOCKER_TLS_VERIFY=${verify} turns verification on, like any value that is not empty; unset it to turn verification off.`,
          ]
        : [],
  };
}

/** Returns the version in the form of the schema. Removes quotes, which Watchtower's documentation shows. */
export function apiVersionOf(text: string | undefined): string | undefined {
  return nonEmpty(text?.trim().replace(/^"(.*)"$/, "$1"));
}

function nonEmpty(text: string | undefined): string | undefined {
  return text === "" ? undefined : text;
}
