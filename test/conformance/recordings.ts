import { globSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { DockerAnswer } from "./docker-client.ts";

export interface RecordedAnswer extends DockerAnswer {
  /** The version of the client that gave it. */
  readonly client: string;
}

/** How one docker client answered every row. */
export interface Recording {
  readonly client: string;
  readonly rows: Readonly<Record<string, RecordedAnswer>>;
}

const FOLDER = import.meta.dirname;

export function recordingFile(client: string): string {
  return join(FOLDER, `recorded-${client}.json`);
}

export function readRecordings(): readonly Recording[] {
  return globSync("recorded-*.json", { cwd: FOLDER })
    .toSorted()
    .map((name) => JSON.parse(readFileSync(join(FOLDER, name), "utf8")) as Recording);
}
