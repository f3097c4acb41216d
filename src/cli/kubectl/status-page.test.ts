import { describe, expect, it } from "vitest";
import { condition, dockerHost } from "../../../test/support/docker-host.ts";
import type { DockerHostStatus } from "../../api/status.ts";
import { plain } from "../condition-lines.ts";
import { statusPage } from "./status-page.ts";

const NOW = Date.parse("2026-01-01T12:00:00Z");
const DIGEST = `sha256:${"ab".repeat(32)}`;
const certificate = {
  subject: "CN=edge-7",
  issuer: "CN=Fleet CA",
  notBefore: "2025-01-01T00:00:00Z",
  notAfter: "2026-01-11T12:00:00Z",
  fingerprint: "cd".repeat(32),
};

const status: DockerHostStatus = {
  observedGeneration: 1,
  conditions: [condition("Ready", "True", "Succeeded", { lastTransitionTime: "2026-01-01T09:00:00Z" })],
  endpoint: "https://edge-7:2376",
  tlsMode: "Mutual",
  warnings: ["a warning"],
  engine: { name: "Docker", version: "29.0.0", apiVersion: "1.52", os: "linux", arch: "arm64" },
  capabilities: { list: true, inspect: true, imageInspect: false, distribution: false },
  certificates: { server: certificate },
  credentials: { tried: { secret: "edge-7-tls", fingerprint: "ef".repeat(32), since: "2026-01-01T11:00:00Z" } },
  updates: {
    lastCheckTime: "2026-01-01T11:30:00Z",
    nextCheckTime: "2026-01-02T11:30:00Z",
    total: 2,
    upToDate: 1,
    outdated: 1,
    items: [
      { container: "web", image: "nginx:1", verdict: "Outdated", running: DIGEST, available: DIGEST },
      { container: "db", image: "postgres:17", verdict: "UpToDate" },
    ],
  },
};

const page = (overrides: DockerHostStatus = {}, wide = false) =>
  statusPage(dockerHost({ spec: { host: "tcp://edge-7:2376" }, status: { ...status, ...overrides } }), {
    now: NOW,
    paint: plain,
    wide,
  }).join("\n");

describe("the page of a host", () => {
  it("prints warnings without what steers a terminal", () => {
    expect(page({ warnings: ["a\x1b[2Jb"] })).toContain("  Warning: a [2Jb\n");
  });

  it("shows how it is reached, its certificates, credentials and updates", () => {
    expect(page()).toBe(
      [
        "fleet/edge-7",
        "  TYPE    STATUS   REASON      MESSAGE",
        "  Ready   True     Succeeded   Message of Succeeded",
        "  Warning: a warning",
        "",
        "Host",
        "  Address:       tcp://edge-7:2376",
        "  Endpoint:      https://edge-7:2376",
        "  TLS:           Mutual",
        "  Engine:        Docker 29.0.0 (API 1.52)",
        "  Platform:      linux/arm64",
        "  Denied:        imageInspect, distribution",
        "  Next attempt:  about every 5m, and immediately after a change",
        "  Ready since:   3h ago",
        "",
        "Certificates",
        "  ROLE     SUBJECT     ISSUER        EXPIRES                               SHA-256",
        "  server   CN=edge-7   CN=Fleet CA   2026-01-11T12:00:00Z (10 days left)   cdcdcdcdcdcdcdcd...",
        "",
        "Credentials",
        "          SECRET       SINCE     SHA-256",
        "  tried   edge-7-tls   60m ago   efefefefefefefef...",
        "",
        "Updates",
        "  Last check:  30m ago",
        "  Next check:  in 23h",
        "  Containers:  2 in all, 1 up to date, 1 outdated",
        "",
        "  CONTAINER   IMAGE     VERDICT    RUNNING               AVAILABLE             DETAIL",
        "  web         nginx:1   Outdated   sha256:abababababab   sha256:abababababab",
      ].join("\n"),
    );
  });

  it("shows everything, and whole digests, if that is asked for", () => {
    const wide = page({}, true);
    expect(wide).toContain(DIGEST);
    expect(wide).toContain("cd".repeat(32));
    expect(wide).toContain("postgres:17");
  });

  it("says when the controller has not seen the newest spec, and when not all containers are listed", () => {
    expect(page({ observedGeneration: -1 })).toContain("Generation:    1, which the controller has not processed yet");
    expect(page({ updates: { total: 70, items: [], truncated: true } })).toContain(
      "Only 0 of 70 containers are listed.",
    );
  });

  it("shows a newer tag, also of what is up to date", () => {
    const newerTag = { tag: "18", change: "Major" } as const;
    const items = [{ container: "db", image: "postgres:17", verdict: "UpToDate" as const, newerTag }];
    const text = page({ updates: { total: 1, upToDate: 1, newerTags: 1, items } });
    expect(text).toContain("1 in all, 1 up to date, 1 with a newer tag");
    expect(text).toMatch(/db +postgres:17 +UpToDate +Newer tag: 18 \(Major\)$/m);
  });

  it("says that a host is suspended, how to resume it, and that no check is due", () => {
    const spec = { host: "tcp://edge-7:2376", suspend: true };
    const lines = statusPage(dockerHost({ spec, status }), { now: NOW, paint: plain, wide: false });
    expect(lines).toContain(
      "  Suspended:     yes, by spec.suspend; to resume it, run: kubectl dockerhost resume edge-7 -n fleet",
    );
    expect(lines).toContain("  Next check:  none while it is suspended");
    expect(lines.join("\n")).not.toContain("Ready since");
  });

  it("says once why a host is not ready, and when the next attempt is", () => {
    const message = "Connecting failed: the connection was refused.";
    const text = page({
      conditions: [
        condition("Ready", "False", "ConnectionRefused", { message }),
        condition("Reconciling", "True", "ProgressingWithRetry", { message: "Tries again soon" }),
        condition("Connected", "False", "ConnectionRefused", { message }),
      ],
    });
    expect(text.split(message).length).toBe(2);
    expect(text).toMatch(/\n {2}Next attempt: +Tries again soon\n/);
  });

  it.each([
    ["waits for its interval", "1m", [condition("Ready", "True", "Succeeded")], "about every 1m, and immediately"],
    [
      "is stalled",
      "10m",
      [condition("Ready", "False", "InvalidEndpoint"), condition("Stalled", "True", "InvalidEndpoint")],
      "about every 10m, and immediately",
    ],
    [
      "is worked on",
      "1m",
      [condition("Ready", "Unknown", "Progressing"), condition("Reconciling", "True", "Progressing")],
      "now",
    ],
  ] as const)("says about a host that %s when the next attempt is", (_state, interval, conditions, expected) => {
    const given = dockerHost({ spec: { interval }, status: { ...status, conditions: [...conditions] } });
    const lines = statusPage(given, { now: NOW, paint: plain, wide: false });
    expect(lines.find((line) => line.includes("Next attempt:"))).toContain(`:  ${expected}`);
  });

  it.each([
    [80, false],
    [80, true],
    [120, true],
    [40, false],
  ])("fits a terminal of %i columns (wide: %s) without losing a value", (width, wide) => {
    const issuer = "CN=The Intermediate Authority of the Fleet, O=Example Corporation, C=DE";
    const message =
      "The registry registry.example.com:5000 did not answer within 30s. Check that the controller reaches it.";
    const items = [
      {
        container: "web",
        image: "registry.example.com:5000/shop/web:1.2.3",
        verdict: "Outdated" as const,
        running: DIGEST,
      },
      { container: "api", image: "shop/api:1", verdict: "Failed" as const, message },
    ];
    const given = dockerHost({
      spec: { host: "tcp://edge-7:2376", suspend: true },
      status: {
        ...status,
        certificates: { server: { ...certificate, issuer }, ca: { ...certificate, subject: issuer } },
        updates: { ...status.updates, total: 2, items },
      },
    });
    const lines = statusPage(given, { now: NOW, paint: plain, wide, width });
    expect(lines.filter((line) => line.length > width)).toEqual([]);
    expect(lines.join("\n")).not.toContain("…");
    const words = lines.map((line) => line.trim()).join(" ");
    for (const text of [issuer, message, "kubectl dockerhost resume edge-7 -n fleet"]) expect(words).toContain(text);
    if (wide) expect(lines.map((line) => line.trim()).join("")).toContain(DIGEST);
  });

  it("says that the containers are an earlier answer where the last check failed", () => {
    const failed = condition("UpdateCheckSucceeded", "False", "InvalidSelection");
    expect(page({ conditions: [failed] })).toContain(
      "Last attempt:  failed (InvalidSelection); what follows is the answer of the last check",
    );
  });

  it("is short if nothing is known yet", () => {
    const options = { now: NOW, paint: plain, wide: false };
    expect(statusPage(dockerHost(), options).join("\n")).toBe(
      "fleet/edge-7\n  TYPE   STATUS   REASON   MESSAGE\n\nHost\n  Generation:  1, which the controller has not processed yet",
    );
  });

  it("lets nothing that a daemon wrote move the cursor", () => {
    const text = page({ engine: { hostname: "a\u001b[2Jb", version: "1\n2" } });
    expect(text).not.toContain("\u001b");
    expect(text).toContain("Docker 1 2");
  });
});
