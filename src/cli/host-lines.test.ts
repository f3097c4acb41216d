import stringWidth from "string-width";
import { describe, expect, it } from "vitest";
import { condition, dockerHost } from "../../test/support/docker-host.ts";
import type { DockerHostObject } from "../api/docker-host.ts";
import type { Condition, DockerHostStatus } from "../api/status.ts";
import { conditionLines, plain } from "./condition-lines.ts";
import { hostLines } from "./host-lines.ts";
import { updateLines } from "./update-lines.ts";

const NOW = Date.parse("2026-01-01T00:00:00Z");
const REFUSED =
  "Connecting to https://edge-2.example.com:2376 failed: the connection was refused. Start Docker on the host, or correct the port.";

function host(name: string, conditions: readonly Condition[], parts: DockerHostStatus = {}, spec: object = {}) {
  const made = dockerHost({
    spec: { host: `tcp://${name}.example.com:2376`, ...spec },
    status: {
      engine: { version: "29.0.0" },
      certificates: { nextExpiry: "2026-12-01T00:00:00Z" },
      conditions: [...conditions],
      ...parts,
    },
  });
  return { ...made, metadata: { ...made.metadata, name, creationTimestamp: "2025-12-20T00:00:00Z" } };
}

const ready = condition("Ready", "True", "Succeeded");
const succeeded = condition("UpdateCheckSucceeded", "True", "CheckSucceeded");
const upToDate = condition("UpdatesAvailable", "False", "UpToDate");
const incomplete = condition("UpdatesAvailable", "Unknown", "CheckIncomplete");
const updates = { lastCheckTime: "2025-12-31T23:00:00Z", total: 2, upToDate: 2, outdated: 0, failed: 0 };
const item = { container: "web", image: "registry.example.com:5000/team/storefront-web:1.27", running: "sha256:a" };

function untouched(name: string): DockerHostObject {
  const made = dockerHost({ spec: { host: `tcp://${name}.example.com:2376` } });
  return { ...made, metadata: { ...made.metadata, name } };
}

/** One host of each state. */
const FLEET: readonly DockerHostObject[] = [
  host("edge-1", [ready, succeeded, upToDate], { updates }),
  host("edge-2", [
    condition("Ready", "False", "ConnectionRefused", { message: REFUSED }),
    condition("Connected", "False", "ConnectionRefused", { message: REFUSED }),
  ]),
  host("edge-3", [ready, succeeded, condition("UpdatesAvailable", "True", "UpdatesFound")], {
    updates: { ...updates, outdated: 1, items: [{ ...item, verdict: "Outdated", available: "sha256:b" }] },
  }),
  host("edge-4", [ready, succeeded, upToDate], { updates }, { suspend: true }),
  host("edge-5", [ready, succeeded, upToDate, condition("CertificateExpiring", "True", "ExpiresSoon")], {
    updates,
    certificates: { nextExpiry: "2026-01-04T00:00:00Z" },
  }),
  host(
    "edge-6",
    [
      ready,
      condition("UpdateCheckSucceeded", "False", "InvalidSelection", { message: "'*' is not valid." }),
      incomplete,
    ],
    { updates: { ...updates, outdated: 3, items: [{ ...item, verdict: "Outdated" }] } },
  ),
  host(
    "edge-7",
    [ready, condition("UpdateCheckSucceeded", "False", "RegistryUntrusted", { message: "A private CA." }), incomplete],
    {
      updates: {
        ...updates,
        total: 1,
        upToDate: 0,
        failed: 1,
        items: [{ ...item, verdict: "Failed", reason: "RegistryUntrusted", message: "A private CA." }],
      },
    },
  ),
  untouched("edge-8"),
];

const lines = (width: number | undefined, hosts = FLEET) => {
  const options = { now: NOW, paint: plain, width };
  return [...hostLines(hosts, { ...options, wide: false }), ...updateLines(hosts, options)];
};

describe("the table of hosts on a terminal", () => {
  it("fits 80 columns, with what needs somebody first and the reason below its row", () => {
    expect(lines(80).map((line) => line.trimEnd())).toEqual([
      "NAME    READY      REASON             UPDATES  OUTDATED  CERT  LAST CHECK",
      "edge-2  False      ConnectionRefused                     334d",
      "    Connecting to https://edge-2.example.com:2376 failed: the connection was",
      "    refused. Start Docker on the host, or correct the port.",
      "edge-8",
      "edge-6  True                          Unknown  ?         334d  60m",
      "edge-7  True                          Unknown  ?         334d  60m",
      "edge-5  True                          False    0         3d!   60m",
      "edge-3  True                          True     1         334d  60m",
      "edge-4  Suspended                     False    0         334d  60m",
      "edge-1  True                          False    0         334d  60m",
      "",
      "edge-6: the update check failed (InvalidSelection): '*' is not valid. Last",
      "successful check: 60m ago.",
      "edge-7: the update check failed (RegistryUntrusted): A private CA.",
      "",
      "HOST    CONTAINER  IMAGE                                               VERDICT",
      "edge-3  web        registry.example.com:5000/team/storefront-web:1.27  Outdated",
      "edge-7  web        registry.example.com:5000/team/storefront-web:1.27  Failed",
    ]);
  });

  it.each([1, 20, 40, 60, 80, 100, 120, 200])("has no line longer than a terminal of %d columns", (width) => {
    for (const line of [...lines(width), ...FLEET.flatMap((each) => conditionLines(each, plain, width))]) {
      expect(stringWidth(line)).toBeLessThanOrEqual(Math.max(20, width));
    }
  });

  it("has more columns if there is room", () => {
    expect(lines(120)[0]).toMatch(/^NAME +HOST +READY +REASON +ENGINE +UPDATES +OUTDATED +CERT +LAST CHECK/);
    expect(lines(80)[0]).not.toContain("HOST");
  });

  it("leaves out what is 0 or empty for every host", () => {
    const [healthy] = FLEET;
    expect(lines(200, healthy === undefined ? [] : [healthy])[0]).toMatch(
      /^NAME +HOST +READY +ENGINE +UPDATES +CERT +LAST CHECK +AGE$/,
    );
  });

  it("says about an expired certificate that it is expired", () => {
    const expired = host("edge-9", [ready], { certificates: { nextExpiry: "2025-12-31T00:00:00Z" } });
    expect(lines(80, [expired]).join("\n")).toContain("expired!");
  });

  it("colours cells and never a whole row", () => {
    const options = {
      now: NOW,
      wide: false,
      width: 80,
      paint: (format: string, text: string) => `<${format} ${text}>`,
    };
    const painted = hostLines(FLEET, options);
    expect(painted).toContainEqual(expect.stringMatching(/^edge-2 +<red False> +ConnectionRefused +334d$/));
    expect(painted).toContainEqual(expect.stringMatching(/^edge-5 +<green True> +<green False> +0 +<yellow 3d!>/));
    expect(painted).toContainEqual(expect.stringMatching(/^edge-6 +<green True> +<yellow Unknown> +\?/));
  });
});

describe("the table of hosts for a program", () => {
  it("has a line for each host, in the order of names, with the same number of fields", () => {
    const [header = "", ...rows] = hostLines(FLEET, { now: NOW, wide: false, paint: plain });
    const fields = (line: string) => line.split(/ {3,}/).length;
    expect(rows.map(fields)).toEqual(rows.map(() => fields(header)));
    expect(rows.map((row) => row.split(" ")[0])).toEqual([1, 2, 3, 4, 5, 6, 7, 8].map((n) => `edge-${n}`));
    expect(header).toMatch(/^NAME .* CERT EXPIRES +LAST CHECK +AGE +MESSAGE$/);
    expect(rows[1]?.endsWith(`   ${REFUSED}`)).toBe(true);
    expect(rows[0]).toContain("2026-12-01T00:00:00Z");
  });

  it("says why update checks failed, one line each", () => {
    expect(lines(undefined)).toContain(
      "edge-6: the update check failed (InvalidSelection): '*' is not valid. Last successful check: 60m ago.",
    );
  });
});
