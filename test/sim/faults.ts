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
  /** The headers come, and a body without end. */
  | { readonly kind: "endless-body" }
  /** One of the server's headers is left out. */
  | { readonly kind: "missing-header"; readonly header: string }
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
  /** Strikes only requests by this method; default all. */
  readonly method?: string;
};

export type Fault = ConnectionFault | AnswerFault;

export function isConnectionFault(fault: Fault): fault is ConnectionFault {
  return fault.kind === "refuse" || fault.kind === "silent" || fault.kind === "reset";
}

/** The fault that strikes a request: the first that matches. */
export function answerFault(
  faults: readonly Fault[],
  request: { readonly path: string; readonly method: string },
): AnswerFault | undefined {
  for (const fault of faults) {
    if (isConnectionFault(fault)) continue;
    const { path = "", method = request.method } = fault;
    if (request.path.includes(path) && method === request.method) return fault;
  }
  return undefined;
}
