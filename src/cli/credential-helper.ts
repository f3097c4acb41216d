import { spawn } from "node:child_process";
import type { Readable } from "node:stream";
import * as z from "zod";
import { ByteCollector } from "../common/byte-collector.ts";
import type { Clock } from "../common/clock.ts";
import { startDeadline } from "../common/deadline.ts";
import { errorCode } from "../common/error-code.ts";
import type { AskHelper, HelperAnswer } from "../registry/logins.ts";

/** Some helpers fetch a token from a cloud, or ask a person to unlock a keychain. */
const TIMEOUT_MS = 30_000;
const MAX_ANSWER_BYTES = 64 * 1024;
/** The text with which all helpers say so. */
const NOT_FOUND = "credentials not found in native keychain";

const Answer = z.object({ Username: z.string(), Secret: z.string() });

export interface HelperOptions {
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly clock: Clock;
  /** Is called with what the helper writes to standard error, which may be a question for the user. */
  readonly say: (text: string) => void;
}

/** Runs Docker's credential helpers: `docker-credential-NAME get`, with the registry on standard input. */
export function helperRunner({ env, clock, say }: HelperOptions): AskHelper {
  return async (name, server, parent) => {
    parent.throwIfAborted();
    using deadline = startDeadline(parent, "the credential helper", TIMEOUT_MS, clock);
    const ended = await runHelper(`docker-credential-${name}`, server, env, say, deadline.signal);
    parent.throwIfAborted();
    return ended;
  };
}

function runHelper(
  program: string,
  server: string,
  env: HelperOptions["env"],
  say: HelperOptions["say"],
  signal: AbortSignal,
): Promise<HelperAnswer> {
  const { promise, resolve } = Promise.withResolvers<HelperAnswer>();
  const fail = (problem: string) => resolve({ kind: "failed", problem });
  const child = spawn(program, ["get"], { env: { ...env }, stdio: "pipe" });
  const stop = () => {
    child.kill("SIGKILL");
    // A process that the helper started may keep these open.
    for (const stream of [child.stdin, child.stdout, child.stderr]) stream.destroy();
    fail(`did not answer within ${TIMEOUT_MS / 1_000} seconds`);
  };
  signal.addEventListener("abort", stop, { once: true });
  const output = collect(child.stdout, () => {
    child.kill("SIGKILL");
    fail(`returned more than ${MAX_ANSWER_BYTES} bytes`);
  });
  child.stderr.on("data", (chunk: Buffer) => say(chunk.toString("utf8")));
  child.on("error", (error) => fail(errorCode(error) === "ENOENT" ? "is not on the PATH" : "cannot be started"));
  child.on("close", (code) => resolve(readAnswer(code, output.concat().toString("utf8"))));
  // A helper that ends without reading its input closes the pipe.
  child.stdin.on("error", () => undefined);
  child.stdin.end(server);
  return promise.finally(() => signal.removeEventListener("abort", stop));
}

function collect(stream: Readable, tooLarge: () => void): ByteCollector {
  const bytes = new ByteCollector(MAX_ANSWER_BYTES);
  stream.on("data", (chunk: Buffer) => {
    if (!bytes.add(chunk)) tooLarge();
  });
  return bytes;
}

/** Never quotes the output, which may contain a password even if the helper failed. */
function readAnswer(code: number | null, output: string): HelperAnswer {
  if (code !== 0) {
    if (output.trim() === NOT_FOUND) return { kind: "none" };
    return { kind: "failed", problem: code === null ? "was killed" : `failed with exit code ${code}` };
  }
  const answer = Answer.safeParse(parseJson(output));
  if (!answer.success) return { kind: "failed", problem: "did not return a user name and a secret" };
  const { Username: username, Secret: secret } = answer.data;
  return username === "" && secret === "" ? { kind: "none" } : { kind: "found", username, secret };
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
