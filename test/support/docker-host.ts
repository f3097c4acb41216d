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
    message: `message of ${reason}`,
    observedGeneration: 1,
    lastTransitionTime: "2025-12-01T00:00:00Z",
    ...overrides,
  };
}

/** Conditions as `Type=Status Reason`, which is what most tests are about. */
export function summaries(conditions: readonly Condition[] | undefined): readonly string[] {
  return (conditions ?? []).map(({ type, status, reason }) => `${type}=${status} ${reason}`);
}

/** What kstatus and people rely on, in words where it is violated. For the conditions after a completed pass. */
export function conditionProblems(status: DockerHostStatus, generation: number): readonly string[] {
  const conditions = status.conditions ?? [];
  const find = (type: ConditionType) => conditions.find((each) => each.type === type);
  const [ready, reconciling, stalled] = [find("Ready"), find("Reconciling"), find("Stalled")];
  const checks: readonly (readonly [boolean, string])[] = [
    [ready !== undefined, "Ready is missing"],
    [new Set(conditions.map(({ type }) => type)).size === conditions.length, "a type stands there twice"],
    [reconciling === undefined || stalled === undefined, "both Reconciling and Stalled"],
    [reconciling === undefined || reconciling.status === "True", "Reconciling that is not True"],
    [stalled === undefined || stalled.status === "True", "Stalled that is not True"],
    [ready?.status !== "True" || (!reconciling && !stalled), "Ready, and Reconciling or Stalled"],
    [ready?.status !== "False" || reconciling !== undefined || stalled !== undefined, "not Ready, and at rest"],
    [status.observedGeneration === generation, `status.observedGeneration is ${status.observedGeneration}`],
    ...conditions.map(({ type, observedGeneration }): readonly [boolean, string] => [
      observedGeneration === generation,
      `${type}.observedGeneration is ${observedGeneration}`,
    ]),
    ...conditions.map(({ type, message }): readonly [boolean, string] => [
      /^([A-Z]|spec\.)/.test(message) || message.startsWith("message of "),
      `${type} says ${message}`,
    ]),
  ];
  return checks.filter(([holds]) => !holds).map(([, problem]) => problem);
}
