import { homedir } from "node:os";
import { isAbsolute, join, posix, relative, resolve } from "node:path";

/** What a container sees at a path. */
export interface Mount {
  readonly target: string;
  readonly source: MountSource;
}

export type MountSource =
  /** A file or folder of this machine. */
  | { readonly kind: "path"; readonly path: string }
  /** A file whose text is in the settings themselves. */
  | { readonly kind: "text"; readonly text: string }
  /** What only the container sees; `what` names it: `the volume "certs"`. */
  | { readonly kind: "opaque"; readonly what: string; readonly volume?: string };

/** The source of a `SOURCE:TARGET`, which is a path or the name of a volume. */
export function sourceOf(text: string, folder: string): MountSource {
  if (/^~(\/|$)/.test(text)) return { kind: "path", path: join(homedir(), text.slice(1)) };
  if (isAbsolute(text) || text.startsWith(".")) return { kind: "path", path: resolve(folder, text) };
  return { kind: "opaque", what: `the volume ${JSON.stringify(text)}`, volume: text };
}

/** What a container has at a path, by the mount that lies closest above it; undefined where its image's own files show. */
export function mountedAt(mounts: readonly Mount[], path: string): MountSource | undefined {
  const wanted = posix.normalize(path);
  // Of two for one target the later counts.
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
