import type { ByteBudget } from "../common/byte-budget.ts";
import type { DialGuard } from "../common/dial-guard.ts";
import type { SshCredentials } from "../ssh/ssh-connection.ts";
import type { Endpoint } from "./endpoint.ts";
import type { TlsSettings } from "./tls-options.ts";

/** Everything that a connection needs to know; nothing is taken from the environment. */
export interface EngineTarget {
  readonly endpoint: Endpoint;
  /** Only with a TLS endpoint. */
  readonly tls?: TlsSettings;
  /** With an SSH endpoint, and only there. */
  readonly ssh?: SshCredentials;
  /** Stands before every connection to the endpoint. */
  readonly guard: DialGuard;
  /** The memory for the answers of all daemons. */
  readonly replies: ByteBudget;
  /** Who shares it fairly with others; any text. */
  readonly owner?: string;
}
