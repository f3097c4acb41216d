import { APPLY_CRD } from "../dockerhost/installed-schema.ts";
import { isRefusal } from "../runtime/reflector-trouble.ts";
import { type Followed, LONGEST_SILENCE_MS } from "./watch-readiness.ts";

/** The server may be starting, or the connection may have been interrupted for a moment. */
const BRIEF_MS = 20_000;
const MOST_NAMED = 5;
const OLD = "What is shown here may be old.";

/**
 * What a page about these objects cannot show, why, and the next step, in sentences for its readers.
 * @param kinds the kind in the plural, as in `DockerHosts`
 */
export function gapsOf(kinds: string, followed: readonly Followed[]): readonly string[] {
  const namespaces = new Map<string, string[]>();
  for (const { namespace, reflector } of followed) {
    const gap = gapOf(kinds, reflector);
    if (gap === undefined) continue;
    const named = namespaces.get(gap) ?? [];
    namespaces.set(gap, namespace === undefined ? named : [...named, namespace]);
  }
  return [...namespaces].map(([gap, named]) => (named.length === 0 ? gap : `${inNamespaces(named)}: ${gap}`));
}

function gapOf(kinds: string, reflector: Followed["reflector"]): string | undefined {
  const { trouble, lastEventAge } = reflector;
  const isSilent = (lastEventAge ?? 0) > LONGEST_SILENCE_MS;
  if (trouble === undefined) {
    if (!reflector.hasSynced()) return `The controller is still reading the ${kinds}.`;
    return isSilent ? `The API server has sent no news of ${kinds} for minutes. ${OLD}` : undefined;
  }
  const { failure, forMs } = trouble;
  const wasRead = lastEventAge !== undefined;
  if (wasRead && !isRefusal(failure) && forMs < BRIEF_MS) return undefined;
  const end = wasRead ? ` ${OLD}` : "";
  switch (failure.kind) {
    case "NotFound":
      return `The CustomResourceDefinition of ${kinds} is not installed. Install it the way the controller was installed, or with ${APPLY_CRD}.${end}`;
    case "Forbidden":
      return `The controller may not list and watch ${kinds}. Add both permissions to its role.${end}`;
    case "Unauthorized":
      return `The API server does not accept the token of the controller, so ${kinds} cannot be read. Look at the log of the controller.${end}`;
    default:
      return `The controller cannot read the ${kinds} from the API server. Look at its log.${end}`;
  }
}

function inNamespaces(names: readonly string[]): string {
  const others = names.length - MOST_NAMED;
  const named = names.slice(0, MOST_NAMED).join(", ");
  if (others > 0) return `In the namespaces ${named} and ${others} more`;
  return `In the ${names.length === 1 ? "namespace" : "namespaces"} ${named}`;
}
