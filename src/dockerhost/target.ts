import type { Outcome } from "../api/failure.ts";
import type { DockerHostSpec } from "../api/spec.ts";
import type { TlsMode } from "../api/status.ts";
import type { Surface } from "../api/surface.ts";
import type { ByteBudget } from "../common/byte-budget.ts";
import type { DialGuard } from "../common/dial-guard.ts";
import { success } from "../common/result.ts";
import { type Endpoint, parseEndpoint, usesTls } from "../docker/endpoint.ts";
import { requireAllowedSocket, requireProtection } from "../docker/endpoint-policy.ts";
import type { EngineTarget } from "../docker/engine-target.ts";
import type { TlsCredentials } from "../docker/preflight.ts";
import { preflightSsh } from "../docker/ssh-credentials.ts";
import type { TlsMemory } from "../docker/tls-memory.ts";
import { type FoundCredentials, readCredentials } from "./host-credentials.ts";
import type { SecretReader } from "./ports.ts";

/** What both reconcilers need to reach a daemon. */
export interface EngineAccess {
  readonly resources: SecretReader;
  /** Where messages are read; default in objects. */
  readonly surface?: Surface | undefined;
  /** PEM roots for servers without a CA in the spec. */
  readonly roots: () => readonly string[];
  /** Called for every connection to a daemon. */
  readonly guard: DialGuard;
  /** The memory for the answers of all daemons, shared fairly between namespaces. */
  readonly replies: ByteBudget;
  /** What connections to all daemons have in common. */
  readonly tlsMemory: TlsMemory;
  /** Whether daemons are reached over the network only if nobody on the way can read or impersonate them. */
  readonly requireTls: boolean;
  /** The sockets that may be used; if absent, all. */
  readonly allowedSockets?: readonly string[] | undefined;
  /** Whether objects show only the reason, and no other details of what was found in the network. */
  readonly hidesNetworkDetails?: boolean;
}

export function hostEndpoint(spec: DockerHostSpec): Outcome<Endpoint> {
  return parseEndpoint(spec.host, spec.tls.verify);
}

/** A forbidden endpoint gets neither a connection nor credentials. */
export function permitted(
  endpoint: Endpoint,
  spec: DockerHostSpec,
  { requireTls, allowedSockets }: Pick<EngineAccess, "requireTls" | "allowedSockets">,
): Outcome<Endpoint> {
  if (endpoint.kind === "unix") return requireAllowedSocket(endpoint, allowedSockets);
  return requireTls ? requireProtection(endpoint, protectionOf(spec)) : success(endpoint);
}

/** Whether nobody on the way to the daemon can read along or impersonate it. */
export function isProtected(endpoint: Endpoint, spec: DockerHostSpec): boolean {
  return requireProtection(endpoint, protectionOf(spec)).ok;
}

function protectionOf({ tls, ssh }: DockerHostSpec) {
  return { verify: tls.verify, hostKeyChecking: ssh?.hostKeyChecking };
}

/**
 * Checks the credentials without a connection.
 * @param now wall-clock milliseconds
 */
export function targetOf(
  spec: DockerHostSpec,
  namespace: string,
  endpoint: Endpoint,
  found: FoundCredentials,
  { guard, replies, roots, tlsMemory: memory }: Pick<EngineAccess, "guard" | "replies" | "roots" | "tlsMemory">,
  now: number,
): Outcome<EngineTarget> {
  const target = { endpoint, guard, replies, owner: namespace };
  switch (found.kind) {
    case "none":
      return success(target);
    case "ssh": {
      const ssh = preflightSsh(found.entries, found.hostKeyChecking, found.source);
      return ssh.ok ? success({ ...target, ssh: ssh.value }) : ssh;
    }
    case "tls": {
      const credentials = memory.credentials.preflight(found.files, now);
      if (!credentials.ok) return credentials;
      const { verify, serverName } = spec.tls;
      return success({ ...target, tls: { verify, serverName, credentials: credentials.value, roots, now, memory } });
    }
  }
}

/** Creates what a session needs from the spec, for a pass that has nothing to report in between. */
export async function resolveTarget(
  spec: DockerHostSpec,
  namespace: string,
  access: EngineAccess,
  now: number,
  signal: AbortSignal,
): Promise<Outcome<EngineTarget>> {
  const endpoint = hostEndpoint(spec);
  if (!endpoint.ok) return endpoint;
  const allowed = permitted(endpoint.value, spec, access);
  if (!allowed.ok) return allowed;
  const found = await readCredentials(spec, namespace, endpoint.value, access, signal);
  return found.ok ? targetOf(spec, namespace, endpoint.value, found.value, access, now) : found;
}

export function tlsModeOf(endpoint: Endpoint, verify: boolean, credentials: TlsCredentials | undefined): TlsMode {
  if (!usesTls(endpoint)) return "None";
  if (!verify) return "Unverified";
  return credentials?.client === undefined ? "ServerVerified" : "Mutual";
}
