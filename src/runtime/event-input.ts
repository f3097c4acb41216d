/** The object that an event is about. */
export interface ObjectReference {
  readonly apiVersion: string;
  readonly kind: string;
  readonly namespace: string;
  readonly name: string;
  readonly uid?: string | undefined;
}

export interface EventInput {
  readonly regarding: ObjectReference;
  /** Use Warning only for problems. */
  readonly type: "Normal" | "Warning";
  /** The reason in UpperCamelCase, from a fixed set, with at most 128 characters. */
  readonly reason: string;
  /** The action in UpperCamelCase, from a fixed set, with at most 128 characters. */
  readonly action: string;
  /** A text for people, which is cut to 1024 bytes. */
  readonly note: string;
}
