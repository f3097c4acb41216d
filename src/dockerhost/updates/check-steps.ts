import type { Outcome } from "../../api/failure.ts";
import { success } from "../../common/result.ts";
import { WorkSlices } from "../../common/work-slices.ts";
import { listedContainerReply } from "../../docker/engine-facts.ts";
import { EngineSession } from "../../docker/engine-session.ts";
import type { EngineTarget } from "../../docker/engine-target.ts";
import type { ContainerFacts } from "../../docker/facts.ts";
import { CLIENT_MIN } from "../../docker/negotiate.ts";
import { checkHost, type ExcludedContainer } from "../../updates/check-containers.ts";
import type { CheckReport } from "../../updates/check-report.ts";
import { inTime } from "../../updates/in-time.ts";
import { concernsCheck } from "../../updates/labels.ts";
import type { NewerTagSearch } from "../../updates/newer-tags.ts";
import { PatternCompiler } from "../../updates/patterns.ts";
import { compileSelection, type Selection, statesOf } from "../../updates/selection.ts";
import { compileTagRules } from "../../updates/tag-rules.ts";
import { resolveTarget } from "../target.ts";
import { type CollectedImages, collectImages, ImageInspector } from "./images.ts";
import { openRegistries, type Registries } from "./registries.ts";
import type { UpdateOutcome, UpdatePass } from "./update-pass.ts";

interface Inventory extends CollectedImages {
  /** The version of the API with which it was listed. */
  readonly apiVersion: string;
  readonly containers: readonly ContainerFacts[];
  readonly excluded: readonly ExcludedContainer[];
}

const LISTED_CONTAINER = listedContainerReply(concernsCheck);

const NOT_COMPILED = "The patterns of the update check had not been compiled";
const NOT_MATCHED = "Not every container had been matched with the patterns of the update check";

export async function runUpdateSteps(pass: UpdatePass): Promise<UpdateOutcome> {
  const patterns = await inTime(pass.signal, () => compilePatterns(pass), NOT_COMPILED);
  if (!patterns.ok) return { kind: "failed", failure: patterns.failure };
  const { selection, newerTags } = patterns.value;
  const target = await resolveTarget(pass.spec, pass.namespace, pass.access, pass.now, pass.signal);
  if (!target.ok) return { kind: "failed", failure: target.failure };
  const inventory = await list(pass, target.value, selection);
  if (!inventory.ok) return { kind: "failed", failure: inventory.failure };
  pass.onListed();
  using registries = await openRegistries(pass, target.value, inventory.value.apiVersion);
  using inspector = new ImageInspector(target.value, inventory.value.apiVersion, pass.signal);
  const report = await resolveAndJudge(pass, inventory.value, registries, inspector, newerTags);
  return { kind: "checked", report };
}

/** What a spec's patterns say. */
interface Compiled {
  readonly selection: Selection;
  readonly newerTags: Pick<NewerTagSearch, "schemeOf" | "slices">;
}

async function compilePatterns({ spec: { updateCheck }, signal }: UpdatePass): Promise<Outcome<Compiled>> {
  const slices = new WorkSlices(signal);
  const compiler = new PatternCompiler(slices);
  const selection = await compileSelection(updateCheck?.containers, compiler);
  if (!selection.ok) return selection;
  const schemeOf = await compileTagRules(updateCheck?.tags, compiler);
  if (!schemeOf.ok) return schemeOf;
  return success({ selection: selection.value, newerTags: { schemeOf: schemeOf.value, slices } });
}

/** Sends two requests, and another for each image that the list does not show. */
async function list(pass: UpdatePass, target: EngineTarget, selection: Selection): Promise<Outcome<Inventory>> {
  using session = new EngineSession(target, pass.signal, pass.openConnection(target));
  let version = pass.engine.apiVersion ?? CLIENT_MIN;
  const states = statesOf(pass.spec.updateCheck?.containers, pass.engine.name);
  const query = { states, reply: LISTED_CONTAINER, onSeen: pass.onSeen };
  let containers = await session.listContainers(version, query);
  if (!containers.ok && containers.failure.reason === "APIVersionUnsupported") {
    // The engine was replaced after the connection last agreed on a version with it.
    const engine = await session.connect(pass.spec.apiVersion);
    if (!engine.ok) return engine;
    version = engine.value.apiVersion;
    containers = await session.listContainers(version, query);
  }
  if (!containers.ok) return containers;
  const matched = await inTime(pass.signal, () => select(containers.value, selection), NOT_MATCHED);
  if (!matched.ok) return matched;
  const { selected, excluded } = matched.value;
  const listed = { apiVersion: version, containers: selected, excluded };
  if (selected.length === 0) return success({ ...listed, images: [], imageFailures: new Map() });
  const images = await collectImages(session, version, selected, pass.engine.imageStore);
  return images.ok ? success({ ...listed, ...images.value }) : images;
}

/** Assigns each container to one of the two sides. */
async function select(containers: readonly ContainerFacts[], selection: Selection) {
  const [selected, excluded]: [ContainerFacts[], ExcludedContainer[]] = [[], []];
  for (const container of containers) {
    const exclusion = await selection(container);
    if (exclusion === undefined) selected.push(container);
    else excluded.push({ container, exclusion });
  }
  return success({ selected, excluded });
}

async function resolveAndJudge(
  pass: UpdatePass,
  { containers, excluded, images, imageFailures }: Inventory,
  { registry, listTags }: Registries,
  inspector: ImageInspector,
  newerTags: Compiled["newerTags"],
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
    platformOf: (imageId) => inspector.platformOf(imageId),
    registry,
    age,
    before,
    newerTags: { ...newerTags, listTags, before },
    surface: pass.access.surface,
    signal,
  });
}
