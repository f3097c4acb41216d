import type { ConditionType } from "../../src/api/condition-types.ts";
import { type DockerHostObject, parseSpec } from "../../src/api/docker-host.ts";
import type { DockerHostSpec } from "../../src/api/spec.ts";
import type { Condition, DockerHostStatus } from "../../src/api/status.ts";

export interface HostParts {
  readonly spec?: unknown;
  readonly status?: DockerHostStatus;
  /** Default 1. */
  readonly generation?: number;
  readonly annotations?: Readonly<Record<string, string>>;
  readonly resourceVersion?: string;
}

/** The DockerHost `fleet/edge-7`. */
export function dockerHost({
  spec = {},
  generation = 1,
  status,
  annotations,
  resourceVersion,
}: HostParts = {}): DockerHostObject {
  return {
    apiVersion: "dockerhost.dev/v1alpha1",
    kind: "DockerHost",
    metadata: {
      name: "edge-7",
      namespace: "fleet",
      uid: "0a3c7b9e",
      generation,
      ...(annotations === undefined ? {} : { annotations }),
      ...(resourceVersion === undefined ? {} : { resourceVersion }),
    },
    spec,
    ...(status === undefined ? {} : { status }),
  };
}

/** A spec with its defaults; throws on one that does not fit. */
export function parsedSpec(spec: unknown = {}): DockerHostSpec {
  const parsed = parseSpec(spec);
  if (!parsed.ok) throw new Error(parsed.failure.message);
  return parsed.value;
}

export function condition(
  type: ConditionType,
  status: Condition["status"],
  reason: string,
  overrides: Partial<Condition> = {},
): Condition {
  return {
    type,
    status,
    reason,
    message: `Message of ${reason}`,
    observedGeneration: 1,
    lastTransitionTime: "2025-12-01T00:00:00Z",
    ...overrides,
  };
}

/** Conditions as `Type=Status Reason`, which is what most tests are about. */
export function summaries(conditions: readonly Condition[] | undefined): readonly string[] {
  return (conditions ?? []).map(({ type, status, reason }) => `${type}=${status} ${reason}`);
}
