/** When a key is processed again, unless something changes first. */
export type Requeue =
  /** Only after a change. */
  | { readonly kind: "done" }
  /** `terminal` means that only a change by the user can help. It makes no difference to the controller. */
  | { readonly kind: "after"; readonly ms: number; readonly terminal?: true }
  /** After a delay that doubles with each backoff in a row. */
  | { readonly kind: "backoff"; readonly minMs: number; readonly maxMs: number };
