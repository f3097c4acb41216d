import { dirname } from "node:path";
import * as z from "zod";
import { failure, type Result, success } from "../common/result.ts";
import { parseDocuments } from "../files/yaml.ts";

const MAX_FILES = 64;

const Definition = z.object({
  file: z.string().optional(),
  content: z.string().optional(),
  environment: z.string().optional(),
  external: z.unknown().optional(),
});
const Include = z.union([
  z.string(),
  z.object({
    path: z.union([z.string(), z.array(z.string())]),
    project_directory: z.string().optional(),
    env_file: z.union([z.string(), z.array(z.string())]).optional(),
  }),
]);
const Contents = z.object({
  services: z.record(z.string(), z.unknown()).nullish(),
  include: z.array(Include).nullish(),
  secrets: z.record(z.string(), Definition).nullish(),
  configs: z.record(z.string(), Definition).nullish(),
  volumes: z.record(z.string(), z.unknown()).nullish(),
});

/** Where a secret or config comes from. */
export type FileDefinition = z.output<typeof Definition>;
export type ComposeInclude = z.output<typeof Include>;

export interface ComposeFile {
  readonly path: string;
  readonly folder: string;
  /** The services as written, before variables are replaced. */
  readonly services: Readonly<Record<string, unknown>>;
  readonly include: readonly ComposeInclude[];
  readonly secrets: Readonly<Record<string, FileDefinition>>;
  readonly configs: Readonly<Record<string, FileDefinition>>;
  readonly volumes: Readonly<Record<string, unknown>>;
}

/** Reads a file's text. A failure is a whole sentence. */
export type ReadText = (path: string) => Promise<Result<string, string>>;

/** The Compose files of one import. Each file is read only once. */
export class ComposeFiles {
  readonly #read: ReadText;
  readonly #files = new Map<string, Result<ComposeFile, string>>();

  constructor(read: ReadText) {
    this.#read = read;
  }

  /** Loads a file. A failure names the file and quotes none of its values. */
  async load(path: string): Promise<Result<ComposeFile, string>> {
    const known = this.#files.get(path);
    if (known !== undefined) return known;
    if (this.#files.size >= MAX_FILES)
      return failure(`The Compose file refers to more than ${MAX_FILES} other Compose files`);
    const text = await this.#read(path);
    const file = text.ok ? parse(path, text.value) : text;
    this.#files.set(path, file);
    return file;
  }
}

function parse(path: string, text: string): Result<ComposeFile, string> {
  const documents = parseDocuments(text, "1.2");
  if (!documents.ok) return failure(`${path} ${documents.failure}`);
  if (documents.value.length > 1) return failure(`${path} contains several YAML documents; put each in its own file`);
  // Ignoring these tags would restore what they remove.
  const tag = /(?:^|[\s[{,:])!(reset|override)(?=\s|$)/m.exec(text)?.[1];
  if (tag !== undefined)
    return failure(
      `${path} uses !${tag}, which is not supported; use the merged file that docker compose config prints`,
    );
  const contents = Contents.safeParse(documents.value[0]);
  const services = contents.success ? contents.data.services : undefined;
  if (!contents.success) {
    const [issue] = contents.error.issues;
    const where = issue?.path.slice(0, 2).join(".");
    return failure(
      `${path} is not a valid Compose file${where === undefined || where === "" ? "" : `: ${where} cannot be read`}`,
    );
  }
  const { include, secrets, configs, volumes } = contents.data;
  if (services == null && include == null) return failure(`${path} is not a Compose file: it has no services`);
  return success({
    path,
    folder: dirname(path),
    services: services ?? {},
    include: include ?? [],
    secrets: secrets ?? {},
    configs: configs ?? {},
    volumes: volumes ?? {},
  });
}
