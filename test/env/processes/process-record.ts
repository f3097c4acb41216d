import { readdirSync, readFileSync } from "node:fs";

/** Identifies a process: the kernel may use its id again for another one. */
export interface ProcessRecord {
  readonly pid: number;
  /** Clock ticks after boot, as /proc/PID/stat has it. */
  readonly startTime: number;
}

interface Stat {
  readonly parent: number;
  readonly startTime: number;
  /** Ended, and only waiting for its parent to take notice. */
  readonly zombie: boolean;
}

/** Of the text of /proc/PID/stat. The second field is the command in parentheses, which may hold spaces and parentheses. */
export function parseStat(text: string): Stat {
  const fields = text.slice(text.lastIndexOf(")") + 2).split(" ");
  return { zombie: fields[0] === "Z" || fields[0] === "X", parent: Number(fields[1]), startTime: Number(fields[19]) };
}

/** Undefined when there is no such process any more. */
function readStat(pid: number): Stat | undefined {
  const text = readProc(pid, "stat");
  return text === undefined ? undefined : parseStat(text);
}

/** A file of /proc/PID; undefined when the process has ended. */
export function readProc(pid: number, name: string): string | undefined {
  try {
    return readFileSync(`/proc/${pid}/${name}`, "utf8");
  } catch (error) {
    // ESRCH: it ended between open and read.
    if (isErrno(error, "ENOENT") || isErrno(error, "ESRCH")) return undefined;
    throw error;
  }
}

export function isErrno(error: unknown, code: string): boolean {
  return error instanceof Error && "code" in error && error.code === code;
}

/** The record of a process that runs now; undefined when it does not. */
export function recordOf(pid: number): ProcessRecord | undefined {
  const stat = readStat(pid);
  return stat === undefined || stat.zombie ? undefined : { pid, startTime: stat.startTime };
}

/** Whether this very process still runs. */
export function isRunning(record: ProcessRecord): boolean {
  return recordOf(record.pid)?.startTime === record.startTime;
}

/** Sends the signal if this very process still runs. */
export function signal(record: ProcessRecord, name: NodeJS.Signals): void {
  if (!isRunning(record)) return;
  try {
    process.kill(record.pid, name);
  } catch (error) {
    if (!isErrno(error, "ESRCH")) throw error;
  }
}

/** Every process of this machine. */
export function listProcesses(): (ProcessRecord & { readonly parent: number })[] {
  return readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name))
    .flatMap((name) => {
      const stat = readStat(Number(name));
      if (stat === undefined || stat.zombie) return [];
      return [{ pid: Number(name), startTime: stat.startTime, parent: stat.parent }];
    });
}
