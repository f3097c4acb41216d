/**
 * How one attempt to deliver a message ended. `why` is for people, and contains nothing of the receiver's URL or keys.
 */
export type Attempt =
  | { readonly kind: "delivered"; readonly status: number }
  /** The same attempt may succeed later. */
  | { readonly kind: "failed"; readonly why: string; readonly retryAfterMs?: number | undefined }
  /** The receiver does not take this message, but may take another one. */
  | { readonly kind: "refused"; readonly why: string }
  /** Either the receiver takes nothing at all, or somebody in front of it does not like a text in this message. */
  | { readonly kind: "denied"; readonly why: string }
  | { readonly kind: "tooLarge"; readonly why: string }
  /** The receiver does not exist any more, and asks not to be called again. */
  | { readonly kind: "gone"; readonly why: string };
