import type { Clock } from "../common/clock.ts";
import { SentCertificates } from "../common/sent-certificates.ts";
import { CheckedCredentials } from "./checked-credentials.ts";
import { TlsContexts } from "./tls-contexts.ts";
import { VerifiedServers } from "./verified-servers.ts";

/** What connections to a fleet have in common, so that certificates that did not change are read and verified once. */
export interface TlsMemory {
  readonly contexts: TlsContexts;
  readonly credentials: CheckedCredentials;
  readonly servers: VerifiedServers;
  readonly sent: SentCertificates;
}

export function createTlsMemory(clock: Clock): TlsMemory {
  return {
    contexts: new TlsContexts(clock),
    credentials: new CheckedCredentials(clock),
    servers: new VerifiedServers(clock),
    sent: new SentCertificates(clock),
  };
}
