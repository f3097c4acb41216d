import type { Failure } from "../api/failure.ts";

/** How a change ended. `unknown`: there was no answer. `stop`: this process must not send anything else. */
export type Change<T> =
  | { readonly kind: "done"; readonly value: T }
  | { readonly kind: "refused" | "unknown" | "stop"; readonly failure: Failure };

/** How a direction ended: at its end, with the daemon's refusal, or in the middle. */
export type Arrival =
  | { readonly kind: "end" }
  | { readonly kind: "refused"; readonly failure: Failure }
  | { readonly kind: "stop"; readonly failure: Failure };
