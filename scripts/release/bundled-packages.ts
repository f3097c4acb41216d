import { packageFolder } from "../notices.ts";

/** The part of package-lock.json that is read. */
export interface LockFile {
  readonly packages: Readonly<Record<string, LockedPackage>>;
}

interface LockedPackage {
  readonly version?: string;
  readonly integrity?: string;
  readonly license?: string;
  readonly dependencies?: Readonly<Record<string, string>>;
  readonly optionalDependencies?: Readonly<Record<string, string>>;
}

/** A package whose code is in the bundle, as the lock file pins it. */
export interface BundledPackage {
  readonly name: string;
  readonly version: string;
  /** Package URL. */
  readonly purl: string;
  readonly license: string | undefined;
  /** Hexadecimal SHA-512 of the package's archive. */
  readonly sha512: string;
  /** Package URLs of the bundled packages that it depends on. */
  readonly dependsOn: readonly string[];
}

/**
 * Lists the packages of a bundle.
 *
 * @param inputs paths of the bundled files, relative to the folder of the lock file
 */
export function bundledPackages(lock: LockFile, inputs: readonly string[]): readonly BundledPackage[] {
  const folders = [...new Set(inputs.flatMap((path) => packageFolder(path) ?? []))].sort();
  const bundled = new Set(folders);
  return folders.map((folder) => {
    const { version, integrity, license, dependencies, optionalDependencies } = lockedAt(lock, folder);
    const [, digest] = /^sha512-([A-Za-z0-9+/=]+)$/.exec(integrity ?? "") ?? [];
    if (version === undefined || digest === undefined) {
      throw new Error(`package-lock.json has no version or SHA-512 of ${folder}; run npm install and try again`);
    }
    const names = Object.keys({ ...dependencies, ...optionalDependencies });
    const found = names.flatMap((name) => resolve(folder, name, bundled) ?? []);
    return {
      name: nameOf(folder),
      version,
      purl: purlOf(lock, folder),
      license,
      sha512: Buffer.from(digest, "base64").toString("hex"),
      dependsOn: found.map((each) => purlOf(lock, each)).sort(),
    };
  });
}

function lockedAt({ packages }: LockFile, folder: string): LockedPackage {
  const locked = packages[folder];
  if (locked === undefined) throw new Error(`package-lock.json has no ${folder}; run npm ci and try again`);
  return locked;
}

function nameOf(folder: string): string {
  return folder.slice(folder.lastIndexOf("node_modules/") + "node_modules/".length);
}

function purlOf(lock: LockFile, folder: string): string {
  return `pkg:npm/${nameOf(folder).replace("@", "%40")}@${lockedAt(lock, folder).version}`;
}

/** Searches as Node does: in the package's own node_modules, then in those further up. */
function resolve(folder: string, name: string, bundled: ReadonlySet<string>): string | undefined {
  for (let at = folder; ; at = at.slice(0, Math.max(0, at.lastIndexOf("/node_modules/")))) {
    const candidate = at === "" ? `node_modules/${name}` : `${at}/node_modules/${name}`;
    if (bundled.has(candidate)) return candidate;
    if (at === "") return undefined;
  }
}
