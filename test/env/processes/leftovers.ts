import { spawnSync } from "node:child_process";
import { globSync, lstatSync, readFileSync, rmdirSync, rmSync } from "node:fs";
import { basename, join, sep } from "node:path";
import { isErrno, isRunning, listProcesses, type ProcessRecord, readProc, signal } from "./process-record.ts";

/** How long processes may take to vanish after SIGKILL, milliseconds. */
const KILL_MS = 5_000;

/**
 * The container shims whose containerd or Podman is one of this run folder, and what runs in their containers. They are
 * started so that they outlive it and its daemon, therefore no list of ours has them.
 */
export function findContainerProcesses(folder: string): ProcessRecord[] {
  const processes = listProcesses();
  const shims = processes.filter(({ pid }) => isShimOf(pid, folder));
  const found = [...shims];
  for (const parent of found) found.push(...processes.filter((process) => process.parent === parent.pid));
  return found;
}

function isShimOf(pid: number, folder: string): boolean {
  const args = readProc(pid, "cmdline")?.split("\0") ?? [];
  return (
    /^(containerd-shim.*|conmon)$/.test(basename(args[0] ?? "")) && args.some((arg) => arg.startsWith(folder + sep))
  );
}

/** Ends processes hard and waits, without the event loop, until they are gone: it must work while this process exits. */
export function killAndWait(processes: readonly ProcessRecord[]): void {
  for (const process of processes) signal(process, "SIGKILL");
  const deadline = performance.now() + KILL_MS;
  const pause = new Int32Array(new SharedArrayBuffer(4));
  while (processes.some(isRunning) && performance.now() < deadline) Atomics.wait(pause, 0, 0, 10);
}

/** Mount points below a folder, deepest first: the text is that of /proc/self/mountinfo. */
export function mountsBelow(folder: string, mountinfo: string): string[] {
  return mountinfo
    .split("\n")
    .map((line) => unescapeMount(line.split(" ")[4] ?? ""))
    .filter((path) => path.startsWith(folder + sep))
    .sort((a, b) => b.length - a.length);
}

/** Mount points are written with spaces, tabs, newlines and backslashes as three octal digits. */
function unescapeMount(text: string): string {
  return text.replace(/\\([0-7]{3})/g, (_, octal: string) => String.fromCharCode(Number.parseInt(octal, 8)));
}

/** Takes away the mounts of killed daemons (container file systems, network namespaces), without which their folders stay. */
export function unmountBelow(folder: string): void {
  const mounts = mountsBelow(folder, readFileSync("/proc/self/mountinfo", "utf8"));
  if (mounts.length > 0) spawnSync("umount", ["--lazy", ...mounts], { stdio: "ignore" });
}

/** Takes away the control groups of killed daemons' containers, in whatever hierarchies there are; `parent` is a plain name. */
export function removeCgroups(parent: string): void {
  const groups = globSync(`/sys/fs/cgroup/{,*/}${parent}{,/**/}`);
  for (const group of groups.sort((a, b) => b.length - a.length)) {
    if (lstatSync(group).isDirectory()) removeGroup(group);
  }
}

function removeGroup(group: string): void {
  try {
    rmdirSync(group);
  } catch (error) {
    // The kernel has not quite let go of a killed process. An empty group does no harm, and an error here would.
    if (!isErrno(error, "EBUSY")) throw error;
  }
}

/** Takes away the sockets of killed shims: containerd keeps them apart from its folders, and only notes their addresses there. */
export function removeShimSockets(folder: string): void {
  for (const note of globSync(
    join(folder, "*/containerd-state/io.containerd.runtime.v2.task/*/*/{address,bootstrap.json}"),
  )) {
    const [, socket] = /unix:\/\/(\/run\/containerd\/s\/[0-9a-f]+)/.exec(readFileSync(note, "utf8")) ?? [];
    if (socket !== undefined) rmSync(socket, { force: true });
  }
}

/** The name of a run's network bridge; interfaces have at most 15 characters. */
export function bridgeOf(folder: string): string {
  return `dh-${folder.slice(folder.lastIndexOf("-") + 1)}`;
}

/** Removes the network bridges of a run, whose names may have a suffix. The interfaces of its pods went with their processes. */
export function removeBridges(folder: string): void {
  for (const path of globSync(`/sys/class/net/${bridgeOf(folder)}*`)) {
    spawnSync("ip", ["link", "delete", basename(path)], { stdio: "ignore" });
  }
}
