import type { Result } from "../common/result.ts";

/** The address of an API server and the credentials for it, from whatever configuration. */
export interface Cluster {
  /** An https:// URL. Its path is a prefix of every request's path. */
  readonly server: string;
  /** The namespace of the context or of the program's own pod, if there is one. */
  readonly namespace?: string;
  /** The URL of the proxy through which the server is reached. It can contain a password. */
  readonly proxy?: string;
  /**
   * Reads what can change while the program runs (token, CA and client certificate files). A failure is a phrase
   * without secrets.
   * @param rejected credentials that the API server did not accept, so that others are needed
   */
  credentials(rejected?: ClusterCredentials): Promise<Result<ClusterCredentials, string>>;
}

export interface ClusterCredentials {
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string | readonly string[]>>;
  readonly tls: ClusterTls;
}

export interface ClusterTls {
  readonly ca?: string | Buffer | readonly string[];
  readonly cert?: string | Buffer;
  readonly key?: string | Buffer;
  readonly servername?: string;
  /** False only if the user's kubeconfig or flags set insecure-skip-tls-verify. */
  readonly rejectUnauthorized: boolean;
}
