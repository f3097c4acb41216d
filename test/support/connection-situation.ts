import type { DockerHostObject } from "../../src/api/docker-host.ts";
import type { Reason } from "../../src/api/reasons.ts";
import type { CertificateStatus, DockerHostStatus } from "../../src/api/status.ts";
import { concludeConnection } from "../../src/dockerhost/connection/conclude-connection.ts";
import {
  type ConnectionDraft,
  type ConnectionOutcome,
  type ConnectionStep,
  emptyDraft,
} from "../../src/dockerhost/connection/connection-draft.ts";
import { dockerHost, parsedSpec } from "./docker-host.ts";

/** When plans are made, in wall-clock milliseconds. */
export const NOW = Date.parse("2026-01-01T00:00:00Z");
export const ENDPOINT = "https://edge-7.example.com:2376";

export function certificate(notAfter: string): CertificateStatus {
  return { subject: "CN=edge-7", issuer: "CN=CA", notBefore: "2025-07-01T00:00:00Z", notAfter, fingerprint: "ab" };
}

export const ENGINE = { version: "29.0.0", apiVersion: "1.52" };
export const SERVER = certificate("2026-07-01T00:00:00Z");

export function draftOf(overrides: Partial<ConnectionDraft> = {}): ConnectionDraft {
  return { ...emptyDraft(), endpoint: ENDPOINT, tlsMode: "Mutual", credentialsRead: true, ...overrides };
}

const CONNECTED: ConnectionOutcome = { kind: "connected" };

export function failedAt(step: ConnectionStep, reason: Reason): ConnectionOutcome {
  return { kind: "failed", step, failure: { reason, message: `Message of ${reason}` } };
}

/** A pass over `fleet/edge-7`; all is well where nothing else is said. */
export interface Situation {
  readonly host?: DockerHostObject;
  readonly spec?: object;
  readonly before?: DockerHostStatus;
  readonly stored?: DockerHostStatus;
  readonly draft?: ConnectionDraft;
  readonly outcome?: ConnectionOutcome;
  /** The warning of a duplicate. */
  readonly duplicates?: () => string | undefined;
}

export function concludePass({
  host = dockerHost(),
  spec = {},
  draft = draftOf(),
  outcome = CONNECTED,
  ...statuses
}: Situation) {
  const before = statuses.before ?? host.status ?? {};
  const stored = statuses.stored ?? before;
  const duplicates = statuses.duplicates === undefined ? {} : { duplicates: statuses.duplicates };
  return concludeConnection({ host, before, stored, now: NOW, spec: parsedSpec(spec), draft, outcome, ...duplicates });
}
