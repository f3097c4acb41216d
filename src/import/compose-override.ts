import { basename, dirname, join } from "node:path";
import { isFile } from "./read-files.ts";

/** What docker compose looks for where no file is named. */
const DEFAULT_NAME = /^(docker-)?compose\.ya?ml$/;

/** The override file beside a Compose file of a default name, which docker compose reads without being asked. */
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
