import { homedir } from "node:os";
import { join } from "node:path";

type Variables = Readonly<Record<string, string | undefined>>;

/** What the variables of Docker's client say; an empty one is as good as none. */
export interface DockerVariables {
  readonly host: string | undefined;
  readonly context: string | undefined;
  /** Any value that is not empty means yes, also the ones that say no. */
  readonly verify: boolean;
  /** TLS without verification, unless `verify`. */
  readonly tls: boolean;
  readonly certPath: string | undefined;
  readonly apiVersion: string | undefined;
  /** The folder of Docker's client. */
  readonly configFolder: string;
  /** Folders of certificates that are looked into where none is named; the first that holds one counts. */
  readonly certFolders: readonly string[];
  readonly warnings: readonly string[];
}

/** The one reader of `DOCKER_*`. Watchtower's folder of certificates comes before that of Docker's client. */
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
            `DOCKER_TLS_VERIFY=${verify} turns verification on, as any value that is not empty does; unset it to turn verification off.`,
          ]
        : [],
  };
}

/** As the schema takes it. Watchtower's documentation shows it in quotes. */
export function apiVersionOf(text: string | undefined): string | undefined {
  return nonEmpty(text?.trim().replace(/^"(.*)"$/, "$1"));
}

function nonEmpty(text: string | undefined): string | undefined {
  return text === "" ? undefined : text;
}
