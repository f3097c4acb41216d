import type { Challenge } from "./challenge.ts";

const MAX_SCOPES = 4;
const MAX_LENGTH = 512;
/** A resource with its actions: `repository:team/app:pull,push`, `repository(plugin):team/app:pull`. */
const RESOURCE = /^([a-z]+(?:\([a-z]+\))?:[^\s:]+(?::\d+\/[^\s:]+)?):([a-z*,]+)$/;
/** A scope of the registry's own, such as `aws`. */
const WORD = /^[A-Za-z0-9._/-]{1,128}$/;

/** Permits only to pull from this repository. */
export function pullScope(path: string): string {
  return `repository:${path}:pull`;
}

/**
 * The scopes to request for a token, one after the other: only what is needed, then what the challenge names, for
 * registries with another name for the repository. Only read access is ever requested: a token with more permissions
 * than it needs would be a risk, and some services refuse to issue it.
 */
export function scopesToTry(challenge: Challenge, path: string): readonly string[] {
  const needed = pullScope(path);
  const named = readingScope(challenge.parameters.get("scope") ?? "");
  return named === undefined || named === needed ? [needed] : [needed, named];
}

/** Undefined if it contains nothing that may be requested. */
function readingScope(text: string): string | undefined {
  if (text.length > MAX_LENGTH) return undefined;
  const scopes = text.split(/\s+/).slice(0, MAX_SCOPES).flatMap(withoutWriting);
  return scopes.length === 0 ? undefined : scopes.join(" ");
}

function withoutWriting(scope: string): readonly string[] {
  const [, resource, actions = ""] = RESOURCE.exec(scope) ?? [];
  if (resource !== undefined) return /(?:^|,)(?:pull|\*)(?:,|$)/.test(actions) ? [`${resource}:pull`] : [];
  return WORD.test(scope) ? [scope] : [];
}
