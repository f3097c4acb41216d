import { basename } from "node:path";
import * as z from "zod";
import { failure, type Result, success } from "../common/result.ts";
import { extendsOf, readService } from "./compose-extends.ts";
import type { ComposeFiles, FileDefinition } from "./compose-file.ts";
import { EMPTY_PART, type Grant, mergeParts, type ServicePart } from "./compose-part.ts";
import type { ComposeProject } from "./compose-project.ts";
import { interpolate, type Lookup } from "./interpolate.ts";
import { type Mount, type MountSource, sourceOf } from "./mounts.ts";

/** A volume of the local driver that is bound to a folder. */
const Bound = z.object({ driver_opts: z.object({ device: z.string(), o: z.string().regex(/\bbind\b/) }) });

/** Watchtower's service, merged from all files. */
export interface ComposeService {
  readonly name: string;
  readonly project: ComposeProject;
  readonly part: ServicePart;
  /** The arguments that follow the image. */
  readonly args: readonly string[];
  readonly mounts: readonly Mount[];
}

/** Finds the named service, or the one that runs Watchtower. A failure is a whole sentence. */
export async function findService(
  projects: readonly ComposeProject[],
  wanted: string | undefined,
  files: ComposeFiles,
  lookupOf: (project: ComposeProject) => Lookup,
): Promise<Result<ComposeService, string>> {
  const label = projects[0]?.files.map(({ path }) => path).join(" and ") ?? "";
  const all = projects.flatMap((project) => namesOf(project).map((name) => ({ project, name })));
  const read = async ({ project, name }: (typeof all)[number]) =>
    await mergedService(project, name, files, lookupOf(project));
  const candidates = [];
  let refused: Result<never, string> | undefined;
  for (const each of all) {
    if (wanted === undefined ? !mayBeWatchtower(each.project, each.name) : each.name !== wanted) continue;
    const part = await read(each);
    if (!part.ok) refused ??= part;
    // A service that cannot be read still counts as Watchtower if its image says so.
    const image = part.ok ? part.value.image : imageIn(each.project, each.name);
    if (wanted !== undefined || isWatchtowerImage(image ?? "")) candidates.push({ ...each, part });
  }
  const [found, ...others] = candidates;
  if (others.length > 0) {
    const names = candidates.map(({ name }) => name).join(", ");
    return failure(
      wanted === undefined
        ? `${label} has several services with Watchtower: ${names}. Choose one with --service NAME`
        : `${label} and what it includes define the service ${wanted} more than once; give only the file that contains the one you mean`,
    );
  }
  if (found === undefined) return refused ?? failure(nothingFound(label, all, wanted));
  if (!found.part.ok) return found.part;
  const part = found.part.value;
  const args = argsOf(part);
  if (!args.ok) return failure(`${label}: service ${JSON.stringify(found.name)}: ${args.failure}`);
  const mounts = mountsOf(part, found.project, lookupOf(found.project));
  if (!mounts.ok) return failure(`${label}: service ${JSON.stringify(found.name)}: ${mounts.failure}`);
  return success({ ...found, part, args: args.value, mounts: mounts.value });
}

async function mergedService(
  project: ComposeProject,
  name: string,
  files: ComposeFiles,
  lookup: Lookup,
): Promise<Result<ServicePart, string>> {
  let merged = EMPTY_PART;
  for (const file of project.files) {
    if (!Object.hasOwn(file.services, name)) continue;
    const part = await readService({ file, name, folder: project.folder }, files, lookup);
    if (!part.ok) return part;
    merged = mergeParts(merged, part.value);
  }
  return success(merged);
}

function namesOf({ files }: ComposeProject): readonly string[] {
  return [...new Set(files.flatMap(({ services }) => Object.keys(services)))];
}

/** Skips services that cannot be Watchtower, so that errors in them do not prevent the import. */
function mayBeWatchtower({ files }: ComposeProject, name: string): boolean {
  return files.some(({ services }) => {
    const image = imageOf(services[name]);
    return image === undefined
      ? extendsOf(services[name]) !== undefined
      : image.includes("$") || isWatchtowerImage(image);
  });
}

function imageIn({ files }: ComposeProject, name: string): string | undefined {
  return files.map(({ services }) => imageOf(services[name])).findLast((image) => image !== undefined);
}

function imageOf(service: unknown): string | undefined {
  return z.object({ image: z.string() }).safeParse(service).data?.image;
}

/** Accepts images of any publisher: nickfedor/watchtower, containrrr/watchtower, a copy in a mirror. */
export function isWatchtowerImage(image: string): boolean {
  return /(^|\/)[^/]*watchtower[^/]*$/i.test(image);
}

function nothingFound(
  label: string,
  all: readonly { readonly project: ComposeProject; readonly name: string }[],
  wanted: string | undefined,
): string {
  if (wanted === undefined)
    return `${label} has no service with a Watchtower image; name the service with --service NAME`;
  const container = all.find(({ project, name }) =>
    project.files.some(
      ({ services }) => z.object({ container_name: z.literal(wanted) }).safeParse(services[name]).success,
    ),
  );
  if (container !== undefined) {
    return `${label} has no service ${wanted}; this is the name of a container. Name its service with --service ${container.name}`;
  }
  return `${label} has no service ${wanted}; its services are ${all.map(({ name }) => name).join(", ")}`;
}

/** A custom entrypoint is accepted only if it starts Watchtower itself. */
function argsOf({ entrypoint, command = [] }: ServicePart): Result<readonly string[], string> {
  if (entrypoint === undefined) return success(command);
  const [program, ...args] = [...entrypoint, ...command];
  if (program !== undefined && basename(program) === "watchtower") return success(args);
  return failure("its entrypoint does not start Watchtower itself, so its settings are unknown; give them after --");
}

function mountsOf(part: ServicePart, project: ComposeProject, lookup: Lookup): Result<readonly Mount[], string> {
  const mounts: Mount[] = [];
  for (const { target, source } of part.mounts) {
    const followed = volumeOf(source, project, lookup);
    if (!followed.ok) return followed;
    mounts.push({ target, source: followed.value });
  }
  for (const grant of part.grants) {
    const source = grantedBy(grant, project, lookup);
    if (!source.ok) return source;
    mounts.push({ target: grant.target, source: source.value });
  }
  return success(mounts);
}

/** Replaces a volume that is bound to a folder of this machine with that folder. */
function volumeOf(source: MountSource, { files, folder }: ComposeProject, lookup: Lookup): Result<MountSource, string> {
  if (source.kind !== "opaque" || source.volume === undefined) return success(source);
  const bound = lastOf(
    files.map(({ volumes }) => volumes),
    source.volume,
  );
  const options = Bound.safeParse(bound).data?.driver_opts;
  if (options === undefined) return success(source);
  const device = interpolate(options.device, lookup);
  return device.ok ? success(sourceOf(device.value, folder)) : device;
}

function grantedBy(
  { kind, name }: Grant,
  { files, folder }: ComposeProject,
  lookup: Lookup,
): Result<MountSource, string> {
  const what = `the ${kind === "secrets" ? "secret" : "config"} ${JSON.stringify(name)}`;
  const definition: FileDefinition | undefined = lastOf(
    files.map((file) => file[kind]),
    name,
  );
  if (definition === undefined)
    return failure(`${what} is not defined in ${files.map(({ path }) => path).join(" or ")}`);
  const { file, content, environment, external } = definition;
  if (file !== undefined) {
    const path = interpolate(file, lookup);
    if (!path.ok) return failure(`${what}: ${path.failure}`);
    return success(sourceOf(/^[~./]/.test(path.value) ? path.value : `./${path.value}`, folder));
  }
  const text = content === undefined ? success(lookup(environment ?? "")) : interpolate(content, lookup);
  if (!text.ok) return failure(`${what}: ${text.failure}`);
  if (text.value !== undefined) return success({ kind: "text", text: text.value });
  return success({
    kind: "opaque",
    what: external === undefined ? what : `${what}, which is not defined in the file`,
  });
}

function lastOf<T>(maps: readonly Readonly<Record<string, T>>[], name: string): T | undefined {
  return maps.findLast((map) => Object.hasOwn(map, name))?.[name];
}
