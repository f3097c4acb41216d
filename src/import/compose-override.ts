import { basename, dirname, join } from "node:path";
import { isFile } from "./read-files.ts";

/** The names that docker compose looks for by default. */
const DEFAULT_NAME = /^(docker-)?compose\.ya?ml$/;

/** Finds the override file next to a Compose file with a default name. docker compose reads it automatically. */
export async function overridesBeside(path: string): Promise<readonly string[]> {
  const name = basename(path);
  if (!DEFAULT_NAME.test(name)) return [];
  const stem = name.replace(/\.ya?ml$/, "");
  for (const ending of ["yml", "yaml"]) {
    const override = join(dirname(path), `${stem}.override.${ending}`);
    if (await isFile(override)) return [override];
  }
  return [];
}
