import type { Clock } from "../common/clock.ts";
import type { Logger } from "../common/logger.ts";
import { ApiClient } from "../runtime/api-client.ts";
import type { Cluster } from "../runtime/cluster.ts";
import type { RequestObserver } from "../runtime/observers.ts";
import { type AccessAttributes, type AccessGuard, RequestAuthorizer } from "../runtime/request-authorizer.ts";
import { UsageError } from "./exit-codes.ts";
import { ServerCertificates } from "./server-certificates.ts";

export interface GuardOptions {
  /** What is served, as the log names it. */
  readonly of: string;
  readonly cluster: Cluster;
  /** A folder with tls.crt and tls.key; undefined for a self-signed certificate. */
  readonly certPath: string | undefined;
  /** The flag that named the folder. */
  readonly certFlag: string;
  /** What a client needs to be allowed. */
  readonly access: readonly AccessAttributes[];
  readonly observer: RequestObserver;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly signal: AbortSignal;
}

/** Lets a server of the controller serve only over TLS, and only to those whom the API server lets in. */
export async function openGuard(options: GuardOptions): Promise<AccessGuard & { close(): Promise<void> }> {
  const { of, cluster, certPath, certFlag, access, observer, clock, logger, signal } = options;
  const loaded = await ServerCertificates.load({ of, folder: certPath, clock, logger });
  if (!loaded.ok) throw new UsageError(`${loaded.failure}; correct ${certFlag}`);
  const certificates = loaded.value;
  // Its own client: many callers of this server must not keep the controller's own calls waiting.
  const client = new ApiClient({ cluster, clock, userAgent: "dockerhost-operator", observer });
  const authorizer = new RequestAuthorizer({ client, access, signal, clock });
  return {
    pair: certificates.pair,
    follow: (onChange, until) => certificates.follow(onChange, until),
    decide: (authorization) => authorizer.decide(authorization),
    close: () => client.close(),
  };
}
