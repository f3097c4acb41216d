import { spawn } from "node:child_process";
import { once } from "node:events";
import { closeSync, openSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { lastLines } from "../binaries/run-command.ts";
import { isRunning, type ProcessRecord, recordOf, signal } from "./process-record.ts";
import { readRecord, writeRecord } from "./run-folder.ts";
import { comesTrue, waitUntil } from "./wait-until.ts";

/** How to run a server: plain data, so that another process can stop it and start it again. */
export interface ServerFacts {
  /** Unique in its run. */
  readonly name: string;
  readonly runFolder: string;
  readonly program: string;
  readonly args: readonly string[];
  /** The whole environment of the process, but for how much memory a Go program may use. */
  readonly environment: Readonly<Record<string, string>>;
  /** How long it may take to end after SIGTERM before it is killed, milliseconds. */
  readonly graceMs: number;
}

/** Memory is not scarce, unlike the processor: Go collects garbage less often than its default 100 says. */
const GOGC = "400";
const START_MS = 180_000;
const KILL_MS = 30_000;

/** A server process of the test environment, started by this process or another. */
export class Server {
  readonly #facts: ServerFacts;
  readonly #isReady: () => Promise<boolean>;

  constructor(facts: ServerFacts, isReady: () => Promise<boolean>) {
    this.#facts = facts;
    this.#isReady = isReady;
  }

  get logFile(): string {
    return join(this.#facts.runFolder, `${this.#facts.name}.log`);
  }

  /** Starts it and waits until it serves. */
  async start(): Promise<void> {
    const record = await this.#spawn();
    await waitUntil(`${this.#facts.name} to serve`, START_MS, async () => {
      if (!isRunning(record)) throw this.#failure("ended while it started");
      return this.#isReady();
    });
  }

  /** Asks it to end, kills it when it does not, and waits until it is gone. */
  async stop(): Promise<void> {
    const record = readRecord(this.#facts.runFolder, this.#facts.name);
    if (record === undefined) return;
    signal(record, "SIGTERM");
    const ended = () => Promise.resolve(!isRunning(record));
    if (await comesTrue(this.#facts.graceMs, ended)) return;
    signal(record, "SIGKILL");
    await waitUntil(`${this.#facts.name} to end after SIGKILL`, KILL_MS, ended);
  }

  /** Kills it, and waits until it is gone. */
  async kill(): Promise<void> {
    const record = readRecord(this.#facts.runFolder, this.#facts.name);
    if (record === undefined) return;
    signal(record, "SIGKILL");
    await waitUntil(`${this.#facts.name} to end after SIGKILL`, KILL_MS, async () => !isRunning(record));
  }

  async #spawn(): Promise<ProcessRecord> {
    const { name, runFolder, program, args, environment } = this.#facts;
    const log = openSync(this.logFile, "a");
    // In a process group of its own: Ctrl-C on the terminal is for the runner, which then stops the servers in order.
    const child = spawn(program, args, {
      cwd: runFolder,
      env: { GOGC, ...environment },
      detached: true,
      stdio: ["ignore", log, log],
    });
    await once(child, "spawn").finally(() => closeSync(log));
    child.unref();
    const record = child.pid === undefined ? undefined : recordOf(child.pid);
    if (record === undefined) throw this.#failure("ended at once");
    writeRecord(runFolder, name, record);
    return record;
  }

  #failure(what: string): Error {
    const log = lastLines(readFileSync(this.logFile, "utf8"), 20);
    return new Error(`${this.#facts.name} ${what}; the end of its log:\n${log}`);
  }
}
