import type { KubeObject } from "../runtime/kube-object.ts";
import { isLockedOut } from "../runtime/liveness.ts";
import type { FollowedCollection } from "../runtime/manager.ts";
import type { ProbeCheck } from "../runtime/probes.ts";
import type { Reflector } from "../runtime/reflector.ts";

/** A collection that a controller watches. */
export interface Followed {
  /** undefined for all namespaces. */
  readonly namespace: string | undefined;
  readonly reflector: FollowedCollection &
    Pick<Reflector<KubeObject>, "hasSynced" | "forbidden" | "lastEventAge" | "trouble">;
}

/** Longer than any pause between two watches, including the longest backoff. */
export const LONGEST_SILENCE_MS = 5 * 60_000;

/** Ready while anything can be watched. What cannot be is named in the details. */
export function readiness(name: string, followed: readonly Followed[]): ProbeCheck {
  return {
    name,
    check() {
      const needed = followed.filter(({ reflector }) => !reflector.forbidden);
      if (needed.some(({ reflector }) => !reflector.hasSynced() && reflector.trouble === undefined))
        return "the first list has not been read yet";
      const broken = described(needed, failureOf);
      return needed.length > 0 && broken.length === needed.length ? broken.join("; ") : undefined;
    },
    note() {
      const troubled = described(followed, ({ trouble }) => trouble?.failure.message);
      return troubled.length === 0 ? undefined : `cannot be watched everywhere: ${troubled.join("; ")}`;
    },
  };
}

type Reason = (reflector: Followed["reflector"]) => string | undefined;

function described(followed: readonly Followed[], reasonOf: Reason): string[] {
  return followed.flatMap(({ namespace, reflector }) => {
    const reason = reasonOf(reflector);
    if (reason === undefined) return [];
    return [namespace === undefined ? reason : `namespace ${namespace}: ${reason}`];
  });
}

/**
 * Explains why the store does not hold what the server does. A short failure does not count, since the server may be
 * starting.
 */
function failureOf(reflector: Followed["reflector"]): string | undefined {
  const { trouble, lastEventAge } = reflector;
  if (trouble !== undefined && (!reflector.hasSynced() || isLockedOut(trouble))) return trouble.failure.message;
  const ageMs = lastEventAge ?? 0;
  if (ageMs <= LONGEST_SILENCE_MS) return undefined;
  const why = trouble === undefined ? "" : `: ${trouble.failure.message}`;
  return `the API server has sent nothing for ${Math.round(ageMs / 1_000)} s${why}`;
}

/** The age of the oldest news. */
export function oldest(followed: readonly Followed[]): number | undefined {
  const ages = followed.flatMap(({ reflector }) => reflector.lastEventAge ?? []);
  return ages.length === 0 ? undefined : Math.max(...ages);
}
