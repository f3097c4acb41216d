import { existsSync, readFileSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";
import { helperRunner } from "../../src/cli/credential-helper.ts";
import { systemClock } from "../../src/common/clock.ts";
import { readLogins } from "../../src/registry/logins.ts";
import type { ImageReference } from "../../src/registry/reference.ts";
import type { RegistryCredential } from "../../src/registry/registry-credentials.ts";
import { ScriptError } from "./container-builder.ts";

const TIMEOUT_MS = 60_000;

/** The login with which the builder pushes to a repository; undefined if nobody logged in to its registry. */
export async function registryLogin(
  builder: string,
  repository: ImageReference,
  env: NodeJS.ProcessEnv,
): Promise<RegistryCredential | undefined> {
  const askHelper = helperRunner({ env, clock: systemClock, say: (text) => process.stderr.write(text) });
  for (const file of loginFiles(builder, env).filter((path) => existsSync(path))) {
    const logins = readLogins(file, readFileSync(file, "utf8"), askHelper);
    if (!logins.ok) throw new ScriptError(logins.failure.message);
    const login = await logins.value(repository, AbortSignal.timeout(TIMEOUT_MS));
    if (!login.ok) throw new ScriptError(login.failure.message);
    if (login.value !== undefined) return login.value;
  }
  return undefined;
}

/** Where `docker login` and `podman login` write; Podman reads Docker's file, too. */
export function loginFiles(builder: string, env: NodeJS.ProcessEnv): readonly string[] {
  const home = env.HOME || homedir();
  const docker = join(env.DOCKER_CONFIG || join(home, ".docker"), "config.json");
  if (builder !== "podman") return [docker];
  if (env.REGISTRY_AUTH_FILE) return [env.REGISTRY_AUTH_FILE];
  const folders = [env.XDG_RUNTIME_DIR, env.XDG_CONFIG_HOME || join(home, ".config")];
  const files = folders.flatMap((folder) => (folder ? [join(folder, "containers/auth.json")] : []));
  return [...files, docker];
}
