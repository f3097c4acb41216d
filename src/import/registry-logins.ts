import { posix } from "node:path";
import * as z from "zod";
import { mountedAt } from "./mounts.ts";
import { readFileIfThere } from "./read-files.ts";
import { shellQuote } from "./shell-words.ts";
import type { WatchtowerSource } from "./watchtower-source.ts";

const MAX_BYTES = 1024 * 1024;

const DockerConfig = z.object({
  auths: z
    .record(z.string(), z.object({ auth: z.string().optional(), identitytoken: z.string().optional() }))
    .optional(),
  credsStore: z.string().optional(),
  credHelpers: z.record(z.string(), z.string()).optional(),
});

/**
 * Says what to do about the registry logins in a config.json that is mounted for Watchtower. Never quotes its contents.
 */
export async function loginWarnings(
  { env, mounts, inContainer }: WatchtowerSource,
  signal: AbortSignal,
): Promise<readonly string[]> {
  if (!inContainer) return [];
  // This is the variable of Watchtower's container, which names a folder inside it.
  const folders = [env.DOCKER_CONFIG, "/", "/root/.docker"].filter((each) => each !== undefined && each !== "");
  for (const folder of folders) {
    const inside = posix.join(folder ?? "/", "config.json");
    const source = mountedAt(mounts, inside);
    if (source === undefined) continue;
    if (source.kind !== "path") return [`${inside} is mounted and may contain registry logins. ${BY_HAND}`];
    const text = await readFileIfThere(source.path, MAX_BYTES, signal).catch(() => {
      signal.throwIfAborted();
      return undefined;
    });
    return [`${inside} is mounted from ${source.path}${adviceFor(text?.toString("utf8"), source.path)}`];
  }
  return [];
}

const BY_HAND =
  "Registry logins are not imported: create a Secret with kubectl create secret docker-registry, and name it in spec.updateCheck.imagePullSecrets.";

function adviceFor(text: string | undefined, path: string): string {
  const config = text === undefined ? undefined : parsed(text);
  const stored = Object.values(config?.auths ?? {}).some(
    ({ auth, identitytoken }) => (auth ?? identitytoken ?? "") !== "",
  );
  if (stored) {
    const file = shellQuote(`.dockerconfigjson=${path}`);
    return ` and contains registry logins, which are not imported. Create a Secret of them with kubectl create secret generic registry-logins --type=kubernetes.io/dockerconfigjson --from-file=${file}, and name it in spec.updateCheck.imagePullSecrets.`;
  }
  if (config?.credsStore !== undefined || config?.credHelpers !== undefined) {
    return `, and its logins are stored by a credential helper, which a cluster does not have. ${BY_HAND}`;
  }
  return ` and may contain registry logins. ${BY_HAND}`;
}

function parsed(text: string): z.output<typeof DockerConfig> | undefined {
  try {
    return DockerConfig.safeParse(JSON.parse(text)).data;
  } catch {
    return undefined;
  }
}
