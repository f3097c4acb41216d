import { expect, it } from "vitest";
import { condition, dockerHost } from "../../test/support/docker-host.ts";
import type { DockerHostObject } from "../api/docker-host.ts";
import type { DockerHostStatus } from "../api/status.ts";
import { fleetOverview } from "./fleet-overview.ts";
import { protectionOf } from "./protection.ts";

function host(name: string, status?: DockerHostStatus, spec: object = {}): DockerHostObject {
  const made = dockerHost({ spec, ...(status && { status }) });
  return { ...made, metadata: { ...made.metadata, name } };
}

const ready = condition("Ready", "True", "Succeeded");
const checked = condition("UpdateCheckSucceeded", "True", "CheckSucceeded");
const HOSTS = [
  host("new"),
  host("fine", { conditions: [ready, checked], updates: { outdated: 0 } }),
  host("resting", { conditions: [ready] }, { suspend: true }),
  host("behind", {
    conditions: [ready, checked, condition("UpdatesAvailable", "True", "UpdatesFound")],
    updates: { outdated: 2 },
  }),
  host("ending", { conditions: [ready, checked, condition("CertificateExpiring", "True", "CertificateExpiresSoon")] }),
  host("blind", { conditions: [ready, condition("UpdateCheckSucceeded", "False", "RegistryUnreachable")] }),
  host("down", { conditions: [condition("Ready", "False", "ConnectionRefused")], endpoint: "https://a.example:2376" }),
];
const select = (search: string, state = "") => fleetOverview(HOSTS, { search, state }, 0);

it("lists hosts that need attention first, each with its state as a word", () => {
  const rows = select("").rows.map(({ name, state, outdated }) => [name, state.word, outdated?.count]);
  expect(rows).toEqual([
    ["down", "Not ready", undefined],
    ["new", "Not known yet", undefined],
    ["blind", "Check failed", undefined],
    ["ending", "Certificate expiring", 0],
    ["behind", "Updates available", 2],
    ["resting", "Suspended", undefined],
    ["fine", "Ready", 0],
  ]);
});

it("says since when a host has a state that needs attention", () => {
  const since = (lastTransitionTime: string, ...of: Parameters<typeof condition>) => ({
    ...condition(...of),
    lastTransitionTime,
  });
  const conditions = (status: "True" | "False") => [
    since("2026-01-01T00:00:00Z", "Ready", status, "Reason"),
    since("2026-01-02T00:00:00Z", "UpdatesAvailable", "True", "UpdatesFound"),
  ];
  const hosts = [
    host("down", { conditions: conditions("False") }),
    host("behind", { conditions: conditions("True") }),
    host("resting", { conditions: conditions("False") }, { suspend: true }),
    host("fine", { conditions: conditions("True").slice(0, 1) }),
    host("new"),
  ];
  const { rows } = fleetOverview(hosts, { search: "", state: "" }, 0);
  expect(Object.fromEntries(rows.map(({ name, since }) => [name, since]))).toEqual({
    down: "2026-01-01T00:00:00Z",
    behind: "2026-01-02T00:00:00Z",
    resting: undefined,
    fine: undefined,
    new: undefined,
  });
});

it("counts hosts with a certificate to renew, also if something else is more urgent", () => {
  const failed = condition("UpdateCheckSucceeded", "False", "RegistryUnreachable");
  const soon = condition("CertificateExpiring", "True", "CertificateExpiresSoon");
  const at = (nextExpiry: string, ...conditions: ReturnType<typeof condition>[]) => ({
    ...{ certificates: { nextExpiry }, conditions: [ready, ...conditions] },
  });
  const hosts = [
    host("soon", at("1970-01-03T00:00:00Z", checked, soon)),
    host("both", at("1970-01-03T00:00:00Z", failed, soon)),
    host("expired", at("1969-12-31T00:00:00Z", failed)),
    host("current", at("1971-01-01T00:00:00Z", checked)),
  ];
  expect(fleetOverview(hosts, { search: "current", state: "" }, 0).expiring).toBe(3);
});

it.each([
  ["some outdated and some pulled", "True", "CheckSucceeded", { outdated: 2, restartPending: 1 }, [3, 1, false]],
  ["only pulled", "True", "CheckSucceeded", { restartPending: 1 }, [1, 1, false]],
  ["a check of which a part failed", "False", "PartiallyFailed", { outdated: 1, failed: 1 }, [1, 0, true]],
  ["a part that failed, and nothing found", "False", "PartiallyFailed", { failed: 1 }, undefined],
  ["a check that failed, with an old answer", "False", "ListFailed", { outdated: 4 }, undefined],
  ["a host that is down, with an old answer", "Unknown", "NotAttempted", { outdated: 4 }, undefined],
] as const)("counts as outdated what should run another image: %s", (_what, status, reason, updates, expected) => {
  const conditions = [ready, condition("UpdateCheckSucceeded", status, reason)];
  const { rows, outdated } = fleetOverview([host("a", { conditions, updates })], { search: "", state: "" }, 0);
  const known = rows[0]?.outdated;
  expect(known && [known.count, known.restartPending, known.isAtLeast]).toEqual(expected);
  expect(outdated).toBe(expected?.[0] ?? 0);
});

it.each([
  ["", "ready", ["fine"]],
  ["A.EXAMPLE", "", ["down"]],
  ["fleet/b", "", ["blind", "behind"]],
  ["message registryunreachable", "", ["blind"]],
  ["example", "ready", []],
  ["", "unheard-of", []],
])("selects by %j and state %j, and counts all hosts", (search, state, names) => {
  const overview = select(search, state);
  expect(overview.rows.map(({ name }) => name)).toEqual(names);
  expect(overview).toMatchObject({ total: 7, outdated: 2 });
  expect(overview.counts.every(({ count }) => count === 1)).toBe(true);
});

it.each([
  ["a host that was never connected", undefined, {}, ""],
  ["a host whose Secret is missing", { tlsMode: "Mutual" }, {}, ""],
  ["a local socket", { tlsMode: "None", endpoint: "unix:///var/run/docker.sock" }, {}, "none"],
  ["SSH", { tlsMode: "None", endpoint: "ssh://a@b:22" }, {}, "none"],
  ["a certificate", { tlsMode: "Mutual", certificates: { nextExpiry: "1970-01-03T00:00:00Z" } }, {}, "2d"],
] as const)("shows for %s whether there is a certificate", (_what, status, spec, word) => {
  const { rows } = fleetOverview([host("a", status, spec)], { search: "", state: "" }, 0);
  expect(rows[0]?.certificate).toBe(word);
});

it("says why each host has its state, and whether its connection is unsafe", () => {
  const rows = select("").rows.map(({ name, message, isUnsafe }) => [name, message, isUnsafe]);
  expect(rows).toEqual([
    ["down", "Message of ConnectionRefused", false],
    ["new", undefined, false],
    ["blind", "Message of RegistryUnreachable", false],
    ["ending", "Message of CertificateExpiresSoon", false],
    ["behind", "Message of UpdatesFound", false],
    ["resting", "spec.suspend is set, so this host is not checked.", false],
    ["fine", undefined, false],
  ]);
  const open = host("open", { conditions: [ready], tlsMode: "None", endpoint: "http://a:2375" });
  for (const search of ["", "unsafe"])
    expect(fleetOverview([open], { search, state: "" }, 0).rows.map(({ isUnsafe }) => isUnsafe)).toEqual([true]);
  expect(select("unsafe").rows).toEqual([]);
});

it.each([
  [{ tlsMode: "Mutual", endpoint: "https://a:2376" }, {}, "Safe"],
  [{ tlsMode: "ServerVerified", endpoint: "https://a:2376" }, {}, "Partly safe"],
  [{ tlsMode: "Unverified", endpoint: "https://a:2376" }, {}, "Unsafe"],
  [{ tlsMode: "None", endpoint: "http://a:2375" }, {}, "Unsafe"],
  [{ tlsMode: "None", endpoint: "unix:///var/run/docker.sock" }, {}, "Safe"],
  [{ tlsMode: "None", endpoint: "ssh://a@b:22" }, {}, "Safe"],
  [{ tlsMode: "None", endpoint: "ssh://a@b:22" }, { ssh: { hostKeyChecking: "Disabled" } }, "Unsafe"],
  [{}, {}, "Not known yet"],
] as const)("says about %j with %j that it is %s", (status, spec, level) => {
  expect(protectionOf(host("a", status, spec)).level).toBe(level);
});
