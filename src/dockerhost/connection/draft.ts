import type { Failure } from "../../api/failure.ts";
import type { CapabilitiesStatus, CertificatesStatus, EngineStatus, TlsMode } from "../../api/status.ts";

/** The steps of a connection pass, in order. */
export type ConnectionStep = "resolveEndpoint" | "resolveCredentials" | "connect" | "describe";

/** What the steps of one pass have found out so far. */
export interface ConnectionDraft {
  endpoint?: string;
  tlsMode?: TlsMode;
  warnings: readonly string[];
  /** Name of the Secret whose credentials are for this endpoint; of the CA's, where only that is named. */
  credentialsSecret?: string;
  /** Of the credentials that were found there, also where they are not sound. */
  credentialsFingerprint?: string;
  /** Whether a Secret was read for this endpoint. */
  credentialsRead: boolean;
  engine?: EngineStatus;
  capabilities?: CapabilitiesStatus;
  /** What of the API is denied that is needed, by whom, and what would allow it. */
  denialNotice?: string;
  certificates: Omit<CertificatesStatus, "nextExpiry">;
}

/** How a pass ended: through all steps, or at one of them. */
export type ConnectionOutcome =
  | { readonly kind: "connected" }
  | { readonly kind: "failed"; readonly step: ConnectionStep; readonly failure: Failure };

export function emptyDraft(): ConnectionDraft {
  return { warnings: [], credentialsRead: false, certificates: {} };
}
