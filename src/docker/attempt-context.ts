import type { Handshake } from "./classify-tls.ts";
import type { ConnectionPhase } from "./engine-agent.ts";

/** What the classifier knows about an attempt, apart from the error. */
export interface AttemptContext extends Handshake {
  /** The endpoint as the status shows it, for messages. */
  readonly endpoint: string;
  readonly phase: ConnectionPhase;
}
