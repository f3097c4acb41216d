import { type ChildProcess, spawn } from "node:child_process";
import { Readable, Writable } from "node:stream";
import { z } from "zod";

const answer = z.object({
  id: z.number().optional(),
  sessionId: z.string().optional(),
  method: z.string().optional(),
  params: z.unknown().optional(),
  result: z.unknown().optional(),
  error: z.object({ message: z.string() }).optional(),
});

export interface DevtoolsEvent {
  readonly sessionId: string | undefined;
  readonly method: string;
  readonly params: unknown;
}

interface Waiting {
  readonly method: string;
  resolve(result: unknown): void;
  reject(error: Error): void;
}

/** Chrome's DevTools protocol over a browser's pipes: messages of JSON, each with a NUL at its end. */
export class Devtools {
  readonly #child: ChildProcess;
  readonly #commands: Writable;
  readonly #waiting = new Map<number, Waiting>();
  readonly #listeners = new Set<(event: DevtoolsEvent) => void>();
  readonly ended: Promise<void>;
  #nextId = 1;
  #rest = "";
  #errors = "";
  #hasEnded = false;

  constructor(program: string, args: readonly string[], env: NodeJS.ProcessEnv) {
    this.#child = spawn(program, ["--remote-debugging-pipe", ...args], {
      env,
      stdio: ["ignore", "ignore", "pipe", "pipe", "pipe"],
    });
    const [, , errors, commands, answers] = this.#child.stdio;
    if (!(errors instanceof Readable && commands instanceof Writable && answers instanceof Readable))
      throw new Error("the browser has no pipes");
    this.#commands = commands;
    commands.on("error", () => {});
    errors.setEncoding("utf8").on("data", (text: string) => {
      this.#errors = (this.#errors + text).slice(-2_000);
    });
    answers.setEncoding("utf8").on("data", (text: string) => this.#read(text));
    this.ended = new Promise((resolve) => {
      const end = () => {
        this.#hasEnded = true;
        for (const { method, reject } of this.#waiting.values()) reject(this.#failure(method));
        this.#waiting.clear();
        resolve();
      };
      this.#child
        .once("error", (error) => {
          this.#errors += error.message;
          end();
        })
        .once("close", end);
    });
  }

  send(method: string, params: object = {}, sessionId?: string): Promise<unknown> {
    if (this.#hasEnded) return Promise.reject(this.#failure(method));
    const id = this.#nextId++;
    return new Promise((resolve, reject) => {
      this.#waiting.set(id, { method, resolve, reject });
      this.#commands.write(`${JSON.stringify({ id, method, params, sessionId })}\0`);
    });
  }

  listen(listener: (event: DevtoolsEvent) => void): void {
    this.#listeners.add(listener);
  }

  kill(): void {
    this.#child.kill("SIGKILL");
  }

  #failure(method: string): Error {
    return new Error(`the browser ended before it answered ${method}: ${this.#errors}`);
  }

  #read(text: string): void {
    const messages = (this.#rest + text).split("\0");
    this.#rest = messages.pop() ?? "";
    for (const message of messages) this.#receive(answer.parse(JSON.parse(message)));
  }

  #receive({ id, sessionId, method, params, result, error }: z.output<typeof answer>): void {
    if (id === undefined) {
      for (const listener of this.#listeners) listener({ sessionId, method: method ?? "", params });
      return;
    }
    const waiting = this.#waiting.get(id);
    this.#waiting.delete(id);
    if (error === undefined) waiting?.resolve(result);
    else waiting?.reject(new Error(`${waiting.method}: ${error.message}`));
  }
}
