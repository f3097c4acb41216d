import { describe, expect, it } from "vitest";
import { answerProblems } from "../../../test/support/condition-checker.ts";
import {
  certificate,
  concludePass,
  draftOf,
  ENDPOINT,
  ENGINE,
  failedAt,
  SERVER,
  type Situation,
} from "../../../test/support/connection-situation.ts";
import { dockerHost, summaries } from "../../../test/support/docker-host.ts";
import { UNCHECKED_HOST_KEY } from "../../docker/warnings.ts";
import { invalidSpecContents } from "./connection-conditions.ts";
import { type ConnectionDraft, emptyDraft } from "./connection-draft.ts";

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
        `${reason}, which only its owner can fix`,
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
    const { status } = concludePass({ host, ...situation });
    expect(summaries(status.conditions)).toEqual(expected);
    expect(answerProblems({ ...host, status })).toEqual([]);
  });

  it("say how the connection is protected", () => {
    const message = (tlsMode: NonNullable<ConnectionDraft["tlsMode"]>, endpoint = ENDPOINT, warnings: string[] = []) =>
      concludePass({ draft: draftOf({ engine: ENGINE, tlsMode, endpoint, warnings }) }).status.conditions?.[0]?.message;
    expect(message("Mutual")).toBe("Connected to Docker 29.0.0 (API 1.52) over mutual TLS");
    expect(message("ServerVerified")).toBe("Connected to Docker 29.0.0 (API 1.52) over verified TLS");
    expect(message("Unverified")).toBe("Connected to Docker 29.0.0 (API 1.52) over TLS without verification");
    expect(message("None", "tcp://edge-7:2375")).toBe("Connected to Docker 29.0.0 (API 1.52) in plaintext");
    expect(message("None", "unix:///docker.sock")).toBe("Connected to Docker 29.0.0 (API 1.52) over the local socket");
    expect(message("None", "ssh://docker@edge-7:22")).toBe("Connected to Docker 29.0.0 (API 1.52) over SSH");
    expect(message("None", "ssh://docker@edge-7:22", [UNCHECKED_HOST_KEY])).toContain("over SSH without a check of");
  });
});

describe("the words of a host that fails", () => {
  const words = (situation: Situation) =>
    Object.fromEntries((concludePass(situation).status.conditions ?? []).map(({ type, message }) => [type, message]));

  it.each(["ConnectionRefused", "NameResolutionFailed"] as const)("of %s have the cause once", (reason) => {
    const { Ready, Reconciling, Connected } = words({ outcome: failedAt("connect", reason) });
    expect(Ready?.length).toBeGreaterThan(0);
    expect(Reconciling).toBe("Tries again soon, then with increasing delay up to 5m, and immediately after a change");
    expect(Connected).toBe("Not connected; Ready says why");
  });

  it("say that a refusal by the other side is tried again at the interval", () => {
    const { Reconciling } = words({ outcome: failedAt("connect", "ServerNameMismatch") });
    expect(Reconciling).toBe("Tries again about every 5m, and immediately after a change");
  });

  it("of a Secret that is missing have the cause once", () => {
    const { Ready, Reconciling, CredentialsValid } = words({
      outcome: failedAt("resolveCredentials", "SecretNotFound"),
    });
    expect(Ready).toBe("Message of SecretNotFound");
    expect(Reconciling).toMatch(/^Tries again /);
    expect(CredentialsValid).toBe("Not usable; Ready says why");
  });

  it.each([
    ["ClientKeyMismatch", "resolveCredentials", "The private key does not belong to the client certificate"],
    ["InvalidEndpoint", "resolveEndpoint", "The address of the host is not valid"],
    ["EndpointDenied", "resolveEndpoint", "Connections to the address of this host are not allowed"],
  ] as const)(
    "of a host stalled by %s have the cause once, and a sentence of it in Stalled",
    (reason, step, sentence) => {
      const { Ready, ...others } = words({ outcome: failedAt(step, reason) });
      expect(Ready).toBe(`Message of ${reason}`);
      expect(others.Stalled).toBe(`${sentence}; Ready says what to do`);
      expect(Object.values(others)).not.toContain(Ready);
    },
  );

  it("of a spec that does not match the schema have the cause once", () => {
    const failure = { reason: "InvalidSpec", message: "spec.host: must start with a scheme" } as const;
    const [ready, ...others] = invalidSpecContents(failure);
    expect(ready?.message).toBe(failure.message);
    expect(others.map(({ message }) => message)).toEqual([
      "The object does not match the schema of this version; Ready says what to do",
      "An earlier step failed",
      "An earlier step failed",
    ]);
  });
});

describe("the message of a host that is connected", () => {
  const message = (overrides: Partial<ConnectionDraft>) =>
    concludePass({ draft: draftOf(overrides) }).status.conditions?.find(({ type }) => type === "Ready")?.message;

  it("names the engine", () => {
    expect(message({ engine: ENGINE })).toBe("Connected to Docker 29.0.0 (API 1.52) over mutual TLS");
    expect(message({ engine: { name: "Podman", version: "4.3.1", apiVersion: "1.41" } })).toBe(
      "Connected to Podman 4.3.1 (API 1.41) over mutual TLS",
    );
  });

  it("ends with what is denied", () => {
    expect(message({ engine: ENGINE, denialNotice: "a proxy denies images: set IMAGES=1 (Tecnativa)" })).toBe(
      "Connected to Docker 29.0.0 (API 1.52) over mutual TLS; a proxy denies images: set IMAGES=1 (Tecnativa)",
    );
  });
});
