import { describe, expect, it } from "vitest";
import { controllerFlags } from "./controller-flags.ts";
import { readFlags } from "./flags.ts";

const read = (given: Record<string, string>) => readFlags(controllerFlags, given);

describe("the controller's flags", () => {
  it("fit together when none is given", () => {
    expect(read({})).toMatchObject({
      concurrent: 10,
      enableLeaderElection: false,
      leaderElectionLeaseDuration: 15_000,
    });
  });

  it("take namespaces and a selector", () => {
    expect(read({ watchNamespaces: "a,b", watchLabelSelector: "b=1, a" })).toMatchObject({
      watchNamespaces: ["a", "b"],
      watchLabelSelector: "b=1, a",
    });
  });

  it("accept sockets by their paths, which spec.host may contain too", () => {
    expect(read({ allowedSockets: "/run/a.sock, unix:///run/b.sock" }).allowedSockets).toEqual([
      "/run/a.sock",
      "/run/b.sock",
    ]);
  });

  it.each([
    [{ allowedSockets: "run/a.sock" }, '"run/a.sock" is not the absolute path of a socket'],
    [{ watchNamespaces: "a,B" }, '--watch-namespaces a,B: "B" is not a valid namespace name'],
    [{ watchLabelSelector: "a in b" }, '--watch-label-selector a in b: "a in b" is not a valid requirement'],
    [{ leaderElectionRenewDeadline: "20s" }, "--leader-election-*: the lease duration (15s) must be longer than"],
    [{ minRetryDelay: "10m" }, "--min-retry-delay must not be longer than --max-retry-delay"],
  ])("%j are refused", (given, message) => {
    expect(() => read(given)).toThrow(message);
  });
});
