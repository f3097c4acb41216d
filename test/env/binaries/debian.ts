import { mkdir, readdir, rm } from "node:fs/promises";
import { join } from "node:path";
import { digest } from "./go-build.ts";
import { EnvironmentUnavailable, type Lack } from "./missing.ts";
import { execute, lastLines, outputOf, run } from "./run-command.ts";
import { type Log, timed } from "./timed.ts";

/**
 * Debian 12's packages. They are unpacked into the cache, not installed: nothing of the machine changes, and no
 * service is started that would have to be denied. The libraries are those that a small machine may not have.
 */
const PACKAGES = [
  "docker.io=20.10.*",
  "containerd",
  "runc",
  "docker-registry",
  "busybox-static",
  "libdevmapper1.02.1",
  "libseccomp2",
  "openssh-server",
  "openssh-client",
  "libwrap0",
  "haproxy",
  "nginx",
  "liblua5.3-0",
  "libopentracing-c-wrapper0",
  "libopentracing1",
  "podman",
  "conmon",
  "crun",
  "libgpgme11",
  "libassuan0",
  "libsubid4",
  "libyajl2",
  "containernetworking-plugins",
  "golang-github-containers-common",
  "golang-github-containers-image",
  "openssl",
  "prometheus",
  "lua5.1",
  "libreadline8",
  "jq",
  "libjq1",
  "libonig5",
] as const;

const REMEDY = "Use Debian 12, whose packages bring Docker 20.10, a registry, sshd, HAProxy, nginx and Podman";

export const debianKey = `debian-12-${digest([...PACKAGES, process.arch])}`;

/** What this machine lacks to get Debian's packages. */
export async function lacksForDebian(): Promise<Lack[]> {
  const versions = await Promise.all(["apt-get", "dpkg-deb"].map((program) => outputOf(program, ["--version"])));
  return versions.includes(undefined) ? [{ what: "it has no apt-get and dpkg-deb", remedy: REMEDY }] : [];
}

/** Unpacks the packages into `folder`, as they would lie below `/`. */
export async function unpackDebian(folder: string, log: Log): Promise<void> {
  await timed(
    log,
    "unpacking Debian's packages (docker.io 20.10, docker-registry, openssh-server, haproxy, nginx, podman)",
    async () => {
      const downloads = join(folder, "downloads");
      await mkdir(downloads);
      await download(downloads, log);
      for (const archive of await readdir(downloads)) await run("dpkg-deb", ["-x", join(downloads, archive), folder]);
      await rm(downloads, { recursive: true });
    },
  );
}

async function download(folder: string, log: Log): Promise<void> {
  const args = ["-o", "APT::Sandbox::User=root", "download", ...PACKAGES];
  const first = await execute("apt-get", args, { cwd: folder });
  if (first.code === 0) return;
  // The package lists are missing, or older than what the mirror still has.
  await timed(log, "apt-get update", () => run("apt-get", ["update"]));
  const second = await execute("apt-get", args, { cwd: folder });
  if (second.code === 0) return;
  const what = `apt-get cannot download ${PACKAGES.join(", ")} (${lastLines(second.stderr, 1)})`;
  throw new EnvironmentUnavailable([{ what, remedy: REMEDY }]);
}
