import type { Failure, Outcome } from "../../api/failure.ts";
import type { DockerHostSpec } from "../../api/spec.ts";
import type { DockerHostStatus } from "../../api/status.ts";
import type { Clock } from "../../common/clock.ts";
import { startDeadline } from "../../common/deadline.ts";
import type { Random } from "../../common/random.ts";
import { success } from "../../common/result.ts";
import { denialNotice, type Probe, toStatus } from "../../docker/capabilities.ts";
import { certificateFacts } from "../../docker/certificate.ts";
import { isServerWarning, serverWarnings } from "../../docker/credential-warnings.ts";
import { isDenial } from "../../docker/denial.ts";
import { type Endpoint, formatEndpoint, usesTls } from "../../docker/endpoint.ts";
import type { EngineAgent } from "../../docker/engine-agent.ts";
import { EngineChanges } from "../../docker/engine-changes.ts";
import type { EngineFacts } from "../../docker/engine-facts.ts";
import { EngineLine } from "../../docker/engine-line.ts";
import { EngineSession } from "../../docker/engine-session.ts";
import type { EngineTarget } from "../../docker/engine-target.ts";
import { probeChanges } from "../../docker/probe-changes.ts";
import type { SeenContainers } from "../../docker/seen-containers.ts";
import { endpointWarnings } from "../../docker/warnings.ts";
import { statesOf } from "../../updates/selection.ts";
import { contain } from "../contain.ts";
import { certificateSecrets, credentialsSecret, foundFingerprint, readCredentials } from "../host-credentials.ts";
import { type EngineAccess, hostEndpoint, permitted, targetOf, tlsModeOf } from "../target.ts";
import type { ConnectionDraft, ConnectionOutcome, ConnectionStep } from "./connection-draft.ts";
import { absentId, neededBy, shouldProbe } from "./probing.ts";

/** One pass over one host: its inputs, and the draft to which its steps write. */
export interface ConnectionPass {
  readonly spec: DockerHostSpec;
  readonly namespace: string;
  /** The status as it was before the pass. */
  readonly before: DockerHostStatus;
  readonly access: EngineAccess;
  /** Wall-clock milliseconds at the start of the pass. */
  readonly now: number;
  readonly clock: Clock;
  /** Whether to find out what of an update is allowed, if this host may be updated. */
  readonly probesChanges: boolean;
  /** Whether to list the containers, to notice that they changed. */
  readonly seesContainers: boolean;
  readonly random: Random;
  /** Whether a check follows the pass if it succeeds. */
  readonly checkFollows: (seen: SeenContainers | undefined) => boolean;
  /** Takes over the connection for the check that follows; without it, the connection ends with the pass. */
  readonly leave?: ((target: EngineTarget, agent: EngineAgent) => void) | undefined;
  readonly signal: AbortSignal;
  readonly draft: ConnectionDraft;
}

/** After this time, a pass does without the list of containers. */
const SEE_CONTAINERS_MS = 5_000;

/** Runs the steps in order, up to the first that fails. */
export async function runConnectionSteps(pass: ConnectionPass): Promise<ConnectionOutcome> {
  const run = <T>(step: () => Outcome<T> | Promise<Outcome<T>>) => contain("The connection pass", pass.signal, step);
  const endpoint = await run(() => resolveEndpoint(pass));
  if (!endpoint.ok) return failedAt("resolveEndpoint", endpoint.failure);
  const target = await run(() => resolveCredentials(pass, endpoint.value));
  if (!target.ok) return failedAt("resolveCredentials", target.failure);
  using session = new EngineSession(target.value, pass.signal);
  const engine = await run(() => connect(pass, session));
  if (!engine.ok) return failedAt("connect", engine.failure);
  const described = await run(() => describe(pass, session, engine.value));
  if (!described.ok) return failedAt("describe", described.failure);
  const probed = await run(async () =>
    success(await probe(pass, target.value, session, engine.value, described.value)),
  );
  if (!probed.ok) return failedAt("describe", probed.failure);
  // Without it, /version was denied, and the daemon had to be pinged; the pass has sent its three requests.
  if (pass.seesContainers && engine.value.arch !== undefined) await seeContainers(pass, session, engine.value);
  // An SSH connection belongs to the signal of its pass.
  if (target.value.ssh === undefined && pass.leave !== undefined && pass.checkFollows(pass.draft.seen))
    pass.leave(target.value, session.release());
  return { kind: "connected" };
}

/** Whatever goes wrong here is for the next update check to report. */
async function seeContainers(pass: ConnectionPass, session: EngineSession, engine: EngineFacts): Promise<void> {
  const { spec, draft, clock, signal } = pass;
  using deadline = startDeadline(signal, "the list of containers", SEE_CONTAINERS_MS, clock);
  const states = statesOf(spec.updateCheck?.containers, engine.name);
  const seen = await session.seeContainers(engine.apiVersion, states, deadline.signal);
  if (seen.ok) draft.seen = seen.value;
}

function failedAt(step: ConnectionStep, failure: Failure): ConnectionOutcome {
  return { kind: "failed", step, failure };
}

function resolveEndpoint({ spec, access, draft }: ConnectionPass): Outcome<Endpoint> {
  const endpoint = hostEndpoint(spec);
  if (!endpoint.ok) return endpoint;
  const { verify } = spec.tls;
  draft.endpoint = formatEndpoint(endpoint.value);
  const secret = credentialsSecret(spec, endpoint.value);
  if (secret !== undefined) draft.credentialsSecret = secret;
  // Only the Secret shows whether a verified server will see a client certificate.
  if (!usesTls(endpoint.value) || !verify) draft.tlsMode = tlsModeOf(endpoint.value, verify, undefined);
  draft.warnings = endpointWarnings(endpoint.value, {
    verify,
    certificates: certificateSecrets(spec).length > 0,
    uncheckedHostKey: spec.ssh?.hostKeyChecking === "Disabled",
  });
  return permitted(endpoint.value, spec, access);
}

async function resolveCredentials(pass: ConnectionPass, endpoint: Endpoint): Promise<Outcome<EngineTarget>> {
  const { spec, draft } = pass;
  const found = await readCredentials(spec, pass.namespace, endpoint, pass.access, pass.signal);
  if (!found.ok) return found;
  const certificates = foundFingerprint(found.value, pass.access.tlsMemory.credentials);
  if (certificates !== undefined) draft.credentialsFingerprint = certificates;
  const target = targetOf(spec, pass.namespace, endpoint, found.value, pass.access, pass.now);
  if (!target.ok) return target;
  const { ssh } = target.value;
  if (ssh !== undefined) draft.credentialsFingerprint = ssh.key.publicKeyFingerprint;
  const credentials = target.value.tls?.credentials;
  draft.credentialsRead = ssh !== undefined || (credentials !== undefined && certificateSecrets(spec).length > 0);
  draft.tlsMode = tlsModeOf(endpoint, spec.tls.verify, credentials);
  if (credentials?.client !== undefined) draft.certificates.client = credentials.client.facts;
  warn(draft, credentials?.warnings ?? []);
  return target;
}

async function connect(
  { spec, before, draft, seesContainers }: ConnectionPass,
  session: EngineSession,
): Promise<Outcome<EngineFacts>> {
  const engine = await session.connect(spec.apiVersion, { isKnown: seesContainers });
  // What the server showed is worth reporting even if one of the two sides then refused the other.
  const peer = session.peerChain();
  if (peer !== undefined) draft.certificates.server = certificateFacts(peer.leaf);
  if (peer?.authority !== undefined) draft.certificates.ca = certificateFacts(peer.authority);
  // While the server cannot be reached, its warnings stay, so that they are not announced again afterwards.
  const seen = before.endpoint === draft.endpoint ? (before.warnings ?? []).filter(isServerWarning) : [];
  warn(draft, peer === undefined ? seen : serverWarnings(peer));
  if (engine.ok) draft.engine = { ...engine.value };
  return engine;
}

function warn(draft: ConnectionDraft, warnings: readonly string[]): void {
  draft.warnings = [...draft.warnings, ...warnings];
}

async function describe(
  { draft }: ConnectionPass,
  session: EngineSession,
  engine: EngineFacts,
): Promise<Outcome<{ readonly denied: boolean }>> {
  const host = await session.describe(engine);
  if (host.ok) draft.engine = { ...engine, ...host.value };
  // A socket proxy may forbid /info. Its facts are useful, but nothing depends on them.
  return host.ok || isDenial(host.failure) ? success({ denied: !host.ok }) : host;
}

/** A denied capability is reported but is not a failure here; the update check itself reports what it lacks. */
async function probe(
  { before, clock, random, spec, draft, probesChanges, signal }: ConnectionPass,
  target: EngineTarget,
  session: EngineSession,
  engine: EngineFacts,
  info: { readonly denied: boolean },
): Promise<void> {
  const seen = { endpoint: draft.endpoint, engineVersion: engine.version, infoDenied: info.denied };
  const isUpdated = probesChanges && spec.allowUpdates && engine.name === "Docker";
  const { pull, recreate, ...known } = before.endpoint === draft.endpoint ? (before.capabilities ?? {}) : {};
  const needed = neededBy(spec, isUpdated);
  const probes: Probe[] = [];
  if (shouldProbe(before, seen, needed)) {
    probes.push(...(await session.probe(engine.apiVersion, absentId(random))));
    if (isUpdated) {
      using line = new EngineLine(target, engine.apiVersion, clock, signal);
      probes.push(...(await probeChanges(new EngineChanges(line, clock), absentId(random))));
    }
  }
  const notice = denialNotice(probes, needed);
  const changes = isUpdated ? { ...(pull !== undefined && { pull }), ...(recreate !== undefined && { recreate }) } : {};
  draft.capabilities = { ...known, ...changes, ...toStatus(probes) };
  if (notice !== undefined) draft.denialNotice = notice;
}
