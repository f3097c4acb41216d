import type { Result } from "../common/result.ts";

/** The address of an API server and the credentials for it, from whatever configuration. */
export interface Cluster {
  /** An https:// URL. Its path is a prefix of every request's path. */
  readonly server: string;
  /** The namespace of the context or of the program's own pod, if there is one. */
  readonly namespace?: string;
  /**
   * Reads what can change while the program runs (token, CA and client certificate files). A failure is a phrase
   * without secrets.
   */
  credentials(): Promise<Result<ClusterCredentials, string>>;
}

export interface ClusterCredentials {
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string>>;
  readonly tls: ClusterTls;
}

export interface ClusterTls {
  readonly ca?: string | Buffer;
  readonly cert?: string | Buffer;
  readonly key?: string | Buffer;
  readonly servername?: string;
  /** False only if the user's kubeconfig sets insecure-skip-tls-verify. */
  readonly rejectUnauthorized: boolean;
}
