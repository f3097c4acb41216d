import { resolve } from "node:path";
import * as z from "zod";
import { failure, type Result, success } from "../common/result.ts";
import type { ComposeFile, ComposeFiles } from "./compose-file.ts";
import { mergeParts, readPart, type ServicePart } from "./compose-part.ts";
import { interpolate, type Lookup } from "./interpolate.ts";

/** Limits the chain of `extends`. No real file has a longer one. */
const MAX_CHAIN = 16;
/** Limits the values in a service. Only a malicious file has more. */
const MAX_VALUES = 10_000;

const Extends = z.union([
  z.string().transform((service) => ({ service, file: undefined })),
  z.object({ service: z.string(), file: z.string().optional() }),
]);

/** The place of a definition of a service. */
interface Place {
  readonly file: ComposeFile;
  readonly name: string;
  /** The base of its relative paths: the folder of the project, or that of the extended file. */
  readonly folder: string;
}

/** Reads a definition of a service and everything that it extends. A failure is a whole sentence. */
export async function readService(
  place: Place,
  files: ComposeFiles,
  lookup: Lookup,
  chain: readonly string[] = [],
): Promise<Result<ServicePart, string>> {
  const { file, name, folder } = place;
  const where = `${file.path}: service ${JSON.stringify(name)}`;
  const id = `${JSON.stringify(name)} of ${file.path}`;
  if (chain.includes(id)) return failure(`${where} extends itself: ${[...chain, id].join(", which extends ")}`);
  if (chain.length >= MAX_CHAIN)
    return failure(`${where} is part of a chain of more than ${MAX_CHAIN} services that extend each other`);
  const filled = fillIn(file.services[name], lookup);
  if (!filled.ok) return failure(`${where}: ${filled.failure}`);
  const part = readPart(filled.value ?? {}, folder);
  if (!part.ok) return failure(`${where}: ${part.failure}`);
  const extending = extendsOf(filled.value);
  if (extending === undefined) return part;
  const parsed = Extends.safeParse(extending);
  if (!parsed.success) return failure(`${where}: its key "extends" must name a service`);
  const base = await baseOf(parsed.data, place, files);
  if (!base.ok) return failure(`${where} cannot be extended: ${base.failure}`);
  const extended = await readService(base.value, files, lookup, [...chain, id]);
  return extended.ok ? success(mergeParts(extended.value, part.value)) : extended;
}

async function baseOf(
  { service, file: path }: z.output<typeof Extends>,
  place: Place,
  files: ComposeFiles,
): Promise<Result<Place, string>> {
  let base: Place = { ...place, name: service };
  if (path !== undefined) {
    if (isRemote(path))
      return failure(`it extends a service of ${JSON.stringify(path)}, which is not a file on this machine`);
    const file = await files.load(resolve(place.folder, path));
    if (!file.ok) return file;
    base = { file: file.value, folder: file.value.folder, name: service };
  }
  return Object.hasOwn(base.file.services, service)
    ? success(base)
    : failure(`${base.file.path} has no service ${JSON.stringify(service)}`);
}

/** Whether Compose would fetch the file from a Git repository or as an OCI artifact. */
export function isRemote(path: string): boolean {
  return /^([a-z+]+:\/\/|oci:|git@|github\.com\/)/i.test(path) || /\.git(#|$)/.test(path);
}

/** Returns the value of `extends` before variables are replaced. */
export function extendsOf(service: unknown): unknown {
  return z.object({ extends: z.unknown() }).safeParse(service).data?.extends;
}

/** Replaces variables everywhere except in keys, as Compose does. */
function fillIn(value: unknown, lookup: Lookup, budget = { values: MAX_VALUES }): Result<unknown, string> {
  budget.values -= 1;
  if (budget.values < 0) return failure(`it has more than ${MAX_VALUES} values`);
  if (typeof value === "string") return interpolate(value, lookup);
  if (Array.isArray(value)) {
    const items: unknown[] = [];
    for (const item of value) {
      const filled = fillIn(item, lookup, budget);
      if (!filled.ok) return filled;
      items.push(filled.value);
    }
    return success(items);
  }
  if (typeof value !== "object" || value === null) return success(value);
  const fields: [string, unknown][] = [];
  for (const [key, field] of Object.entries(value)) {
    const filled = fillIn(field, lookup, budget);
    if (!filled.ok) return filled;
    fields.push([key, filled.value]);
  }
  return success(Object.fromEntries(fields));
}
