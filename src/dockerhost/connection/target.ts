import type { Outcome } from "../../api/failure.ts";
import type { DockerHostSpec } from "../../api/spec.ts";
import type { TlsMode } from "../../api/status.ts";
import { success } from "../../common/result.ts";
import { type Endpoint, parseEndpoint, usesTls } from "../../docker/endpoint.ts";
import type { EngineTarget } from "../../docker/engine-session.ts";
import type { TlsCredentials } from "../../docker/preflight.ts";
import type { Resources } from "../ports.ts";
import { resolveTlsCredentials } from "./credentials.ts";

/** What both reconcilers need to reach a daemon. */
export interface EngineAccess {
  readonly resources: Resources;
  /** PEM roots for servers whose CA is not given. */
  readonly roots: () => readonly string[];
  readonly lookup?: EngineTarget["lookup"];
}

export function hostEndpoint(spec: DockerHostSpec): Outcome<Endpoint> {
  return parseEndpoint(spec.host, spec.tls.verify);
}

/** Credentials apply to TLS endpoints alone: elsewhere no Secret is read and nothing is sent. */
export async function resolveTarget(
  spec: DockerHostSpec,
  namespace: string,
  endpoint: Endpoint,
  access: EngineAccess,
  now: number,
  signal: AbortSignal,
): Promise<Outcome<EngineTarget>> {
  const lookup = access.lookup === undefined ? {} : { lookup: access.lookup };
  if (!usesTls(endpoint)) return success({ endpoint, ...lookup });
  const credentials = await resolveTlsCredentials(spec, namespace, access.resources, now, signal);
  if (!credentials.ok) return credentials;
  const { verify, serverName } = spec.tls;
  return success({
    endpoint,
    tls: { verify, serverName, credentials: credentials.value, roots: access.roots },
    ...lookup,
  });
}

export function tlsModeOf(endpoint: Endpoint, verify: boolean, credentials: TlsCredentials | undefined): TlsMode {
  if (!usesTls(endpoint)) return "None";
  if (!verify) return "Unverified";
  return credentials?.client === undefined ? "ServerVerified" : "Mutual";
}
