import { describe, expect, it } from "vitest";
import { answerProblems } from "../../../test/support/condition-checker.ts";
import {
  certificate,
  concludePass,
  draftOf,
  ENDPOINT,
  ENGINE,
  failedAt,
  NOW,
  SERVER,
} from "../../../test/support/connection-situation.ts";
import { condition, dockerHost, summaries } from "../../../test/support/docker-host.ts";
import type { DockerHostStatus } from "../../api/status.ts";
import { concludeInvalidSpec, concludeSuspended, progressing } from "./conclude-connection.ts";

describe("the rest of the status", () => {
  it("reports what was found, and echoes the requests", () => {
    const annotations = { "dockerhost.dev/requestedAt": "a", "reconcile.fluxcd.io/requestedAt": "b" };
    const draft = draftOf({ engine: ENGINE, certificates: { server: SERVER }, warnings: ["Careful."] });
    expect(concludePass({ host: dockerHost({ annotations }), draft }).status).toMatchObject({
      endpoint: ENDPOINT,
      tlsMode: "Mutual",
      engine: ENGINE,
      warnings: ["Careful."],
      certificates: { nextExpiry: "2026-07-01T00:00:00Z", server: SERVER },
      lastHandledRequestedAt: "a",
      lastHandledReconcileAt: "b",
    });
  });

  it.each([
    [8, ["w0", "w6"], "duplicate", 8],
    [20, ["w0", "w6"], "duplicate", 8],
    [3, ["w0", "w2"], "duplicate", 4],
    [20, ["w0", "w7"], undefined, 8],
  ])(
    "holds no more warnings than the API server accepts, including the one about a duplicate: %i, %j, %s",
    (count, some, duplicate, total) => {
      const warnings = Array.from({ length: count }, (_, i) => `w${i}`);
      const { status } = concludePass({ draft: draftOf({ engine: ENGINE, warnings }), duplicates: () => duplicate });
      expect(status.warnings).toHaveLength(total);
      expect(status.warnings).toEqual(
        expect.arrayContaining([...some, ...(duplicate === undefined ? [] : [duplicate])]),
      );
      const before = { engine: ENGINE, warnings };
      const context = { host: dockerHost(), before, stored: before, now: NOW, duplicates: () => duplicate };
      const suspended = concludeSuspended({ ...context, onlySuspendChanged: true });
      expect(suspended.status.warnings).toEqual(status.warnings);
    },
  );

  const seen: DockerHostStatus = {
    endpoint: ENDPOINT,
    tlsMode: "Mutual",
    engine: ENGINE,
    certificates: { nextExpiry: "2026-07-01T00:00:00Z", server: SERVER },
  };

  it("keeps what was last seen of a host that is out of reach", () => {
    const { status } = concludePass({ before: seen, outcome: failedAt("connect", "ConnectionRefused") });
    expect(status).toMatchObject(seen);
  });

  it("keeps the TLS mode if the Secret can no longer show it", () => {
    const { tlsMode: _, ...draft } = draftOf({ credentialsRead: false });
    const { status } = concludePass({ before: seen, draft, outcome: failedAt("resolveCredentials", "SecretNotFound") });
    expect(status.tlsMode).toBe("Mutual");
  });

  it("drops what was seen of another endpoint", () => {
    const before = { ...seen, endpoint: "https://edge-8.example.com:2376" };
    const { status } = concludePass({ before, outcome: failedAt("connect", "ConnectionRefused") });
    expect(status.engine).toBeUndefined();
    expect(status.certificates).toBeUndefined();
  });

  it("drops what a connected host no longer shows", () => {
    const { status } = concludePass({ before: { ...seen, warnings: ["Careful."] }, draft: draftOf() });
    expect(status.certificates).toBeUndefined();
    expect(status.warnings).toBeUndefined();
  });

  it("replaces the old certificate with the new one, and finds the first expiry date again", () => {
    const client = certificate("2026-05-01T00:00:00Z");
    const { status } = concludePass({
      before: seen,
      draft: draftOf({ certificates: { client } }),
      outcome: failedAt("connect", "ConnectionRefused"),
    });
    expect(status.certificates).toEqual({ nextExpiry: "2026-05-01T00:00:00Z", server: SERVER, client });
  });

  it("keeps the CA as long as no other server's certificate is shown", () => {
    const ca = certificate("2030-01-01T00:00:00Z");
    const before = { ...seen, certificates: { server: SERVER, ca } };
    const outcome = failedAt("connect", "ServerCertificateUntrusted");
    expect(concludePass({ before, outcome }).status.certificates).toMatchObject({ server: SERVER, ca });
    const server = certificate("2026-06-01T00:00:00Z");
    const { status } = concludePass({ before, draft: draftOf({ certificates: { server } }), outcome });
    expect(status.certificates).toEqual({ nextExpiry: "2026-06-01T00:00:00Z", server });
  });
});

describe("tried and accepted credentials", () => {
  const [FIRST, SECOND] = ["a".repeat(64), "b".repeat(64)];
  const good = { secret: "tls", fingerprint: FIRST, since: "2025-12-01T00:00:00Z" };
  const before: DockerHostStatus = { endpoint: ENDPOINT, credentials: { tried: good, good } };
  const found = (credentialsFingerprint: string) => draftOf({ credentialsSecret: "tls", credentialsFingerprint });
  const untrusted = failedAt("connect", "ClientCertificateUntrusted");

  it("differ after a bad rotation, which Ready reports, in the same words until the next", () => {
    const first = concludePass({ before, draft: found(SECOND), outcome: untrusted });
    expect(first.status.credentials).toEqual({
      tried: { secret: "tls", fingerprint: SECOND, since: "2026-01-01T00:00:00Z" },
      good,
    });
    const ready = first.status.conditions?.find(({ type }) => type === "Ready");
    expect(ready?.message).toBe(
      'Message of ClientCertificateUntrusted. The credentials in Secret "tls" changed at 2026-01-01T00:00:00Z to bbbbbbbbbbbb; the daemon last accepted aaaaaaaaaaaa.',
    );
    expect(first.events[0]?.message).toBe(ready?.message);
    const second = concludePass({ before: first.status, draft: found(SECOND), outcome: untrusted });
    expect(second.status).toEqual(first.status);
    const back = concludePass({ before: first.status, draft: found(FIRST) }).status;
    expect(back.credentials?.good).toEqual(good);
    expect(back.credentials?.tried?.fingerprint).toBe(FIRST);
  });

  it("stay while the Secret is missing, and go with the endpoint and with TLS", () => {
    const missing = failedAt("resolveCredentials", "SecretNotFound");
    expect(
      concludePass({ before, draft: draftOf({ credentialsSecret: "tls" }), outcome: missing }).status,
    ).toMatchObject({
      credentials: before.credentials,
    });
    const moved = { ...before, endpoint: "https://edge-8.example.com:2376" };
    expect(concludePass({ before: moved, draft: found(SECOND), outcome: untrusted }).status.credentials).toEqual({
      tried: expect.objectContaining({ fingerprint: SECOND }),
    });
    expect(concludePass({ before, draft: draftOf() }).status.credentials).toBeUndefined();
  });

  it("stay while the host is suspended", () => {
    const context = { host: dockerHost(), before, stored: before, now: NOW };
    expect(concludeSuspended({ ...context, onlySuspendChanged: true }).status.credentials).toEqual(before.credentials);
    expect(concludeSuspended({ ...context, onlySuspendChanged: false }).status.credentials).toBeUndefined();
  });
});

describe("when to look again", () => {
  const spec = { interval: "2m" };

  it("is after the interval while all is well", () => {
    expect(concludePass({ spec }).requeue).toEqual({ kind: "after", ms: 120_000 });
  });

  it.each(["ConnectionRefused", "NameResolutionFailed", "DaemonError"] as const)("is soon after %s", (reason) => {
    const outcome = failedAt("connect", reason);
    expect(concludePass({ spec, outcome }).requeue).toEqual({ kind: "backoff", minMs: 1_000, maxMs: 120_000 });
    expect(concludePass({ spec: { interval: "1h" }, outcome }).requeue).toMatchObject({ maxMs: 300_000 });
  });

  it.each(["ServerCertificateUntrusted", "ClientCertificateRequired", "APIVersionUnsupported"] as const)(
    "is at the interval after %s, since haste would not help",
    (reason) => {
      const outcome = failedAt("connect", reason);
      expect(concludePass({ spec, outcome }).requeue).toEqual({ kind: "after", ms: 120_000 });
    },
  );

  it("is soon for a Secret that may come, and at the interval for one that is wrong", () => {
    const missing = concludePass({ spec, outcome: failedAt("resolveCredentials", "SecretNotFound") });
    expect(missing.requeue.kind).toBe("backoff");
    const wrong = concludePass({ spec, outcome: failedAt("resolveCredentials", "ClientKeyMismatch") });
    expect(wrong.requeue).toEqual({ kind: "after", ms: 120_000, terminal: true });
  });
});

describe("transitions", () => {
  it("count from what is stored, also if that is only the mark of a new generation", () => {
    const before: DockerHostStatus = { conditions: [condition("Ready", "True", "Succeeded")] };
    const host = dockerHost({ generation: 2, status: before });
    const stored = progressing(host, before, NOW - 1_000);
    const [ready] = concludePass({ host, before, stored }).status.conditions ?? [];
    expect(ready).toMatchObject({ status: "True", lastTransitionTime: "2026-01-01T00:00:00Z" });
  });
});

describe("a spec that does not fit", () => {
  it("is Stalled, and processed again later", () => {
    const host = dockerHost({ generation: 2 });
    const failure = { reason: "InvalidSpec", message: "spec.host: must start" } as const;
    const { status, requeue } = concludeInvalidSpec({ host, before: {}, stored: {}, now: NOW, failure });
    expect(summaries(status.conditions)).toEqual([
      "Ready=False InvalidSpec",
      "Stalled=True InvalidSpec",
      "CredentialsValid=Unknown NotAttempted",
      "Connected=Unknown NotAttempted",
      "CertificateExpiring=Unknown NotAttempted",
    ]);
    expect(answerProblems({ ...host, status })).toEqual([]);
    expect(requeue).toEqual({ kind: "after", ms: 300_000, terminal: true });
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
    return concludeSuspended({ host, before: status, stored: status, now: NOW, onlySuspendChanged });
  }

  it("keeps its reason if only `suspend` changed, when idle and for the new generation", () => {
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
    expect(answerProblems({ ...host, spec: { suspend: true }, status })).toEqual([]);
    expect(events).toEqual([]);
    expect(requeue).toEqual({ kind: "done" });
  });

  it("is Unknown if it was never processed", () => {
    expect(summaries(planned(true, {}).status.conditions)[0]).toBe("Ready=Unknown Suspended");
  });

  it("is not left with the mark of work that will not continue", () => {
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

  it("removes the old answer, and says that a new one is on its way", () => {
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

  it("keeps what is known about the host, and does not change the other reconciler's part", () => {
    expect(status).toMatchObject({ endpoint: ENDPOINT, engine: ENGINE });
    expect(status.updates).toBeUndefined();
  });
});
