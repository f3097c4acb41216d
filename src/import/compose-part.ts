import { resolve } from "node:path";
import * as z from "zod";
import { failure, type Result, success } from "../common/result.ts";
import { refuseKey } from "./compose-keys.ts";
import { parseVolume } from "./docker-run.ts";
import { type Mount, sourceOf } from "./mounts.ts";
import { shellWords } from "./shell-words.ts";

const Scalar = z.union([z.string(), z.number(), z.boolean()]).transform(String);
const Words = z.union([z.string(), z.array(Scalar)]);
const Texts = z.union([z.string(), z.array(z.string())]);
const Grant = z.union([
  z.string().transform((source) => ({ source, target: undefined })),
  z.object({ source: z.string(), target: z.string().optional() }),
]);
const Volume = z.union([
  z.string(),
  z.object({
    type: z.string().optional(),
    source: z.string().optional(),
    target: z.string(),
    volume: z.object({ subpath: z.string().optional() }).nullish(),
  }),
]);
const Service = z.object({
  image: z.string().nullish(),
  command: Words.nullish(),
  entrypoint: Words.nullish(),
  environment: z.union([z.array(Scalar), z.record(z.string(), Scalar.nullable())]).nullish(),
  env_file: z
    .union([
      z.string(),
      z.array(
        z.union([
          z.string(),
          z.object({
            path: z.string(),
            required: z.boolean().optional(),
            format: z.string().optional(),
          }),
        ]),
      ),
    ])
    .nullish(),
  volumes: z.array(Volume).nullish(),
  tmpfs: Texts.nullish(),
  secrets: z.array(Grant).nullish(),
  configs: z.array(Grant).nullish(),
  dns: Texts.nullish(),
});

export interface EnvFile {
  readonly path: string;
  readonly required: boolean;
  /** Whether the values are used unchanged, without removing quotes and replacing variables. */
  readonly raw: boolean;
}

/** A secret or config that a service uses. Its contents are defined elsewhere in the file. */
export interface Grant {
  readonly kind: "secrets" | "configs";
  readonly name: string;
  readonly target: string;
}

/** The part of a service's definition that concerns Watchtower. Paths are absolute. */
export interface ServicePart {
  readonly image?: string;
  readonly command?: readonly string[];
  readonly entrypoint?: readonly string[];
  /** A value of null means that the caller's own value is passed on. */
  readonly environment: Readonly<Record<string, string | null>>;
  readonly envFiles: readonly EnvFile[];
  readonly mounts: readonly Mount[];
  readonly grants: readonly Grant[];
}

export const EMPTY_PART: ServicePart = { environment: {}, envFiles: [], mounts: [], grants: [] };

/** Reads a definition of a service whose variables have been replaced. A failure follows the name of the service. */
export function readPart(raw: unknown, folder: string): Result<ServicePart, string> {
  if (raw === null || typeof raw !== "object" || Array.isArray(raw)) return failure("it is not a map");
  for (const [key, value] of Object.entries(raw)) {
    const refused = refuseKey(key, value);
    if (refused !== undefined) return failure(refused);
  }
  const parsed = Service.safeParse(raw);
  if (!parsed.success) {
    return failure(`its key "${parsed.error.issues[0]?.path[0]?.toString() ?? "?"}" cannot be read`);
  }
  const { image, environment, volumes, tmpfs, secrets, configs } = parsed.data;
  const [command, entrypoint] = [wordsOf(parsed.data.command), wordsOf(parsed.data.entrypoint)];
  if (!command.ok) return failure(`its command cannot be read: ${command.failure}`);
  if (!entrypoint.ok) return failure(`its entrypoint cannot be read: ${entrypoint.failure}`);
  const envFiles = envFilesOf(parsed.data.env_file, folder);
  if (!envFiles.ok) return envFiles;
  return success({
    ...(image == null ? {} : { image }),
    ...(command.value === undefined ? {} : { command: command.value }),
    ...(entrypoint.value === undefined ? {} : { entrypoint: entrypoint.value }),
    environment: environmentOf(environment ?? {}),
    envFiles: envFiles.value,
    mounts: [
      ...(volumes ?? []).flatMap((volume) => mountOf(volume, folder)),
      ...[tmpfs ?? []]
        .flat()
        .map((text): Mount => ({ target: text.split(":")[0] ?? "", source: { kind: "opaque", what: "a tmpfs" } })),
    ],
    grants: [
      ...(secrets ?? []).map((grant) => grantOf("secrets", grant)),
      ...(configs ?? []).map((grant) => grantOf("configs", grant)),
    ],
  });
}

/** Merges two definitions of one service as Compose does. If they differ, the later one wins. */
export function mergeParts(base: ServicePart, over: ServicePart): ServicePart {
  return {
    ...base,
    ...over,
    environment: { ...base.environment, ...over.environment },
    envFiles: [...base.envFiles, ...over.envFiles],
    mounts: [...base.mounts, ...over.mounts],
    grants: [...base.grants, ...over.grants],
  };
}

/** Splits `NAME=VALUE`. The value is null if there is only `NAME`. */
export function splitAssignment(text: string): [string, string | null] {
  const at = text.indexOf("=");
  return at < 0 ? [text, null] : [text.slice(0, at), text.slice(at + 1)];
}

function wordsOf(words: z.output<typeof Words> | null | undefined): Result<readonly string[] | undefined, string> {
  if (words == null) return success(undefined);
  return typeof words === "string" ? shellWords(words) : success(words);
}

function environmentOf(environment: readonly string[] | Readonly<Record<string, string | null>>) {
  return isList(environment) ? Object.fromEntries(environment.map(splitAssignment)) : environment;
}

function isList(environment: readonly string[] | object): environment is readonly string[] {
  return Array.isArray(environment);
}

function envFilesOf(given: z.output<typeof Service>["env_file"], folder: string): Result<readonly EnvFile[], string> {
  const files: EnvFile[] = [];
  for (const each of [given ?? []].flat()) {
    const { path, required = true, format } = typeof each === "string" ? { path: each } : each;
    if (format !== undefined && format !== "raw")
      return failure(`its env_file has the unknown format ${JSON.stringify(format)}`);
    files.push({ path: resolve(folder, path), required, raw: format === "raw" });
  }
  return success(files);
}

function mountOf(volume: z.output<typeof Volume>, folder: string): Mount[] {
  if (typeof volume === "string") {
    return parseVolume(volume).map(({ source, target }) => ({ target, source: sourceOf(source, folder) }));
  }
  const { type = "volume", source, target } = volume;
  if (type === "bind" && source !== undefined) {
    return [{ target, source: sourceOf(/^[~./]/.test(source) ? source : `./${source}`, folder) }];
  }
  if (source === undefined || volume.volume?.subpath !== undefined || type !== "volume") {
    return [{ target, source: { kind: "opaque", what: `a mount of the type ${JSON.stringify(type)}` } }];
  }
  return [{ target, source: sourceOf(source, folder) }];
}

function grantOf(
  kind: Grant["kind"],
  { source, target }: { readonly source: string; readonly target?: string | undefined },
): Grant {
  const folder = kind === "secrets" ? "/run/secrets/" : "/";
  const path = target ?? source;
  return { kind, name: source, target: path.startsWith("/") ? path : `${folder}${path}` };
}
