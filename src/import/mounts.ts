import { homedir } from "node:os";
import { isAbsolute, join, posix, relative, resolve } from "node:path";

/** A path in a container, and what is mounted there. */
export interface Mount {
  readonly target: string;
  readonly source: MountSource;
}

export type MountSource =
  /** A file or folder of this machine. */
  | { readonly kind: "path"; readonly path: string }
  /** A file whose text is part of the settings. */
  | { readonly kind: "text"; readonly text: string }
  /** Something that only the container can read; `what` describes it: `the volume "certs"`. */
  | { readonly kind: "opaque"; readonly what: string; readonly volume?: string };

/** Parses the source in `SOURCE:TARGET`, which is a path or the name of a volume. */
export function sourceOf(text: string, folder: string): MountSource {
  if (/^~(\/|$)/.test(text)) return { kind: "path", path: join(homedir(), text.slice(1)) };
  if (isAbsolute(text) || text.startsWith(".")) return { kind: "path", path: resolve(folder, text) };
  return { kind: "opaque", what: `the volume ${JSON.stringify(text)}`, volume: text };
}

/**
 * Finds what is mounted at a path in a container, from the closest mount above it. Returns undefined if no mount covers
 * the path.
 */
export function mountedAt(mounts: readonly Mount[], path: string): MountSource | undefined {
  const wanted = posix.normalize(path);
  // If two mounts have the same target, the later one wins.
  const [mount] = mounts
    .filter(({ target }) => isBelow(wanted, target))
    .reverse()
    .sort((a, b) => posix.normalize(b.target).length - posix.normalize(a.target).length);
  if (mount === undefined) return undefined;
  const { source, target } = mount;
  if (source.kind !== "path") return source;
  return { kind: "path", path: join(source.path, relative(posix.normalize(target), wanted)) };
}

function isBelow(path: string, target: string): boolean {
  return `${path}/`.startsWith(posix.normalize(`${target}/`));
}
