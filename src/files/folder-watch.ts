import { isDeepStrictEqual } from "node:util";
import { type Clock, sleep } from "../common/clock.ts";
import { inSlices } from "../common/in-slices.ts";
import type { Logger } from "../common/logger.ts";
import type { FileResources } from "./file-resources.ts";
import { type ManifestProblem, ManifestSet, type MergedManifests } from "./manifest-set.ts";
import { expandPath, readSource, type SourceText } from "./sources.ts";

/**
 * Polling also notices changes that file events miss: on network file systems, and in mounted ConfigMaps, which swap
 * links.
 */
const POLL_MS = 1_000;

/** Reads the current files of the paths. A path that cannot be read is returned as a problem. */
export async function readPaths(paths: readonly string[]): Promise<(SourceText | ManifestProblem)[]> {
  const sources: (SourceText | ManifestProblem)[] = [];
  for (const path of paths) {
    const files = await expandPath(path);
    if (!files.ok) {
      sources.push({ source: path, message: files.failure });
      continue;
    }
    for (const file of files.value) {
      const read = await readSource(file);
      sources.push(read.ok ? read.value : { source: file, message: read.failure });
    }
  }
  return sources;
}

interface Look {
  readonly sources: readonly (SourceText | ManifestProblem)[];
  readonly manifests: MergedManifests;
}

/** Keeps FileResources equal to the manifests under some paths, until the signal fires. */
export class FolderWatch {
  readonly #paths: readonly string[];
  readonly #resources: FileResources;
  readonly #clock: Clock;
  readonly #logger: Logger;
  readonly #set = new ManifestSet();
  readonly #onRemarks: () => void;
  #last: Look | undefined;
  /** The sources of the last poll, if they differ from those before. */
  #unsettled: Look["sources"] | undefined;

  constructor(options: {
    paths: readonly string[];
    resources: FileResources;
    clock: Clock;
    logger: Logger;
    /** The problems or the notes are not what they were. */
    onRemarks?: () => void;
  }) {
    this.#onRemarks = options.onRemarks ?? (() => undefined);
    this.#paths = options.paths;
    this.#resources = options.resources;
    this.#clock = options.clock;
    this.#logger = options.logger;
  }

  /** The problems that the last poll found. */
  get problems(): readonly ManifestProblem[] {
    return this.#last?.manifests.problems ?? [];
  }

  /** Notes about parts that were ignored. */
  get notes(): readonly ManifestProblem[] {
    return this.#last?.manifests.notes ?? [];
  }

  /** Reads the files once and applies them immediately. */
  async refresh(): Promise<MergedManifests> {
    return await this.#take(await readPaths(this.#paths));
  }

  /** Applies changes after two polls have found the same: a half-written file can look complete. */
  async run(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      await sleep(this.#clock, POLL_MS, signal);
      if (signal.aborted) return;
      try {
        const sources = await readPaths(this.#paths);
        const isSettled = isDeepStrictEqual(sources, this.#unsettled);
        this.#unsettled = sources;
        if (isSettled) await this.#take(sources);
      } catch (error) {
        this.#logger.error("Cannot read the manifests", { error });
      }
    }
  }

  async #take(sources: Look["sources"]): Promise<MergedManifests> {
    if (this.#last !== undefined && isDeepStrictEqual(sources, this.#last.sources)) return this.#last.manifests;
    const manifests = await inSlices(this.#set.updating(sources));
    await this.#resources.apply(manifests);
    if (!isDeepStrictEqual(manifests.problems, this.problems)) {
      for (const { source, message } of manifests.problems) {
        this.#logger.error("A manifest is invalid; its last valid content stays in use", { source, detail: message });
      }
    }
    const { notes = [] } = manifests;
    const isNews = !isDeepStrictEqual([manifests.problems, notes], [this.problems, this.notes]);
    if (!isDeepStrictEqual(notes, this.notes)) {
      for (const { source, message } of notes)
        this.#logger.warn("A part of a manifest is ignored", { source, detail: message });
    }
    this.#last = { sources, manifests };
    if (isNews) this.#onRemarks();
    return manifests;
  }
}
