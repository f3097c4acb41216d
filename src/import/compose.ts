import { z } from "zod";
import { failure, type Result, success } from "../common/result.ts";
import { parseDocuments } from "../files/yaml.ts";
import { type BindMount, parseVolume } from "./docker-run.ts";
import { interpolate } from "./interpolate.ts";
import { shellWords } from "./shell-words.ts";

type Variables = Readonly<Record<string, string | undefined>>;

const Scalar = z.union([z.string(), z.number(), z.boolean()]).transform(String);
const MaybeScalar = Scalar.nullable();
const Service = z.object({
  image: z.string().optional(),
  environment: z.union([z.array(Scalar), z.record(z.string(), MaybeScalar)]).nullish(),
  env_file: z
    .union([
      z.string(),
      z.array(z.union([z.string(), z.object({ path: z.string(), required: z.boolean().optional() })])),
    ])
    .nullish(),
  command: z.union([z.string(), z.array(Scalar)]).nullish(),
  volumes: z.array(z.union([z.string(), z.object({ source: z.string().optional(), target: z.string() })])).nullish(),
});
const ComposeFile = z.object({ services: z.record(z.string(), z.unknown()) });

export interface ComposeService {
  readonly name: string;
  readonly args: readonly string[];
  /** null where the caller's own value is passed on. */
  readonly env: Readonly<Record<string, string | null>>;
  readonly envFiles: readonly { readonly path: string; readonly required: boolean }[];
  readonly mounts: readonly BindMount[];
}

/** Watchtower's service in a Compose file. The failure is what to say after the file's name; it quotes no value. */
export function readCompose(
  text: string,
  wanted: string | undefined,
  variables: Variables,
): Result<ComposeService, string> {
  const documents = parseDocuments(text, "1.2");
  if (!documents.ok) return documents;
  const file = ComposeFile.safeParse(documents.value[0]);
  if (!file.success) return failure("is no Compose file: it has no services");
  const name = chooseService(file.data.services, wanted);
  if (!name.ok) return name;
  const filled = fillIn(file.data.services[name.value], variables);
  if (!filled.ok) return failure(`service ${name.value}: ${filled.failure}`);
  const service = Service.safeParse(filled.value);
  if (!service.success) {
    const [issue] = service.error.issues;
    return failure(`service ${name.value}: ${issue?.path[0]?.toString() ?? "it"} cannot be read`);
  }
  const { environment, env_file, command, volumes } = service.data;
  const args = typeof command === "string" ? shellWords(command) : success(command ?? []);
  if (!args.ok) return failure(`service ${name.value}: command: ${args.failure}`);
  return success({
    name: name.value,
    args: args.value,
    env: readEnvironment(environment ?? {}),
    envFiles: [env_file ?? []]
      .flat()
      .map((each) =>
        typeof each === "string"
          ? { path: each, required: true }
          : { path: each.path, required: each.required ?? true },
      ),
    mounts: (volumes ?? []).flatMap((each) => {
      if (typeof each === "string") return parseVolume(each);
      return each.source === undefined ? [] : [{ source: each.source, target: each.target }];
    }),
  });
}

function chooseService(
  services: Readonly<Record<string, unknown>>,
  wanted: string | undefined,
): Result<string, string> {
  const names = Object.keys(services);
  if (wanted !== undefined) {
    return Object.hasOwn(services, wanted)
      ? success(wanted)
      : failure(`has no service ${wanted}; there are: ${names.join(", ")}`);
  }
  const found = names.filter((name) => {
    const { image } = z.object({ image: z.string() }).safeParse(services[name]).data ?? {};
    return image !== undefined && isWatchtowerImage(image);
  });
  const [first, ...others] = found;
  if (first === undefined) return failure("has no service with an image of Watchtower; name it by --service NAME");
  if (others.length > 0)
    return failure(`has several services with Watchtower: ${found.join(", ")}. Choose one by --service NAME`);
  return success(first);
}

/** Whoever builds it: nickfedor/watchtower, containrrr/watchtower, a mirror's copy. */
export function isWatchtowerImage(image: string): boolean {
  return /(^|\/)[^/]*watchtower[^/]*$/i.test(image);
}

/** Compose fills variables in everywhere but in keys. */
function fillIn(value: unknown, variables: Variables): Result<unknown, string> {
  if (typeof value === "string") return interpolate(value, variables);
  if (Array.isArray(value)) {
    const items: unknown[] = [];
    for (const item of value) {
      const filled = fillIn(item, variables);
      if (!filled.ok) return filled;
      items.push(filled.value);
    }
    return success(items);
  }
  if (typeof value !== "object" || value === null) return success(value);
  const fields: [string, unknown][] = [];
  for (const [key, field] of Object.entries(value)) {
    const filled = fillIn(field, variables);
    if (!filled.ok) return filled;
    fields.push([key, filled.value]);
  }
  return success(Object.fromEntries(fields));
}

function readEnvironment(environment: readonly string[] | Readonly<Record<string, string | null>>) {
  if (!isList(environment)) return environment;
  return Object.fromEntries(environment.map(splitAssignment));
}

function isList(environment: readonly string[] | object): environment is readonly string[] {
  return Array.isArray(environment);
}

/** `NAME=VALUE`; null for `NAME` alone. */
export function splitAssignment(text: string): [string, string | null] {
  const at = text.indexOf("=");
  return at < 0 ? [text, null] : [text.slice(0, at), text.slice(at + 1)];
}
