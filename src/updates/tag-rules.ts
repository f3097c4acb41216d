import { Range } from "semver";
import type { Outcome } from "../api/failure.ts";
import type { TagRuleSpec } from "../api/update-check.ts";
import { failure, success } from "../common/result.ts";
import { firstMatch, type Pattern, type PatternCompiler } from "./patterns.ts";
import { compilePatterns, imageNames, invalidPattern } from "./selection.ts";
import type { TagScheme } from "./tag-scheme.ts";

/** Decides which tags of an image (with the name that a container uses) are newer; undefined if nobody asked for it. */
export type TagSchemeOf = (image: string) => Promise<NamedScheme | undefined>;

/** `field` is the path of the rule in the spec. */
export type NamedScheme = TagScheme & { readonly field: string };

interface TagRule {
  readonly images: readonly Pattern[];
  readonly scheme: NamedScheme;
}

/**
 * Compiles the rules of a spec; the first whose images match counts. Fails with InvalidSelection, which names the
 * field.
 */
export async function compileTagRules(
  specs: readonly TagRuleSpec[] = [],
  compiler: PatternCompiler,
): Promise<Outcome<TagSchemeOf>> {
  const rules: TagRule[] = [];
  for (const [index, spec] of specs.entries()) {
    const field = `spec.updateCheck.tags[${index}]`;
    const images = await compilePatterns(`${field}.images`, spec.images, compiler);
    if (!images.ok) return images;
    const scheme = await compileScheme(field, spec, compiler);
    if (!scheme.ok) return scheme;
    rules.push({ images: images.value, scheme: { ...scheme.value, field } });
  }
  return success(async (image) => {
    if (rules.length === 0) return undefined;
    const names = imageNames(image);
    for (const { images, scheme } of rules) {
      if ((await firstMatch(images, names, compiler.slices)) !== undefined) return scheme;
    }
    return undefined;
  });
}

async function compileScheme(
  field: string,
  { semver, regex = "", sort = "SemVer" }: TagRuleSpec,
  compiler: PatternCompiler,
): Promise<Outcome<TagScheme>> {
  if (semver !== undefined) {
    const range = parseRange(semver);
    if (range !== undefined) return success({ kind: "range", range });
    return failure(invalidPattern(`${field}.semver`, semver, "it is not a valid range of semantic versions"));
  }
  const expression = await compiler.expression(regex);
  if (!expression.ok) return failure(invalidPattern(`${field}.regex`, regex, expression.failure));
  return success({ kind: "regex", expression: expression.value, sort });
}

function parseRange(text: string): Range | undefined {
  try {
    return new Range(text);
  } catch {
    return undefined; // A TypeError means that the range is invalid.
  }
}
