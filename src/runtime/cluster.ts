import type { Result } from "../common/result.ts";

/** Where an API server is and how to be let in, whatever the configuration came from. */
export interface Cluster {
  /** An https:// URL; a path in it goes before every request's. */
  readonly server: string;
  /** The namespace of the context or of our own pod, where one is named. */
  readonly namespace?: string;
  /** Reads what may change while we run (token, CA and client certificate files); a failure is a phrase without secrets. */
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
  /** False only where the user's kubeconfig says insecure-skip-tls-verify. */
  readonly rejectUnauthorized: boolean;
}
