import { EventEmitter } from "node:events";
import { describe, expect, it } from "vitest";
import { onStopSignal, type SignalledProcess } from "./stop-signals.ts";

/** The signals for which the process is stopped, in order. `!` is a message of a launcher. */
function stopsOf(events: readonly string[], { launched = true } = {}): readonly string[] {
  const emitter = new EventEmitter();
  const sent: unknown[] = [];
  const process: SignalledProcess = Object.assign(emitter, {
    send: launched ? (message: unknown) => sent.push(message) : undefined,
  });
  const stops: string[] = [];
  onStopSignal(process, {
    stop: (signal, code) => stops.push(`${signal} ${code}`),
    hurry: (code) => stops.push(`hurry ${code}`),
  });
  expect(sent).toEqual(launched ? [{ takesSignals: true }] : []);
  for (const event of events) {
    if (event.startsWith("!")) emitter.emit("message", { signal: event.slice(1) });
    else emitter.emit(event);
  }
  return stops;
}

describe("a process with a launcher", () => {
  it.each([
    ["Ctrl-C, which reaches both", ["SIGINT", "!SIGINT"], ["SIGINT 130"]],
    ["Ctrl-C, of which the launcher is first", ["!SIGINT", "SIGINT"], ["SIGINT 130"]],
    ["a signal to the launcher only", ["!SIGTERM"], ["SIGTERM 143"]],
    ["a signal to the process only", ["SIGTERM"], ["SIGTERM 143"]],
    ["Ctrl-C twice", ["SIGINT", "!SIGINT", "SIGINT", "!SIGINT"], ["SIGINT 130", "hurry 130"]],
    ["Ctrl-C twice, of which one is late", ["SIGINT", "SIGINT", "!SIGINT", "!SIGINT"], ["SIGINT 130", "hurry 130"]],
    ["two different signals", ["SIGINT", "!SIGINT", "!SIGTERM", "SIGTERM"], ["SIGINT 130", "hurry 143"]],
    ["the end of the launcher", ["disconnect"], ["SIGTERM 143"]],
    ["a terminal that is closed", ["SIGHUP", "!SIGHUP", "SIGHUP", "!SIGHUP"], ["SIGHUP 129"]],
    ["SIGTERM with SIGHUP, as from systemd", ["SIGHUP", "SIGTERM", "!SIGHUP", "!SIGTERM"], ["SIGHUP 129"]],
    ["SIGTERM before SIGHUP", ["SIGTERM", "!SIGTERM", "SIGHUP", "!SIGHUP"], ["SIGTERM 143"]],
    ["SIGTERM twice after SIGHUP", ["!SIGHUP", "!SIGTERM", "!SIGTERM"], ["SIGHUP 129", "hurry 143"]],
    ["a message of something else", ["!toString", "!SIGKILL"], []],
  ])("is stopped by %s", (_what, events, stops) => {
    expect(stopsOf(events)).toEqual(stops);
  });
});

it("a process without a launcher counts each signal", () => {
  expect(stopsOf(["SIGINT", "SIGINT"], { launched: false })).toEqual(["SIGINT 130", "hurry 130"]);
});
