import {
  existsSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import {
  findContainerProcesses,
  killAndWait,
  removeBridges,
  removeCgroups,
  removeShimSockets,
  unmountBelow,
} from "./leftovers.ts";
import { isErrno, isRunning, type ProcessRecord, recordOf } from "./process-record.ts";

const PREFIX = "dockerhost-test";

/** The folder of one run of the test environment; its name says whose it is, from the moment it exists. */
export function createRunFolder(): string {
  const owner = recordOf(process.pid);
  if (owner === undefined) throw new Error("this process is not in /proc");
  const folder = mkdtempSync(join(tmpdir(), `${PREFIX}-${owner.pid}-${owner.startTime}-`));
  mkdirSync(recordsFolder(folder));
  return folder;
}

/** Folders of runs whose owner has ended without clearing them, for example since it was killed. */
export function abandonedRunFolders(): string[] {
  return readdirSync(tmpdir())
    .filter((name) => {
      const owner = ownerOf(name);
      return owner !== undefined && !isRunning(owner);
    })
    .map((name) => join(tmpdir(), name))
    .filter(isOurFolder);
}

/**
 * Whether it is for this process to clear an abandoned folder: runs that start at the same time all find it, and what one
 * removes another must not stumble over.
 */
export function claimAbandoned(folder: string): boolean {
  const claim = join(folder, "cleared-by.json");
  const own = JSON.stringify(recordOf(process.pid));
  try {
    writeFileSync(claim, own, { flag: "wx" });
    return true;
  } catch (error) {
    // The folder is already gone.
    if (isErrno(error, "ENOENT")) return false;
    if (!isErrno(error, "EEXIST")) throw error;
  }
  const claimant = readClaim(claim);
  if (claimant === undefined || isRunning(claimant)) return false;
  writeFileSync(claim, own);
  return true;
}

/** Undefined if the claimant has just finished, or has not written its record yet. */
function readClaim(claim: string): ProcessRecord | undefined {
  try {
    return JSON.parse(readFileSync(claim, "utf8"));
  } catch {
    return undefined;
  }
}

/** Anybody may make a folder of such a name where temporary files are. */
function isOurFolder(path: string): boolean {
  const stat = lstatSync(path, { throwIfNoEntry: false });
  return stat?.isDirectory() === true && stat.uid === process.getuid?.();
}

/** The process in a run folder's name; undefined for other names. */
export function ownerOf(name: string): ProcessRecord | undefined {
  const [, pid, startTime] = new RegExp(`^${PREFIX}-(\\d+)-(\\d+)-\\w+$`).exec(name) ?? [];
  return pid === undefined ? undefined : { pid: Number(pid), startTime: Number(startTime) };
}

/** Records the process of a server, so that it can be identified when it is stopped or the folder is cleared. */
export function writeRecord(folder: string, server: string, record: ProcessRecord): void {
  const file = recordFile(folder, server);
  writeFileSync(`${file}.new`, JSON.stringify(record));
  renameSync(`${file}.new`, file);
}

/** Undefined when the server was never started. */
export function readRecord(folder: string, server: string): ProcessRecord | undefined {
  const file = recordFile(folder, server);
  return existsSync(file) ? JSON.parse(readFileSync(file, "utf8")) : undefined;
}

function recordFile(folder: string, server: string): string {
  return join(recordsFolder(folder), `${server}.json`);
}

function recordsFolder(folder: string): string {
  return join(folder, "processes");
}

function recordedProcesses(folder: string): ProcessRecord[] {
  if (!existsSync(recordsFolder(folder))) return [];
  return readdirSync(recordsFolder(folder))
    .filter((name) => name.endsWith(".json"))
    .flatMap((name) => readRecord(folder, basename(name, ".json")) ?? []);
}

/**
 * Ends hard what still runs of a run and takes away everything it left on the machine. Without the event loop, so that
 * it also works while this process exits.
 */
export function clearRunFolder(folder: string): void {
  // The daemons first: they would start containers again.
  killAndWait(recordedProcesses(folder));
  killAndWait(findContainerProcesses(folder));
  unmountBelow(folder);
  removeCgroups(basename(folder));
  removeShimSockets(folder);
  removeBridges(folder);
  rmSync(folder, { recursive: true, force: true });
}
