import semver from "semver";
import { ScriptError } from "./container-builder.ts";

export interface ReleaseState {
  readonly version: string;
  readonly packageVersion: string;
  readonly changelog: string;
  /** Whether tracked or new files differ from the commit. */
  readonly changed: boolean;
  /** Whether the version's tag exists, and is on this commit. */
  readonly tag: "absent" | "here" | "elsewhere" | undefined;
  readonly dryRun: boolean;
}

/** Refuses what must not be released. A dry run may differ from a commit and from the changelog. */
export function checkRelease({ version, packageVersion, changelog, changed, tag, dryRun }: ReleaseState): void {
  if (semver.valid(version) !== version) {
    throw new ScriptError(`"${version}" is not a valid version; give one such as 1.2.3 or 1.2.3-rc.1.`);
  }
  if (version !== packageVersion) {
    throw new ScriptError(
      `package.json has version ${packageVersion}, not ${version}. Run \`npm version ${version} --no-git-tag-version\`, ` +
        "`npm run generate` and `npm run manifests`, commit the result, and run the command again.",
    );
  }
  if (dryRun) return;
  if (tag === "elsewhere") {
    throw new ScriptError(
      `The tag v${version} is on another commit: this version was released. Choose the next version.`,
    );
  }
  if (changed) throw new ScriptError("The working tree has changes that are not committed. Commit them first.");
  if (!changelog.includes(`\n## ${version}`)) {
    throw new ScriptError(`CHANGELOG.md has no section "## ${version}". Add it and commit it first.`);
  }
}

/** The base image, which must be pinned: a tag may name another image tomorrow. */
export function pinnedBase(given: string | undefined, dockerfile: string): string {
  const base = given ?? /^ARG BASE=(\S+)$/m.exec(dockerfile)?.[1] ?? "";
  if (/@sha256:[0-9a-f]{64}$/.test(base)) return base;
  const name = base.replace(/@.*$/, "");
  throw new ScriptError(
    `The base image "${base}" is not pinned by its digest. Find the digest with ` +
      `\`docker buildx imagetools inspect ${name}\` (or \`skopeo inspect docker://${name}\`), and pass ` +
      `\`--base ${name}@sha256:...\` or write that into the Dockerfile as ARG BASE.`,
  );
}
