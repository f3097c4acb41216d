import type { Failure, Outcome } from "../../api/failure.ts";
import type { DockerHostSpec } from "../../api/spec.ts";
import type { CapabilitiesStatus, EngineStatus, UpdateItemStatus } from "../../api/status.ts";
import { success } from "../../common/result.ts";
import { EngineSession, type EngineTarget } from "../../docker/engine-session.ts";
import { CLIENT_MIN } from "../../docker/negotiate.ts";
import type { RegistryResolver } from "../../registry/resolver.ts";
import { checkHost, type ExcludedContainer } from "../../updates/check.ts";
import type { ContainerFacts } from "../../updates/facts.ts";
import type { CheckReport } from "../../updates/report.ts";
import type { AgeRule } from "../../updates/seen.ts";
import { compileSelection, type Selection, statesOf } from "../../updates/selection.ts";
import { compileTagRules, type TagSchemeOf } from "../../updates/tag-rules.ts";
import { type EngineAccess, hostEndpoint, permitted, resolveTarget } from "../connection/target.ts";
import type { HostAnswers } from "./host-registry.ts";
import { collectImages, type KnownImages } from "./images.ts";
import { openRegistries, type Registries } from "./registries.ts";

/** One check of one host: what is known at its start. */
export interface UpdatePass {
  readonly spec: DockerHostSpec;
  readonly namespace: string;
  /** The daemon as the connection last saw it: its version was agreed on there. */
  readonly engine: EngineStatus;
  readonly access: EngineAccess;
  readonly capabilities: CapabilitiesStatus;
  readonly resolver: RegistryResolver;
  /** What this host's daemon told of registries before. */
  readonly answers: HostAnswers;
  /** What the last check found. */
  readonly before: readonly UpdateItemStatus[];
  readonly age: AgeRule;
  /** How old an answer of a registry may be that is used again. Milliseconds. */
  readonly maxAgeMs: number;
  /** Wall-clock milliseconds; answers that were fetched before are not used. */
  readonly notBefore?: number;
  readonly now: number;
  readonly signal: AbortSignal;
  /** Called when all that is left is to wait for registries. */
  readonly onListed: () => void;
}

/** How a check ended: with a report on every container, or with why the containers could not be listed. */
export type UpdateOutcome =
  | { readonly kind: "checked"; readonly report: CheckReport }
  | { readonly kind: "failed"; readonly failure: Failure };

interface Inventory extends KnownImages {
  /** With which it was listed. */
  readonly apiVersion: string;
  readonly containers: readonly ContainerFacts[];
  readonly excluded: readonly ExcludedContainer[];
}

export async function runUpdateSteps(pass: UpdatePass): Promise<UpdateOutcome> {
  const selection = compileSelection(pass.spec.updateCheck?.containers);
  if (!selection.ok) return { kind: "failed", failure: selection.failure };
  const schemeOf = compileTagRules(pass.spec.updateCheck?.tags);
  if (!schemeOf.ok) return { kind: "failed", failure: schemeOf.failure };
  const target = await resolveCredentials(pass);
  if (!target.ok) return { kind: "failed", failure: target.failure };
  const inventory = await list(pass, target.value, selection.value);
  if (!inventory.ok) return { kind: "failed", failure: inventory.failure };
  pass.onListed();
  using registries = await openRegistries(pass, target.value, inventory.value.apiVersion);
  return { kind: "checked", report: await resolveAndJudge(pass, inventory.value, registries, schemeOf.value) };
}

async function resolveCredentials(pass: UpdatePass): Promise<Outcome<EngineTarget>> {
  const endpoint = hostEndpoint(pass.spec);
  if (!endpoint.ok) return endpoint;
  const allowed = permitted(endpoint.value, pass.spec, pass.access);
  if (!allowed.ok) return allowed;
  return await resolveTarget(pass.spec, pass.namespace, endpoint.value, pass.access, pass.now, pass.signal);
}

/** Two requests, and one more for each image that the list does not show. */
async function list(pass: UpdatePass, target: EngineTarget, selection: Selection): Promise<Outcome<Inventory>> {
  using session = new EngineSession(target, pass.signal);
  let version = pass.engine.apiVersion ?? CLIENT_MIN;
  const states = statesOf(pass.spec.updateCheck?.containers, pass.engine.name);
  let containers = await session.listContainers(version, states);
  if (!containers.ok && containers.failure.reason === "APIVersionUnsupported") {
    // The engine was replaced since the connection last agreed on a version with it.
    const engine = await session.connect(pass.spec.apiVersion);
    if (!engine.ok) return engine;
    version = engine.value.apiVersion;
    containers = await session.listContainers(version, states);
  }
  if (!containers.ok) return containers;
  const judged = containers.value.map((container) => ({ container, exclusion: selection(container) }));
  const selected = judged.flatMap(({ container, exclusion }) => (exclusion === undefined ? [container] : []));
  const excluded = judged.flatMap(({ container, exclusion }) =>
    exclusion === undefined ? [] : [{ container, exclusion }],
  );
  const listed = { apiVersion: version, containers: selected, excluded };
  if (selected.length === 0) return success({ ...listed, images: [], imageFailures: new Map() });
  const images = await collectImages(session, version, selected, pass.engine.imageStore);
  return images.ok ? success({ ...listed, ...images.value }) : images;
}

async function resolveAndJudge(
  pass: UpdatePass,
  { containers, excluded, images, imageFailures }: Inventory,
  { registry, listTags }: Registries,
  schemeOf: TagSchemeOf,
): Promise<CheckReport> {
  const { before, engine, age, signal } = pass;
  return await checkHost({
    containers,
    excluded,
    images,
    imageFailures,
    host: {
      os: engine.os ?? "linux",
      arch: engine.arch ?? "amd64",
      ...(engine.imageStore === undefined ? {} : { imageStore: engine.imageStore }),
    },
    registry,
    age,
    before,
    newerTags: { schemeOf, listTags, before },
    signal,
  });
}
