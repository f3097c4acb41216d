import { describe, expect, it } from "vitest";
import { condition, conditionProblems, dockerHost, parsedSpec, summaries } from "../../../test/support/docker-host.ts";
import type { DockerHostObject } from "../../api/docker-host.ts";
import type { Reason } from "../../api/reasons.ts";
import type { CertificateStatus, DockerHostStatus } from "../../api/status.ts";
import { type ConnectionDraft, type ConnectionOutcome, type ConnectionStep, emptyDraft } from "./draft.ts";
import { planConnection, planInvalidSpec, planSuspended, progressing } from "./plan.ts";

const NOW = Date.parse("2026-01-01T00:00:00Z");
const ENDPOINT = "https://edge-7.example.com:2376";

function certificate(notAfter: string): CertificateStatus {
  return { subject: "CN=edge-7", issuer: "CN=CA", notBefore: "2025-07-01T00:00:00Z", notAfter, fingerprint: "ab" };
}

const ENGINE = { version: "29.0.0", apiVersion: "1.52" };
const SERVER = certificate("2026-07-01T00:00:00Z");

function draftOf(overrides: Partial<ConnectionDraft> = {}): ConnectionDraft {
  return { ...emptyDraft(), endpoint: ENDPOINT, tlsMode: "Mutual", credentialsRead: true, ...overrides };
}

const CONNECTED: ConnectionOutcome = { kind: "connected" };

function failedAt(step: ConnectionStep, reason: Reason): ConnectionOutcome {
  return { kind: "failed", step, failure: { reason, message: `message of ${reason}` } };
}

interface Situation {
  readonly host?: DockerHostObject;
  readonly spec?: object;
  readonly before?: DockerHostStatus;
  readonly stored?: DockerHostStatus;
  readonly draft?: ConnectionDraft;
  readonly outcome?: ConnectionOutcome;
}

function plan({ host = dockerHost(), spec = {}, draft = draftOf(), outcome = CONNECTED, ...statuses }: Situation) {
  const before = statuses.before ?? host.status ?? {};
  const stored = statuses.stored ?? before;
  return planConnection({ host, before, stored, now: NOW, spec: parsedSpec(spec), draft, outcome });
}

describe("the conditions after a pass", () => {
  it.each<readonly [string, Situation, readonly string[]]>([
    [
      "all well",
      { draft: draftOf({ engine: ENGINE, certificates: { server: SERVER } }) },
      [
        "Ready=True Succeeded",
        "CredentialsValid=True CredentialsLoaded",
        "Connected=True ConnectionEstablished",
        "CertificateExpiring=False CertificatesCurrent",
      ],
    ],
    [
      "a local socket, for which no Secret is read",
      { draft: draftOf({ endpoint: "unix:///var/run/docker.sock", tlsMode: "None", credentialsRead: false }) },
      [
        "Ready=True Succeeded",
        "CredentialsValid=True NotApplicable",
        "Connected=True ConnectionEstablished",
        "CertificateExpiring=False NotApplicable",
      ],
    ],
    ...(["ConnectionRefused", "ConnectionTimedOut", "ServerCertificateUntrusted", "ServerNameMismatch"] as const).map(
      (reason): [string, Situation, readonly string[]] => [
        `the wire shows ${reason}`,
        { outcome: failedAt("connect", reason) },
        [
          `Ready=False ${reason}`,
          "Reconciling=True ProgressingWithRetry",
          "CredentialsValid=True CredentialsLoaded",
          `Connected=False ${reason}`,
          "CertificateExpiring=Unknown NotAttempted",
        ],
      ],
    ),
    [
      "the daemon fails while it describes itself",
      { outcome: failedAt("describe", "DaemonError"), draft: draftOf({ certificates: { server: SERVER } }) },
      [
        "Ready=False DaemonError",
        "Reconciling=True ProgressingWithRetry",
        "CredentialsValid=True CredentialsLoaded",
        "Connected=False DaemonError",
        "CertificateExpiring=False CertificatesCurrent",
      ],
    ],
    ...(["SecretNotFound", "SecretKeyMissing", "ClientKeyPairIncomplete", "SecretUnreadable"] as const).map(
      (reason): [string, Situation, readonly string[]] => [
        `${reason}, which may still come`,
        { outcome: failedAt("resolveCredentials", reason), draft: draftOf({ credentialsRead: false }) },
        [
          `Ready=False ${reason}`,
          "Reconciling=True ProgressingWithRetry",
          `CredentialsValid=False ${reason}`,
          "Connected=Unknown NotAttempted",
          "CertificateExpiring=Unknown NotAttempted",
        ],
      ],
    ),
    ...(["CACertificateInvalid", "ClientKeyMismatch", "ClientKeyEncrypted", "ClientCertificateExpired"] as const).map(
      (reason): [string, Situation, readonly string[]] => [
        `${reason}, which only its owner can mend`,
        { outcome: failedAt("resolveCredentials", reason), draft: draftOf({ credentialsRead: false }) },
        [
          `Ready=False ${reason}`,
          `Stalled=True ${reason}`,
          `CredentialsValid=False ${reason}`,
          "Connected=Unknown NotAttempted",
          "CertificateExpiring=Unknown NotAttempted",
        ],
      ],
    ),
    [
      "an endpoint that cannot be used",
      { outcome: failedAt("resolveEndpoint", "InvalidEndpoint"), draft: emptyDraft() },
      [
        "Ready=False InvalidEndpoint",
        "Stalled=True InvalidEndpoint",
        "CredentialsValid=Unknown NotAttempted",
        "Connected=Unknown NotAttempted",
        "CertificateExpiring=Unknown NotAttempted",
      ],
    ],
    [
      "a certificate that ends soon, which does not lower Ready",
      { draft: draftOf({ certificates: { server: certificate("2026-01-10T00:00:00Z") } }) },
      [
        "Ready=True Succeeded",
        "CredentialsValid=True CredentialsLoaded",
        "Connected=True ConnectionEstablished",
        "CertificateExpiring=True CertificateExpiresSoon",
      ],
    ],
  ])("%s", (_what, situation, expected) => {
    const host = dockerHost({ generation: 3 });
    const { status } = plan({ host, ...situation });
    expect(summaries(status.conditions)).toEqual(expected);
    expect(conditionProblems(status, 3)).toEqual([]);
  });

  it("say how the connection is protected", () => {
    const message = (tlsMode: NonNullable<ConnectionDraft["tlsMode"]>, endpoint = ENDPOINT) =>
      plan({ draft: draftOf({ engine: ENGINE, tlsMode, endpoint }) }).status.conditions?.[0]?.message;
    expect(message("Mutual")).toBe("Connected to Docker 29.0.0 (API 1.52) over mutual TLS");
    expect(message("ServerVerified")).toBe("Connected to Docker 29.0.0 (API 1.52) over verified TLS");
    expect(message("Unverified")).toBe("Connected to Docker 29.0.0 (API 1.52) over TLS without verification");
    expect(message("None", "tcp://edge-7:2375")).toBe("Connected to Docker 29.0.0 (API 1.52) in plaintext");
    expect(message("None", "unix:///docker.sock")).toBe("Connected to Docker 29.0.0 (API 1.52) over the local socket");
  });
});

describe("the rest of the status", () => {
  it("tells what was found, and echoes the requests", () => {
    const annotations = { "dockerhost.dev/requestedAt": "a", "reconcile.fluxcd.io/requestedAt": "b" };
    const draft = draftOf({ engine: ENGINE, certificates: { server: SERVER }, warnings: ["Careful."] });
    expect(plan({ host: dockerHost({ annotations }), draft }).status).toMatchObject({
      endpoint: ENDPOINT,
      tlsMode: "Mutual",
      engine: ENGINE,
      warnings: ["Careful."],
      certificates: { nextExpiry: "2026-07-01T00:00:00Z", server: SERVER },
      lastHandledRequestedAt: "a",
      lastHandledReconcileAt: "b",
    });
  });

  const seen: DockerHostStatus = {
    endpoint: ENDPOINT,
    tlsMode: "Mutual",
    engine: ENGINE,
    certificates: { nextExpiry: "2026-07-01T00:00:00Z", server: SERVER },
  };

  it("keeps what was last seen of a host that is out of reach", () => {
    const { status } = plan({ before: seen, outcome: failedAt("connect", "ConnectionRefused") });
    expect(status).toMatchObject(seen);
  });

  it("keeps the TLS mode where the Secret can no longer tell it", () => {
    const { tlsMode: _, ...draft } = draftOf({ credentialsRead: false });
    const { status } = plan({ before: seen, draft, outcome: failedAt("resolveCredentials", "SecretNotFound") });
    expect(status.tlsMode).toBe("Mutual");
  });

  it("drops what was seen of another endpoint", () => {
    const before = { ...seen, endpoint: "https://edge-8.example.com:2376" };
    const { status } = plan({ before, outcome: failedAt("connect", "ConnectionRefused") });
    expect(status.engine).toBeUndefined();
    expect(status.certificates).toBeUndefined();
  });

  it("drops what a connected host no longer shows", () => {
    const { status } = plan({ before: { ...seen, warnings: ["Careful."] }, draft: draftOf() });
    expect(status.certificates).toBeUndefined();
    expect(status.warnings).toBeUndefined();
  });

  it("puts a new certificate in the place of the old one, and dates the first to end anew", () => {
    const client = certificate("2026-05-01T00:00:00Z");
    const { status } = plan({
      before: seen,
      draft: draftOf({ certificates: { client } }),
      outcome: failedAt("connect", "ConnectionRefused"),
    });
    expect(status.certificates).toEqual({ nextExpiry: "2026-05-01T00:00:00Z", server: SERVER, client });
  });
});

describe("when to look again", () => {
  const spec = { interval: "2m" };

  it("is after the interval while all is well", () => {
    expect(plan({ spec }).requeue).toEqual({ kind: "after", ms: 120_000 });
  });

  it.each(["ConnectionRefused", "NameResolutionFailed", "DaemonError"] as const)("is soon after %s", (reason) => {
    const outcome = failedAt("connect", reason);
    expect(plan({ spec, outcome }).requeue).toEqual({ kind: "backoff", minMs: 1_000, maxMs: 120_000 });
    expect(plan({ spec: { interval: "1h" }, outcome }).requeue).toMatchObject({ maxMs: 300_000 });
  });

  it.each(["ServerCertificateUntrusted", "ClientCertificateRequired", "APIVersionUnsupported"] as const)(
    "is at the interval after %s, since haste would not help",
    (reason) => {
      const outcome = failedAt("connect", reason);
      expect(plan({ spec, outcome }).requeue).toEqual({ kind: "after", ms: 120_000 });
    },
  );

  it("is soon for a Secret that may come, and at the interval for one that is wrong", () => {
    const missing = plan({ spec, outcome: failedAt("resolveCredentials", "SecretNotFound") });
    expect(missing.requeue.kind).toBe("backoff");
    const wrong = plan({ spec, outcome: failedAt("resolveCredentials", "ClientKeyMismatch") });
    expect(wrong.requeue).toEqual({ kind: "after", ms: 120_000 });
  });
});

describe("transitions", () => {
  it("count from what is stored, also where that is only the mark of a new generation", () => {
    const before: DockerHostStatus = { conditions: [condition("Ready", "True", "Succeeded")] };
    const host = dockerHost({ generation: 2, status: before });
    const stored = progressing(host, before, NOW - 1_000);
    const [ready] = plan({ host, before, stored }).status.conditions ?? [];
    expect(ready).toMatchObject({ status: "True", lastTransitionTime: "2026-01-01T00:00:00Z" });
  });
});

describe("a spec that does not fit", () => {
  it("is Stalled, and looked at again in a while", () => {
    const host = dockerHost({ generation: 2 });
    const failure = { reason: "InvalidSpec", message: "spec.host: must start" } as const;
    const { status, requeue } = planInvalidSpec({ host, before: {}, stored: {}, now: NOW, failure });
    expect(summaries(status.conditions)).toEqual([
      "Ready=False InvalidSpec",
      "Stalled=True InvalidSpec",
      "CredentialsValid=Unknown NotAttempted",
      "Connected=Unknown NotAttempted",
      "CertificateExpiring=Unknown NotAttempted",
    ]);
    expect(conditionProblems(status, 2)).toEqual([]);
    expect(requeue).toEqual({ kind: "after", ms: 300_000 });
  });
});

describe("a suspended host", () => {
  const before: DockerHostStatus = {
    observedGeneration: 1,
    endpoint: ENDPOINT,
    engine: ENGINE,
    conditions: [
      condition("Ready", "False", "ConnectionRefused"),
      condition("Reconciling", "True", "ProgressingWithRetry"),
      condition("CredentialsValid", "True", "CredentialsLoaded"),
      condition("Connected", "False", "ConnectionRefused"),
      condition("UpdatesAvailable", "True", "UpdatesFound"),
    ],
    updates: { total: 1 },
  };
  const host = dockerHost({ generation: 2, spec: { suspend: true }, status: before });

  function planned(onlySuspendChanged: boolean, status = before) {
    return planSuspended({ host, before: status, stored: status, now: NOW, onlySuspendChanged });
  }

  it("keeps its word where only `suspend` changed, at rest and for the new generation", () => {
    const { status, events, requeue } = planned(true);
    expect(summaries(status.conditions)).toEqual([
      "Ready=False ConnectionRefused",
      "CredentialsValid=True CredentialsLoaded",
      "Connected=False ConnectionRefused",
    ]);
    expect(status).toMatchObject({ observedGeneration: 2, endpoint: ENDPOINT, engine: ENGINE });
    expect(status.conditions?.map((each) => [each.observedGeneration, each.lastTransitionTime])).toEqual(
      Array.from({ length: 3 }, () => [2, "2025-12-01T00:00:00Z"]),
    );
    expect(status.updates).toBeUndefined();
    expect(events).toEqual([]);
    expect(requeue).toEqual({ kind: "done" });
  });

  it("is Unknown where more changed, and says nothing of the host that it was", () => {
    const { status, events, requeue } = planned(false);
    expect(summaries(status.conditions)).toEqual([
      "Ready=Unknown Suspended",
      "CredentialsValid=Unknown Suspended",
      "Connected=Unknown Suspended",
    ]);
    expect(status).toEqual({ observedGeneration: 2, conditions: status.conditions });
    expect(conditionProblems(status, 2)).toEqual([]);
    expect(events).toEqual([]);
    expect(requeue).toEqual({ kind: "done" });
  });

  it("is Unknown where it was never looked at", () => {
    expect(summaries(planned(true, {}).status.conditions)[0]).toBe("Ready=Unknown Suspended");
  });

  it("is not left with the mark of work that will not go on", () => {
    const { status } = planned(true, progressing(host, before, NOW));
    expect(summaries(status.conditions)[0]).toBe("Ready=Unknown Suspended");
  });
});

describe("progressing", () => {
  const before: DockerHostStatus = {
    observedGeneration: 1,
    endpoint: ENDPOINT,
    engine: ENGINE,
    conditions: [
      condition("Ready", "True", "Succeeded"),
      condition("CredentialsValid", "True", "CredentialsLoaded"),
      condition("Connected", "True", "ConnectionEstablished"),
      condition("UpdateCheckSucceeded", "True", "CheckSucceeded"),
    ],
    updates: { total: 1 },
  };
  const status = progressing(dockerHost({ generation: 2 }), before, NOW);

  it("takes back the old answer, and says that a new one is on its way", () => {
    expect(summaries(status.conditions)).toEqual([
      "Ready=Unknown Progressing",
      "Reconciling=True Progressing",
      "CredentialsValid=True CredentialsLoaded",
      "Connected=True ConnectionEstablished",
    ]);
  });

  it("leaves the generation that was observed as it was, since this one is not", () => {
    expect(status.observedGeneration).toBe(1);
    expect(status.conditions?.map(({ observedGeneration }) => observedGeneration)).toEqual([2, 2, 1, 1]);
  });

  it("keeps what is known of the host, and leaves the other reconciler's part alone", () => {
    expect(status).toMatchObject({ endpoint: ENDPOINT, engine: ENGINE });
    expect(status.updates).toBeUndefined();
  });
});

describe("events", () => {
  const ready = (situation: Situation) => plan(situation).events.map(({ type, reason }) => `${type} ${reason}`);
  const wasReady: DockerHostStatus = { conditions: [condition("Ready", "True", "Succeeded")] };
  const refused = failedAt("connect", "ConnectionRefused");
  const wasRefused: DockerHostStatus = { conditions: [condition("Ready", "False", "ConnectionRefused")] };

  it("tell of a host that became Ready, and of one that ceased to be", () => {
    expect(ready({})).toEqual(["Normal Succeeded"]);
    expect(ready({ before: wasReady, outcome: refused })).toEqual(["Warning ConnectionRefused"]);
    expect(ready({ before: wasRefused })).toEqual(["Normal Succeeded"]);
  });

  it("tell of another cause", () => {
    const outcome = failedAt("connect", "ConnectionTimedOut");
    expect(ready({ before: wasRefused, outcome })).toEqual(["Warning ConnectionTimedOut"]);
  });

  it("tell nothing while all is as it was", () => {
    expect(ready({ before: wasReady })).toEqual([]);
    expect(ready({ before: wasRefused, outcome: refused })).toEqual([]);
  });

  it("tell of each warning when it comes, in its own words", () => {
    const draft = draftOf({ warnings: ["First.", "Second."] });
    expect(plan({ before: { ...wasReady, warnings: ["First."] }, draft }).events).toEqual([
      { type: "Warning", reason: "EndpointWarning", action: "Connect", message: "Second." },
    ]);
  });

  it("tell once of a certificate that ends soon", () => {
    const draft = draftOf({ certificates: { server: certificate("2026-01-10T00:00:00Z") } });
    expect(ready({ before: wasReady, draft })).toEqual(["Warning CertificateExpiresSoon"]);
    const told = {
      conditions: [...(wasReady.conditions ?? []), condition("CertificateExpiring", "True", "CertificateExpiresSoon")],
    };
    expect(ready({ before: told, draft })).toEqual([]);
  });
});
