import type { Platform } from "../common/platform.ts";
import type { IndexChild } from "./image-manifest.ts";

/**
 * Returns the images of an index that a pull for this platform may choose, in the order of containerd's and Docker's
 * rules. There are several only if the platform does not include its variant or build, and none if a pull would fail.
 */
export function partsFor(children: readonly IndexChild[], wanted: Platform): readonly IndexChild[] {
  for (const architecture of runnable(architectureOf(wanted))) {
    const fitting = children.filter(
      ({ platform }) => platform?.os === wanted.os && architectureOf(platform) === architecture,
    );
    const isOwn = architecture === architectureOf(wanted);
    const parts = isOwn ? bestVariant(sameBuild(fitting, wanted), wanted) : sameBuild(fitting, wanted);
    if (parts.length > 0) return parts;
  }
  // Only their own configuration says for which platform they are; a pull uses them if nothing else matches.
  return children.filter(({ platform }) => platform === undefined);
}

const ALIASES: Readonly<Record<string, string>> = {
  x86_64: "amd64",
  "x86-64": "amd64",
  i386: "386",
  aarch64: "arm64",
  armhf: "arm",
  armel: "arm",
};

function architectureOf({ architecture }: Platform): string {
  return ALIASES[architecture] ?? architecture;
}

/** What a processor of this architecture runs, best first. */
function runnable(architecture: string): readonly string[] {
  if (architecture === "amd64") return ["amd64", "386"];
  return architecture === "arm64" ? ["arm64", "arm"] : [architecture];
}

/**
 * The variant itself, or else the best one below it. Any variant if it is not known, which is the case in the
 * configurations of many older images.
 */
function bestVariant(parts: readonly IndexChild[], wanted: Platform): readonly IndexChild[] {
  if (wanted.variant === undefined && architectureOf(wanted) !== "arm64") return parts;
  const own = levelOf(wanted);
  if (own === undefined) return parts.filter(({ platform }) => platform?.variant === wanted.variant);
  const levels = parts.map(({ platform }) => platform && levelOf(platform)).filter((level) => level !== undefined);
  const best = Math.max(...levels.filter((level) => level <= own));
  return parts.filter(({ platform }) => platform !== undefined && levelOf(platform) === best);
}

const DEFAULT_LEVELS: Readonly<Record<string, number>> = { amd64: 1, arm64: 8, arm: 7 };

/**
 * Converts `v7` to 7, and a missing variant to the default of the architecture; undefined if the variant is not a
 * number.
 */
function levelOf(platform: Platform): number | undefined {
  const { architecture, variant } = platform;
  if (variant === undefined) return architecture === "armel" ? 6 : DEFAULT_LEVELS[architectureOf(platform)];
  const [, major, minor = "0"] = /^v?([0-9]{1,3})(?:\.([0-9]{1,3}))?$/.exec(variant) ?? [];
  return major === undefined ? undefined : Number(major) + Number(minor) / 1_000;
}

/** Windows runs images of its own build; if several have that build, a pull takes the latest revision. */
function sameBuild(parts: readonly IndexChild[], { osVersion }: Platform): readonly IndexChild[] {
  if (osVersion === undefined) return parts;
  const build = buildOf(osVersion);
  const revision = ({ platform }: IndexChild) => Number(platform?.osVersion?.split(".")[3] ?? 0);
  const same = parts.filter(
    ({ platform }) => platform?.osVersion !== undefined && buildOf(platform.osVersion) === build,
  );
  const [latest] = same.toSorted((a, b) => revision(b) - revision(a));
  return latest === undefined ? parts.filter(({ platform }) => platform?.osVersion === undefined) : [latest];
}

function buildOf(osVersion: string): string {
  return osVersion.split(".", 3).join(".");
}
