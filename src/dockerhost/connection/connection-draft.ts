import type { Failure } from "../../api/failure.ts";
import type { CapabilitiesStatus, CertificatesStatus, EngineStatus, TlsMode } from "../../api/status.ts";
import type { SeenContainers } from "../../docker/seen-containers.ts";

/** The steps of a connection pass, in order. */
export type ConnectionStep = "resolveEndpoint" | "resolveCredentials" | "connect" | "describe";

/** What the steps of a pass have found out so far. */
export interface ConnectionDraft {
  endpoint?: string;
  tlsMode?: TlsMode;
  warnings: readonly string[];
  /** Name of the Secret with the credentials for this endpoint, or with only the CA if there is no other. */
  credentialsSecret?: string;
  /** The fingerprint of the credentials in it, even if they are not valid. */
  credentialsFingerprint?: string;
  /** Whether a Secret was read for this endpoint. */
  credentialsRead: boolean;
  engine?: EngineStatus;
  capabilities?: CapabilitiesStatus;
  /** Which needed part of the API is denied, by whom, and how to allow it. */
  denialNotice?: string;
  /** What a list of the containers showed, if it was wanted and allowed. */
  seen?: SeenContainers;
  certificates: Omit<CertificatesStatus, "nextExpiry">;
}

/** How a pass ended: after all steps, or at one of them. */
export type ConnectionOutcome =
  | { readonly kind: "connected" }
  | { readonly kind: "failed"; readonly step: ConnectionStep; readonly failure: Failure };

export function emptyDraft(): ConnectionDraft {
  return { warnings: [], credentialsRead: false, certificates: {} };
}
