import { dirname, normalize } from "node:path";
import type { Kind } from "../api/kind.ts";
import { atOnce, type Sliced } from "../common/in-slices.ts";
import { failure, type Result } from "../common/result.ts";
import type { Manifests, ObjectManifest, SecretManifest } from "./manifests.ts";
import { manifestsInSlices } from "./manifests.ts";
import type { SourceText } from "./sources.ts";

/** A problem with a source. */
export interface ManifestProblem {
  readonly source: string;
  readonly message: string;
}

export interface MergedManifests {
  /** The objects of each kind by key. Use `manifestsOf` to read them. */
  readonly objects: ReadonlyMap<string, ReadonlyMap<string, ObjectManifest>>;
  readonly secrets: ReadonlyMap<string, SecretManifest>;
  readonly problems: readonly ManifestProblem[];
  /** Notes about ignored parts of valid sources. */
  readonly notes?: readonly ManifestProblem[];
}

/** The objects of one kind by key. */
export function manifestsOf(
  { objects }: Pick<MergedManifests, "objects">,
  { kind }: Pick<Kind, "kind">,
): ReadonlyMap<string, ObjectManifest> {
  return objects.get(kind) ?? new Map();
}

/**
 * The current content of a set of sources. A source that becomes invalid keeps its last valid content: a file that is
 * being written or has a typo, or a folder that cannot be read for a moment, must not make hosts disappear.
 */
export class ManifestSet {
  #whole = new Map<string, Manifests>();

  /** Replaces all sources. A source that is not among the new ones is removed. */
  update(sources: readonly (SourceText | ManifestProblem)[]): MergedManifests {
    return atOnce(this.updating(sources));
  }

  /** The same in slices. */
  *updating(sources: readonly (SourceText | ManifestProblem)[]): Sliced<MergedManifests> {
    const problems: ManifestProblem[] = [];
    const next = new Map<string, Manifests>();
    for (const source of sources) {
      const read: Result<Manifests, readonly string[]> =
        "text" in source ? yield* manifestsInSlices(source.text) : failure([source.message]);
      if (read.ok) {
        next.set(source.source, read.value);
        continue;
      }
      for (const message of read.failure) problems.push({ source: source.source, message });
      for (const [name, held] of this.#whole) if (isWithin(name, source.source)) next.set(name, held);
    }
    this.#whole = next;
    return mergeManifests(next, problems);
  }
}

/** Whether a problem with `named` affects a source, because it is that file or is in that folder. */
function isWithin(source: string, named: string): boolean {
  return source === named || dirname(source) === normalize(`${named}/.`);
}

/** Puts the contents of sources together. The first definition of an object counts. */
export function mergeManifests(
  sources: ReadonlyMap<string, Manifests>,
  problems: ManifestProblem[] = [],
): MergedManifests {
  const objects = new Map<string, Map<string, ObjectManifest>>();
  const secrets = new Map<string, SecretManifest>();
  const owner = new Map<string, string>();
  const add = <T extends { readonly key: string }>(kind: string, into: Map<string, T>, item: T, source: string) => {
    const first = owner.get(`${kind} ${item.key}`);
    if (first === undefined) {
      owner.set(`${kind} ${item.key}`, source);
      into.set(item.key, item);
    } else {
      problems.push({
        source,
        message: `${kind} "${item.key}" is already defined in ${first}; the first definition is used`,
      });
    }
  };
  for (const [source, manifests] of sources) {
    for (const object of manifests.objects) {
      const ofKind = objects.get(object.kind) ?? new Map<string, ObjectManifest>();
      objects.set(object.kind, ofKind);
      add(object.kind, ofKind, object, source);
    }
    for (const secret of manifests.secrets) add("Secret", secrets, secret, source);
  }
  const notes = [...sources].flatMap(([source, held]) => (held.notes ?? []).map((message) => ({ source, message })));
  return { objects, secrets, problems, ...(notes.length === 0 ? {} : { notes }) };
}
