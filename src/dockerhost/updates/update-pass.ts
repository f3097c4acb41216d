import type { Failure } from "../../api/failure.ts";
import type { DockerHostSpec } from "../../api/spec.ts";
import type { CapabilitiesStatus, EngineStatus, UpdateItemStatus } from "../../api/status.ts";
import type { EngineAgent } from "../../docker/engine-agent.ts";
import type { EngineTarget } from "../../docker/engine-target.ts";
import type { SeenContainers } from "../../docker/seen-containers.ts";
import type { RegistryLogins } from "../../registry/logins.ts";
import type { RegistryResolver } from "../../registry/resolver.ts";
import type { CheckReport } from "../../updates/check-report.ts";
import type { AgeRule } from "../../updates/seen.ts";
import type { NetworkDetails } from "../network-details.ts";
import type { EngineAccess } from "../target.ts";
import type { HostAnswers } from "./host-registry.ts";
import type { SentCredentials } from "./sent-credentials.ts";

/** One check of one host: its inputs. */
export interface UpdatePass {
  readonly spec: DockerHostSpec;
  readonly namespace: string;
  /** The daemon as the connection last saw it, with the agreed version. */
  readonly engine: EngineStatus;
  readonly access: EngineAccess;
  /** The open connection to this target that the last connection pass has left, if any. */
  readonly openConnection: (target: EngineTarget) => EngineAgent | undefined;
  readonly capabilities: CapabilitiesStatus;
  readonly resolver: RegistryResolver;
  /** Where to look for credentials that no pull Secret has. */
  readonly logins?: RegistryLogins | undefined;
  /** What this host's daemon reported about registries before. */
  readonly answers: HostAnswers;
  /** What the last check found. */
  readonly before: readonly UpdateItemStatus[];
  readonly age: AgeRule;
  /** The maximum age in milliseconds of a registry's answer that is used again. */
  readonly maxAgeMs: number;
  /** In wall-clock milliseconds; answers that were fetched before are not used. */
  readonly notBefore?: number;
  readonly now: number;
  readonly signal: AbortSignal;
  /** What was met in the network, as far as the object may show it. */
  readonly details: NetworkDetails;
  /** Learns which credentials the check sends. */
  readonly sent: SentCredentials;
  /** Learns what the list of containers showed. */
  readonly onSeen: (seen: SeenContainers) => void;
  /** Called when nothing is left to do but wait for registries. */
  readonly onListed: () => void;
}

/** How a check ended: with a report on every container, or with why the containers could not be listed. */
export type UpdateOutcome =
  | { readonly kind: "checked"; readonly report: CheckReport }
  | { readonly kind: "failed"; readonly failure: Failure };
