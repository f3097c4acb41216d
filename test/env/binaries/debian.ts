import { mkdir, readdir, rm } from "node:fs/promises";
import { join } from "node:path";
import { digest } from "./go-build.ts";
import { EnvironmentUnavailable, type Lack } from "./missing.ts";
import { execute, lastLines, outputOf, run } from "./run-command.ts";
import { type Log, timed } from "./timed.ts";

const REMEDY =
  "Use Debian 12, whose packages bring Docker 20.10, a registry, sshd, HAProxy, nginx, Podman, Prometheus and Chromium";

/**
 * Packages of Debian 12. They are unpacked into the cache, not installed: nothing of the machine changes, and no
 * service is started that would have to be denied.
 */
export interface DebianBundle {
  /** What the packages bring, for people. */
  readonly contents: string;
  readonly packages: readonly string[];
}

export function bundleKey({ packages }: DebianBundle): string {
  return `debian-12-${digest([...packages, process.arch])}`;
}

/** What this machine lacks to get Debian's packages. */
export async function lacksForDebian(): Promise<Lack[]> {
  const versions = await Promise.all(["apt-get", "dpkg-deb"].map((program) => outputOf(program, ["--version"])));
  return versions.includes(undefined) ? [{ what: "it has no apt-get and dpkg-deb", remedy: REMEDY }] : [];
}

/** Unpacks the packages into `folder`, as they would lie below `/`. */
export async function unpackBundle(bundle: DebianBundle, folder: string, log: Log): Promise<void> {
  await timed(log, `unpacking Debian's packages (${bundle.contents})`, async () => {
    const downloads = join(folder, "downloads");
    await mkdir(downloads);
    await download(bundle.packages, downloads, log);
    for (const archive of await readdir(downloads)) await run("dpkg-deb", ["-x", join(downloads, archive), folder]);
    await rm(downloads, { recursive: true });
  });
}

async function download(packages: readonly string[], folder: string, log: Log): Promise<void> {
  const args = ["-o", "APT::Sandbox::User=root", "download", ...packages];
  const first = await execute("apt-get", args, { cwd: folder });
  if (first.code === 0) return;
  // The package lists are missing, or older than what the mirror still has.
  await timed(log, "apt-get update", () => run("apt-get", ["update"]));
  const second = await execute("apt-get", args, { cwd: folder });
  if (second.code === 0) return;
  const what = `apt-get cannot download ${packages.join(", ")} (${lastLines(second.stderr, 1)})`;
  throw new EnvironmentUnavailable([{ what, remedy: REMEDY }]);
}
