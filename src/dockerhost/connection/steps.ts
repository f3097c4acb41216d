import type { Failure, Outcome } from "../../api/failure.ts";
import type { DockerHostSpec } from "../../api/spec.ts";
import { success } from "../../common/result.ts";
import { certificateFacts } from "../../docker/certificate.ts";
import { type Endpoint, formatEndpoint, usesTls } from "../../docker/endpoint.ts";
import type { EngineFacts } from "../../docker/engine-facts.ts";
import { EngineSession, type EngineTarget } from "../../docker/engine-session.ts";
import { chainEnds } from "../../docker/peer-chain.ts";
import { endpointWarnings } from "../../docker/warnings.ts";
import { connectionSecrets } from "./credentials.ts";
import type { ConnectionDraft, ConnectionOutcome, ConnectionStep } from "./draft.ts";
import { type EngineAccess, hostEndpoint, resolveTarget, tlsModeOf } from "./target.ts";

/** One pass over one host: what is known at its start, and the draft that its steps write on. */
export interface ConnectionPass {
  readonly spec: DockerHostSpec;
  readonly namespace: string;
  readonly access: EngineAccess;
  /** Wall-clock milliseconds at the start of the pass. */
  readonly now: number;
  readonly signal: AbortSignal;
  readonly draft: ConnectionDraft;
}

/** Runs the steps in their order up to the first that fails. The connection ends with the pass. */
export async function runConnectionSteps(pass: ConnectionPass): Promise<ConnectionOutcome> {
  const endpoint = resolveEndpoint(pass);
  if (!endpoint.ok) return failedAt("resolveEndpoint", endpoint.failure);
  const target = await resolveCredentials(pass, endpoint.value);
  if (!target.ok) return failedAt("resolveCredentials", target.failure);
  using session = new EngineSession(target.value, pass.signal);
  const engine = await connect(pass, session);
  if (!engine.ok) return failedAt("connect", engine.failure);
  const described = await describe(pass, session, engine.value);
  if (!described.ok) return failedAt("describe", described.failure);
  return { kind: "connected" };
}

function failedAt(step: ConnectionStep, failure: Failure): ConnectionOutcome {
  return { kind: "failed", step, failure };
}

function resolveEndpoint({ spec, draft }: ConnectionPass): Outcome<Endpoint> {
  const endpoint = hostEndpoint(spec);
  if (!endpoint.ok) return endpoint;
  const { verify } = spec.tls;
  draft.endpoint = formatEndpoint(endpoint.value);
  // Whether a verified server will see a certificate of ours, only the Secret can tell.
  if (!usesTls(endpoint.value) || !verify) draft.tlsMode = tlsModeOf(endpoint.value, verify, undefined);
  draft.warnings = endpointWarnings(endpoint.value, { verify, certificates: connectionSecrets(spec).length > 0 });
  return endpoint;
}

async function resolveCredentials(pass: ConnectionPass, endpoint: Endpoint): Promise<Outcome<EngineTarget>> {
  const { spec, draft } = pass;
  const target = await resolveTarget(spec, pass.namespace, endpoint, pass.access, pass.now, pass.signal);
  if (!target.ok) return target;
  const credentials = target.value.tls?.credentials;
  draft.credentialsRead = credentials !== undefined && connectionSecrets(spec).length > 0;
  draft.tlsMode = tlsModeOf(endpoint, spec.tls.verify, credentials);
  if (credentials?.client !== undefined) draft.certificates.client = credentials.client.facts;
  return target;
}

async function connect({ spec, draft }: ConnectionPass, session: EngineSession): Promise<Outcome<EngineFacts>> {
  const engine = await session.connect(spec.apiVersion);
  // The certificates are worth telling of also where the daemon then refused us.
  const peer = chainEnds(session.peerCertificate());
  if (peer !== undefined) draft.certificates.server = certificateFacts(peer.leaf);
  if (peer?.root !== undefined && spec.tls.verify) draft.certificates.ca = certificateFacts(peer.root);
  if (engine.ok) draft.engine = { ...engine.value };
  return engine;
}

async function describe(
  { draft }: ConnectionPass,
  session: EngineSession,
  engine: EngineFacts,
): Promise<Outcome<void>> {
  const host = await session.describe(engine.apiVersion);
  if (host.ok) draft.engine = { ...engine, ...host.value };
  // A socket proxy may well forbid /info: what it tells is good to know, and nothing stands on it.
  return host.ok || host.failure.reason === "AuthorizationDenied" ? success(undefined) : host;
}
