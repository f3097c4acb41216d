import { spawnSync } from "node:child_process";

/** The architectures for which the program is tested and released. */
export const PLATFORMS = ["linux/amd64", "linux/arm64"] as const;

export type Platform = (typeof PLATFORMS)[number];

/** Runs a program with its output shown; throws when it fails. */
export type Run = (program: string, args: readonly string[]) => void;

/** What can go wrong because of how a script was called; its message is for the user. */
export class ScriptError extends Error {
  override readonly name = "ScriptError";
}

/** Finds Docker or Podman. */
export function findBuilder(): string {
  const builder = ["docker", "podman"].find((program) => spawnSync(program, ["--version"]).status === 0);
  if (builder !== undefined) return builder;
  throw new ScriptError("Neither docker nor podman is on the PATH; install one of them and run the command again.");
}

/** Reads `linux/amd64,linux/arm64`. */
export function parsePlatforms(texts: readonly string[]): readonly Platform[] {
  const platforms = texts.flatMap((text) => text.split(","));
  return [...new Set(platforms)].map((text) => {
    const platform = PLATFORMS.find((each) => each === text);
    if (platform !== undefined) return platform;
    throw new ScriptError(`"${text}" is not a supported platform; use ${PLATFORMS.join(" or ")}.`);
  });
}

/** The tag of one platform's image, which a manifest list with the plain tag can contain. */
export function tagOf(tag: string, platform: Platform): string {
  return `${tag}-${platform.slice("linux/".length)}`;
}

export interface ImageOptions {
  readonly builder: string;
  readonly version: string;
  readonly tag: string;
  /** Default that of the Dockerfile. */
  readonly base?: string | undefined;
  /** Default that of the builder. */
  readonly platform?: Platform | undefined;
}

/** Builds an image of what is in dist/. */
export function buildImage(run: Run, { builder, version, tag, base, platform }: ImageOptions): void {
  run(builder, [
    "build",
    // Nothing runs in the Dockerfile: any machine builds for any platform, and only the base image comes from the network.
    "--network=none",
    `--build-arg=VERSION=${version}`,
    ...(base === undefined ? [] : [`--build-arg=BASE=${base}`]),
    ...(platform === undefined ? [] : [`--platform=${platform}`]),
    `--tag=${tag}`,
    ".",
  ]);
}
