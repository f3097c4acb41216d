import { join } from "node:path";
import { shownOn } from "../api/failure.ts";
import { readDockerVariables } from "../import/docker-variables.ts";
import { MAX_PEM_BYTES, readFileIfThere, readNamedFile } from "../import/read-files.ts";
import { type RegistryLogins, readLogins } from "../registry/logins.ts";
import { readTrust } from "../registry/trust.ts";
import type { CliContext } from "./context.ts";
import { helperRunner } from "./credential-helper.ts";
import { UsageError } from "./exit-codes.ts";

/** The flags of `check --host` that say how registries are asked. */
export interface RegistryFlags {
  /** --no-registry-config sets it to false. */
  readonly registryConfig?: string | false;
  readonly registryCa?: string;
}

/** How a command asks all registries, beyond what hosts say. */
export interface RegistryExtras {
  readonly logins?: RegistryLogins | undefined;
  readonly registryRoots?: readonly string[] | undefined;
}

/** Docker's configuration with the logins of some hundred registries has 100 kB. */
const MAX_CONFIG_BYTES = 1024 * 1024;

/** Reads the files that the flags name, or Docker's own configuration file if it exists. Rejects with UsageError. */
export async function readRegistryFlags(
  { registryConfig, registryCa }: RegistryFlags,
  context: Pick<CliContext, "clock" | "docker" | "env" | "signal" | "stderr">,
): Promise<RegistryExtras> {
  return {
    logins: registryConfig === false ? undefined : await loginsOf(registryConfig, context),
    registryRoots: registryCa === undefined ? undefined : await rootsOf(registryCa, context.signal),
  };
}

async function loginsOf(
  named: string | undefined,
  { clock, docker, env, signal, stderr }: Parameters<typeof readRegistryFlags>[1],
): Promise<RegistryLogins | undefined> {
  const path = named ?? join(readDockerVariables(docker).configFolder, "config.json");
  const bytes = await (named === undefined
    ? readFileIfThere(path, MAX_CONFIG_BYTES, signal).catch((error: unknown) => {
        if (!(error instanceof UsageError)) throw error;
        stderr.write(`Warning: ${error.message}; registries are asked without a login\n`);
        return undefined;
      })
    : readNamedFile(path, MAX_CONFIG_BYTES, signal));
  if (bytes === undefined) return undefined;
  const runner = helperRunner({ env: { ...env, ...docker }, clock, say: (text) => stderr.write(text) });
  const logins = readLogins(path, bytes.toString("utf8"), runner);
  if (logins.ok) return logins.value;
  const { message } = shownOn("flags", logins.failure);
  if (named !== undefined) throw new UsageError(message);
  // Images that anybody may pull can still be checked.
  stderr.write(`Warning: ${message}\n`);
  return undefined;
}

async function rootsOf(file: string, signal: AbortSignal): Promise<readonly string[]> {
  const text = (await readNamedFile(file, MAX_PEM_BYTES, signal)).toString("utf8");
  const trust = readTrust(file, { "ca.crt": text });
  if (!trust.ok) throw new UsageError(`${file} does not contain a PEM certificate, or contains a damaged one`);
  return trust.value.roots;
}
