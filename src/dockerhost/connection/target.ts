import type { Outcome } from "../../api/failure.ts";
import type { DockerHostSpec } from "../../api/spec.ts";
import type { TlsMode } from "../../api/status.ts";
import type { ByteBudget } from "../../common/byte-budget.ts";
import type { DialGuard } from "../../common/dial-guard.ts";
import { success } from "../../common/result.ts";
import { type Endpoint, parseEndpoint, usesTls } from "../../docker/endpoint.ts";
import { requireAllowedSocket, requireProtection } from "../../docker/endpoint-policy.ts";
import type { EngineTarget } from "../../docker/engine-session.ts";
import type { TlsCredentials } from "../../docker/preflight.ts";
import type { SecretReader } from "../ports.ts";
import { resolveSshCredentials, resolveTlsCredentials } from "./credentials.ts";

/** What both reconcilers need to reach a daemon. */
export interface EngineAccess {
  readonly resources: SecretReader;
  /** PEM roots for servers whose CA is not given. */
  readonly roots: () => readonly string[];
  /** Stands before every connection to a daemon. */
  readonly guard: DialGuard;
  /** The memory for the answers of all daemons, shared fairly between namespaces. */
  readonly replies: ByteBudget;
  /** Whether daemons are reached over the network only where nobody can read along or pose as them. */
  readonly requireTls: boolean;
  /** The sockets at which daemons are reached; not given: all. */
  readonly allowedSockets?: readonly string[] | undefined;
  /** Whether objects are not told what was met in the network beyond the reason. */
  readonly hidesNetworkDetails?: boolean;
  /** Told of the fingerprint of the credentials that a Secret holds, before they are judged. */
  readonly onCredentials?: (fingerprint: string) => void;
}

export function hostEndpoint(spec: DockerHostSpec): Outcome<Endpoint> {
  return parseEndpoint(spec.host, spec.tls.verify);
}

/** What is forbidden is neither dialled nor shown a credential. */
export function permitted(
  endpoint: Endpoint,
  spec: DockerHostSpec,
  { requireTls, allowedSockets }: Pick<EngineAccess, "requireTls" | "allowedSockets">,
): Outcome<Endpoint> {
  if (endpoint.kind === "unix") return requireAllowedSocket(endpoint, allowedSockets);
  if (!requireTls) return success(endpoint);
  return requireProtection(endpoint, {
    verify: spec.tls.verify,
    hostKeyChecking: spec.ssh?.hostKeyChecking,
  });
}

/** Each kind of endpoint has its own credentials: of others no Secret is read, and nothing is sent. */
export async function resolveTarget(
  spec: DockerHostSpec,
  namespace: string,
  endpoint: Endpoint,
  access: EngineAccess,
  now: number,
  signal: AbortSignal,
): Promise<Outcome<EngineTarget>> {
  const shared = { guard: access.guard, replies: access.replies, owner: namespace };
  if (endpoint.kind === "ssh" && spec.ssh !== undefined) {
    const ssh = await resolveSshCredentials(spec.ssh, namespace, access, signal);
    return ssh.ok ? success({ endpoint, ssh: ssh.value, ...shared }) : ssh;
  }
  if (!usesTls(endpoint)) return success({ endpoint, ...shared });
  const credentials = await resolveTlsCredentials(spec, namespace, access, now, signal);
  if (!credentials.ok) return credentials;
  const { verify, serverName } = spec.tls;
  return success({
    endpoint,
    tls: { verify, serverName, credentials: credentials.value, roots: access.roots, now },
    ...shared,
  });
}

export function tlsModeOf(endpoint: Endpoint, verify: boolean, credentials: TlsCredentials | undefined): TlsMode {
  if (!usesTls(endpoint)) return "None";
  if (!verify) return "Unverified";
  return credentials?.client === undefined ? "ServerVerified" : "Mutual";
}
