import type { ByteBudget } from "../common/byte-budget.ts";
import type { DialGuard } from "../common/dial-guard.ts";
import type { SshCredentials } from "../ssh/ssh-connection.ts";
import type { Endpoint } from "./endpoint.ts";
import type { TlsSettings } from "./tls-options.ts";

/** Everything that a connection needs; nothing is taken from the environment. */
export interface EngineTarget {
  readonly endpoint: Endpoint;
  /** Present only for a TLS endpoint. */
  readonly tls?: TlsSettings;
  /** Present exactly for an SSH endpoint. */
  readonly ssh?: SshCredentials;
  /** Checks every connection to the endpoint before it is made. */
  readonly guard: DialGuard;
  /** The memory that the answers of all daemons share. */
  readonly replies: ByteBudget;
  /** Identifies who shares memory fairly with others; any text. */
  readonly owner?: string;
}
