import type { Condition } from "../../src/api/status.ts";
import { isRecord } from "../../src/runtime/kube-object.ts";

/** Of any writer: its type may be one that is not ours. */
export type SituatedCondition = Omit<Condition, "type"> & { readonly type: string };

/** The part of a DockerHost that shows its situation, whatever it was read from. */
export interface Situated {
  readonly metadata: {
    readonly name: string;
    readonly uid?: string | undefined;
    readonly generation?: number | undefined;
    readonly deletionTimestamp?: string | undefined;
  };
  readonly spec?: unknown;
  readonly status?:
    | {
        readonly observedGeneration?: number | undefined;
        readonly conditions?: readonly SituatedCondition[] | undefined;
      }
    | undefined;
}

export function isSuspended({ spec }: Situated): boolean {
  return isRecord(spec) && spec.suspend === true;
}
