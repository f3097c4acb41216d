import { beforeEach, describe, expect, it } from "vitest";
import { silentLogger } from "../common/logger.ts";
import type { Run } from "../runtime/run.ts";
import type { ControllerReconcilers } from "./controller-reconcilers.ts";
import { LateReconcilers } from "./late-reconcilers.ts";

const { signal } = new AbortController();
let calls: string[];
let reconcilers: LateReconcilers;

beforeEach(() => {
  calls = [];
  const reconciler = (name: string) => ({
    reconcile: async (key: string) => {
      calls.push(`${name} ${key}`);
      return { kind: "done" };
    },
  });
  const noting = (what: string) => (key: string) => calls.push(`${what} ${key}`);
  reconcilers = new LateReconcilers(({ createControllerReconcilers }) => {
    expect(createControllerReconcilers).toBeTypeOf("function");
    return {
      hosts: {
        connection: reconciler("connection"),
        updates: {
          ...reconciler("updates"),
          ...{ checkAgain: noting("check again"), containersChanged: noting("containers of") },
        },
        containers: { takeChanged: (key: string) => key === "changed" },
        readings: { hasRead: () => true, compare: async () => () => true },
        [Symbol.dispose]: () => calls.push("disposed"),
      },
      updates: { ...reconciler("container update"), noticed: noting("noticed") },
    } as unknown as ControllerReconcilers;
  });
});

describe("reconcilers that are not made yet", () => {
  it("have read no Secret and follow no update, and are not disposed of", () => {
    expect(reconcilers.ofHosts.readings.hasRead("connection", "fleet/a", "fleet/tls")).toBe(false);
    reconcilers.ofUpdates.noticed("fleet/update");
    reconcilers[Symbol.dispose]();
    expect(calls).toEqual([]);
  });

  it("refuse a run", () => {
    expect(() => reconcilers.ofHosts.connection.reconcile("fleet/a", signal, silentLogger, {} as Run)).toThrow(
      "a run began before the reconcilers were made",
    );
  });
});

it("passes everything on once they are made", async () => {
  await reconcilers.make();
  const { ofHosts, ofUpdates } = reconcilers;
  const run = ["fleet/a", signal, silentLogger, {} as Run] as const;
  await ofHosts.connection.reconcile(...run);
  await ofHosts.updates.reconcile(...run);
  await ofUpdates.reconcile(...run);
  ofHosts.updates.checkAgain("b");
  ofHosts.updates.containersChanged("c");
  ofUpdates.noticed("d");
  expect(ofHosts.containers?.takeChanged("changed")).toBe(true);
  expect(ofHosts.containers?.takeChanged("other")).toBe(false);
  expect(ofHosts.readings.hasRead("connection", "fleet/a", "fleet/tls")).toBe(true);
  const isNews = await ofHosts.readings.compare("fleet/tls", signal);
  expect(isNews("connection", "fleet/a")).toBe(true);
  reconcilers[Symbol.dispose]();
  expect(calls).toEqual([
    ...["connection fleet/a", "updates fleet/a", "container update fleet/a"],
    ...["check again b", "containers of c", "noticed d", "disposed"],
  ]);
});
