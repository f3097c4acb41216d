import { advised, type Outcome } from "../api/failure.ts";
import type { ContainersSpec } from "../api/update-check.ts";
import { failure, success } from "../common/result.ts";
import { truncate } from "../common/truncate.ts";
import type { ContainerFacts } from "../docker/facts.ts";
import { familiarName, parseReference, repositoryName } from "../registry/reference.ts";
import { isScope, readLabels } from "./labels.ts";
import { firstMatch, type Pattern, type PatternCompiler } from "./patterns.ts";

/** The rule that excludes a container, in one word. */
export type ExclusionRule =
  | "Scope"
  | "Label"
  | "Policy"
  | "ExcludeNames"
  | "ExcludeImages"
  | "IncludeNames"
  | "IncludeImages"
  | "NoPull";

export interface Exclusion {
  readonly rule: ExclusionRule;
  /** An explanation for people. */
  readonly message: string;
}

/**
 * Returns why a container is not checked; undefined if it is. Rejects only with the reason of the compiler's signal.
 */
export type Selection = (container: ContainerFacts) => Promise<Exclusion | undefined>;

/**
 * The states of the containers that are listed, in the daemon's notation; paused and dead containers never are. Podman
 * does not have the state restarting, and refuses the word.
 */
export function statesOf(spec: ContainersSpec | undefined, engine: string | undefined): readonly string[] {
  return [
    "running",
    ...(spec?.includeStopped === true ? ["created", "exited"] : []),
    ...(spec?.includeRestarting === true && engine !== "Podman" ? ["restarting"] : []),
  ];
}

type Rule = (container: ContainerFacts) => string | undefined | Promise<string | undefined>;

const FIELD = "spec.updateCheck.containers";

/** Compiles the selection of a spec. Fails with InvalidSelection, which names the pattern. */
export async function compileSelection(
  spec: ContainersSpec | undefined,
  compiler: PatternCompiler,
): Promise<Outcome<Selection>> {
  const list = async (name: PatternField) => await compileList(name, spec?.[name], compiler);
  const [includeNames, excludeNames, includeImages, excludeImages] = [
    await list("includeNames"),
    await list("excludeNames"),
    await list("includeImages"),
    await list("excludeImages"),
  ];
  if (!includeNames.ok) return includeNames;
  if (!excludeNames.ok) return excludeNames;
  if (!includeImages.ok) return includeImages;
  if (!excludeImages.ok) return excludeImages;
  const { policy = "All", scope = "" } = spec ?? {};
  // The order is documented: the first rule that excludes a container is reported.
  const rules: readonly (readonly [ExclusionRule, Rule])[] = [
    ["Scope", otherScope(scope)],
    ["Label", disabled],
    ["ExcludeNames", excludedBy(excludeNames.value, nameOf, "name")],
    ["ExcludeImages", excludedBy(excludeImages.value, imagesOf, "image")],
    ["Policy", policy === "Labeled" ? unlabelled : () => undefined],
    ["IncludeNames", notIncludedBy(includeNames.value, nameOf, "name")],
    ["IncludeImages", notIncludedBy(includeImages.value, imagesOf, "image")],
  ];
  return success(async (container) => {
    for (const [rule, applies] of rules) {
      const message = await applies(container);
      if (message !== undefined) return { rule, message };
    }
    return undefined;
  });
}

type PatternField = "includeNames" | "excludeNames" | "includeImages" | "excludeImages";

/** The patterns of one field. */
interface PatternList {
  readonly field: string;
  readonly isEmpty: boolean;
  /** Finds the first pattern that matches one of the names. */
  readonly find: (names: readonly string[]) => Promise<Pattern | undefined>;
}

async function compileList(
  name: PatternField,
  sources: readonly string[] | undefined,
  compiler: PatternCompiler,
): Promise<Outcome<PatternList>> {
  const field = `${FIELD}.${name}`;
  const patterns = await compilePatterns(field, sources, compiler);
  if (!patterns.ok) return patterns;
  const find = (names: readonly string[]) => firstMatch(patterns.value, names, compiler.slices);
  return success({ field, isEmpty: patterns.value.length === 0, find });
}

/**
 * Compiles the patterns of a list. Fails with InvalidSelection.
 * @param field the list's name, for the message
 */
export async function compilePatterns(
  field: string,
  sources: readonly string[] = [],
  compiler: PatternCompiler,
): Promise<Outcome<readonly Pattern[]>> {
  const patterns: Pattern[] = [];
  for (const [index, source] of sources.entries()) {
    const pattern = await compiler.pattern(source);
    if (!pattern.ok) return failure(invalidPattern(`${field}[${index}]`, source, pattern.failure));
    patterns.push(pattern.value);
  }
  return success(patterns);
}

export function invalidPattern(field: string, source: string, problem: string) {
  return advised("InvalidSelection", `${field} ${JSON.stringify(truncate(source, 100))} is invalid: ${problem}`);
}

/**
 * The texts that patterns are compared with: the short and the full name without tag; for an id or an invalid name, the
 * text itself.
 */
export function imageNames(image: string): readonly string[] {
  const parsed = parseReference(image);
  return parsed.ok ? [...new Set([familiarName(parsed.value), repositoryName(parsed.value)])] : [image];
}

function nameOf({ name }: ContainerFacts): readonly string[] {
  return [name];
}

function imagesOf({ image, failure }: ContainerFacts): readonly string[] | undefined {
  return failure === undefined ? imageNames(image) : undefined;
}

function otherScope(scope: string): Rule {
  const wanted = isScope(scope) ? scope : undefined;
  const wants = wanted === undefined ? "is not set" : `is ${JSON.stringify(wanted)}`;
  return ({ labels }) => {
    const own = readLabels(labels).scope;
    if (own?.value === wanted) return undefined;
    return own === undefined
      ? `Has no scope, and ${FIELD}.scope ${wants}`
      : `Its label ${own.text} names another scope: ${FIELD}.scope ${wants}`;
  };
}

function disabled({ labels }: ContainerFacts): string | undefined {
  const { enable } = readLabels(labels);
  return enable?.value === false ? `Excluded by its label ${enable.text}` : undefined;
}

function unlabelled({ labels }: ContainerFacts): string | undefined {
  if (readLabels(labels).enable?.value === true) return undefined;
  return `Has no label dockerhost.dev/enable=true, which ${FIELD}.policy Labeled asks for`;
}

/** Undefined if the daemon did not report it: the container is then neither excluded nor checked, but failed. */
type Names = (container: ContainerFacts) => readonly string[] | undefined;

function excludedBy(list: PatternList, names: Names, what: string): Rule {
  if (list.isEmpty) return () => undefined;
  return async (container) => {
    const found = await list.find(names(container) ?? []);
    return found && `Excluded by ${list.field}: its ${what} matches ${JSON.stringify(found.source)}`;
  };
}

function notIncludedBy(list: PatternList, names: Names, what: string): Rule {
  if (list.isEmpty) return () => undefined;
  return async (container) => {
    const own = names(container);
    if (own === undefined || (await list.find(own)) !== undefined) return undefined;
    return `No pattern of ${list.field} matches its ${what}`;
  };
}
