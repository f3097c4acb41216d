/** What goes wrong on purpose before a byte is read; it strikes every connection. */
export type ConnectionFault =
  /** Nothing listens: ECONNREFUSED. */
  | { readonly kind: "refuse" }
  /** Accepts and never says a word, not even in the TLS handshake. */
  | { readonly kind: "silent" }
  /** Accepts and resets. */
  | { readonly kind: "reset" };

/** What goes wrong in an answer. */
export type AnswerFault = (
  | { readonly kind: "delay"; readonly ms: number }
  /** The request is read, no header ever comes. */
  | { readonly kind: "hang" }
  /** The headers and half of the body come, the rest never. */
  | { readonly kind: "stall-body" }
  /** The headers and half of the body come, then the connection ends. */
  | { readonly kind: "cut-body" }
  /** These instead of the server's own headers and body; plain text unless the headers say otherwise. */
  | {
      readonly kind: "status";
      readonly status: number;
      readonly body?: string;
      readonly headers?: Readonly<Record<string, string>>;
    }
) & {
  /** Strikes only requests whose path contains this; default all. */
  readonly path?: string;
};

export type Fault = ConnectionFault | AnswerFault;

export function isConnectionFault(fault: Fault): fault is ConnectionFault {
  return fault.kind === "refuse" || fault.kind === "silent" || fault.kind === "reset";
}

/** The fault that strikes a request for this path: the first that matches. */
export function answerFault(faults: readonly Fault[], path: string): AnswerFault | undefined {
  for (const fault of faults) {
    if (!isConnectionFault(fault) && (fault.path === undefined || path.includes(fault.path))) return fault;
  }
  return undefined;
}
