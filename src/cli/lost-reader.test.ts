import { EventEmitter } from "node:events";
import { describe, expect, it } from "vitest";
import { onLostReader } from "./lost-reader.ts";

/** What a program does when a write to one of its streams fails. */
function reactionTo(stream: "stdout" | "stderr", code: string): readonly string[] {
  const streams = { stdout: new EventEmitter(), stderr: new EventEmitter() };
  const done: string[] = [];
  onLostReader(streams, {
    stop: (signal, exitCode) => done.push(`stop ${signal} ${exitCode}`),
    exit: (exitCode) => done.push(`exit ${exitCode}`),
  });
  streams[stream].emit("error", Object.assign(new Error(`write ${code}`), { code }));
  return done;
}

describe("a program whose output cannot be written", () => {
  it.each([
    ["stdout", "EPIPE", "exit 0"],
    ["stderr", "EPIPE", "stop SIGPIPE 141"],
    ["stdout", "EIO", "stop SIGHUP 129"],
    ["stderr", "EIO", "stop SIGHUP 129"],
  ] as const)("because %s fails with %s: %s", (stream, code, reaction) => {
    expect(reactionTo(stream, code)).toEqual([reaction]);
  });

  it.each(["stdout", "stderr"] as const)("because of a full disk fails (%s)", (stream) => {
    expect(() => reactionTo(stream, "ENOSPC")).toThrow("ENOSPC");
  });
});
