import type { Handshake } from "./classify-tls.ts";
import type { ConnectionPhase } from "./engine-agent.ts";

/** What the classifier knows of an attempt beside the error. */
export interface AttemptContext extends Handshake {
  /** For messages: the endpoint as it stands in the status. */
  readonly endpoint: string;
  readonly phase: ConnectionPhase;
}
