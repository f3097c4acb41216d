import { advised, type Outcome } from "../api/failure.ts";
import type { ContainersSpec } from "../api/update-check.ts";
import { failure, success } from "../common/result.ts";
import { truncate } from "../common/truncate.ts";
import { familiarName, parseReference, repositoryName } from "../registry/reference.ts";
import type { ContainerFacts } from "./facts.ts";
import { isScope, readLabels } from "./labels.ts";
import { compilePattern, type Pattern } from "./patterns.ts";

/** By what a container is excluded, in one word. */
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
  /** For people. */
  readonly message: string;
}

/** Why a container is not to be checked; undefined where it is. */
export type Selection = (container: ContainerFacts) => Exclusion | undefined;

/**
 * The states of the containers that are listed, in the daemon's words; paused and dead ones never are. Podman knows no
 * restarting container and refuses the word.
 */
export function statesOf(spec: ContainersSpec | undefined, engine: string | undefined): readonly string[] {
  return [
    "running",
    ...(spec?.includeStopped === true ? ["created", "exited"] : []),
    ...(spec?.includeRestarting === true && engine !== "Podman" ? ["restarting"] : []),
  ];
}

type Rule = (container: ContainerFacts) => string | undefined;

const FIELD = "spec.updateCheck.containers";

/** The selection of a spec. Fails with InvalidSelection, which names the pattern. */
export function compileSelection(spec: ContainersSpec | undefined): Outcome<Selection> {
  const lists = {
    includeNames: compilePatterns(`${FIELD}.includeNames`, spec?.includeNames),
    excludeNames: compilePatterns(`${FIELD}.excludeNames`, spec?.excludeNames),
    includeImages: compilePatterns(`${FIELD}.includeImages`, spec?.includeImages),
    excludeImages: compilePatterns(`${FIELD}.excludeImages`, spec?.excludeImages),
  };
  for (const list of Object.values(lists)) if (!list.ok) return list;
  const patterns = (name: keyof typeof lists) => (lists[name].ok ? lists[name].value : []);
  const { policy = "All", scope = "" } = spec ?? {};
  // The order is documented: the first rule that excludes a container is the one that is told.
  const rules: readonly (readonly [ExclusionRule, Rule])[] = [
    ["Scope", otherScope(scope)],
    ["Label", disabled],
    ["ExcludeNames", excludedBy("excludeNames", patterns("excludeNames"), nameOf, "name")],
    ["ExcludeImages", excludedBy("excludeImages", patterns("excludeImages"), imagesOf, "image")],
    ["Policy", policy === "Labeled" ? unlabelled : () => undefined],
    ["IncludeNames", notIncludedBy("includeNames", patterns("includeNames"), nameOf, "name")],
    ["IncludeImages", notIncludedBy("includeImages", patterns("includeImages"), imagesOf, "image")],
  ];
  return success((container) => {
    for (const [rule, applies] of rules) {
      const message = applies(container);
      if (message !== undefined) return { rule, message };
    }
    return undefined;
  });
}

/** The patterns of a list. Fails with InvalidSelection. `field`: where it stands, for the message. */
export function compilePatterns(field: string, sources: readonly string[] = []): Outcome<readonly Pattern[]> {
  const patterns: Pattern[] = [];
  for (const [index, source] of sources.entries()) {
    const pattern = compilePattern(source);
    if (!pattern.ok) return failure(invalidPattern(`${field}[${index}]`, source, pattern.failure));
    patterns.push(pattern.value);
  }
  return success(patterns);
}

export function invalidPattern(field: string, source: string, problem: string) {
  return advised("InvalidSelection", `${field} ${JSON.stringify(truncate(source, 100))} is invalid: ${problem}`);
}

/** What patterns are held against: the short and the full name without tag; of an id, or what is no name, the text itself. */
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

/** Undefined where the daemon would not tell: the container is then neither excluded nor checked, but failed. */
type Names = (container: ContainerFacts) => readonly string[] | undefined;

function excludedBy(field: string, patterns: readonly Pattern[], names: Names, what: string): Rule {
  return (container) => {
    const own = names(container) ?? [];
    const found = patterns.find((pattern) => own.some((name) => pattern.matches(name)));
    return found === undefined
      ? undefined
      : `Excluded by ${FIELD}.${field}: its ${what} matches ${JSON.stringify(found.source)}`;
  };
}

function notIncludedBy(field: string, patterns: readonly Pattern[], names: Names, what: string): Rule {
  if (patterns.length === 0) return () => undefined;
  return (container) => {
    const own = names(container);
    const included = own === undefined || patterns.some((pattern) => own.some((name) => pattern.matches(name)));
    return included ? undefined : `No pattern of ${FIELD}.${field} matches its ${what}`;
  };
}
