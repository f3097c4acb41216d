import type { UpdateItemStatus } from "../../api/status.ts";
import { nearestWord } from "../../common/nearest-word.ts";

/** One container, and the digest that it should run. */
export interface Target {
  readonly container: string;
  /** The name that the container was created from. */
  readonly image: string;
  readonly digest: string;
  /** The digest that it runs now, as far as it is known. */
  readonly running?: string | undefined;
}

/** A container that is not updated, and why. */
export interface Skipped {
  readonly container: string;
  readonly why: string;
  /** Whether this is not a failure, because the container needs no update or nobody named it. */
  readonly isFine?: boolean;
}

export interface Selection {
  readonly targets: readonly Target[];
  readonly skipped: readonly Skipped[];
}

const COMPOSE_FILE = /\.ya?ml$/i;
const CONTAINER_NAME = /^[a-zA-Z0-9][a-zA-Z0-9_.-]*$/;

/** Every container that the check found outdated. */
export function outdatedTargets(items: readonly UpdateItemStatus[]): Selection {
  const outdated = items.filter(({ verdict }) => verdict === "Outdated" || verdict === "RestartPending");
  return merge(outdated.map(selectByVerdict));
}

/**
 * The named containers, in the given order.
 * @param isCut whether the host has more containers than the items
 */
export function namedTargets(items: readonly UpdateItemStatus[], names: readonly string[], isCut: boolean): Selection {
  return merge(
    [...new Set(names)].map((container) => {
      const item = items.find((each) => each.container === container);
      return item === undefined ? skip(container, unknown(container, items, isCut)) : selectByVerdict(item);
    }),
  );
}

function selectByVerdict(item: UpdateItemStatus): Selection {
  const { container, image, verdict, available, running, message } = item;
  switch (verdict) {
    case "Outdated":
    case "RestartPending":
    // A user who names the container wants the update now.
    case "TooYoung":
      if (available !== undefined) return { targets: [{ container, image, digest: available, running }], skipped: [] };
      return skip(container, "the digest of the new image is not known");
    case "UpToDate":
      return { targets: [], skipped: [{ container, why: "it is up to date", isFine: true }] };
    case "Pinned":
      return skip(container, `its image ${image} is pinned by digest`);
    case "LocalImage":
      return skip(container, `its image ${image} is not from a registry; to update it, name a digest with --digest`);
    case "Excluded":
      return skip(container, `it is excluded from checks: ${message ?? "by a label or a rule"}`);
    case "Failed":
      return skip(container, message ?? "its image could not be checked");
  }
}

function unknown(name: string, items: readonly UpdateItemStatus[], isCut: boolean): string {
  // A container can have such a name too, but then the check has shown it, unless the result is cut.
  if (COMPOSE_FILE.test(name) && !(isCut && CONTAINER_NAME.test(name)))
    return "it seems to be a Compose file; give the names of its containers, as docker ps shows them";
  const names = items.map(({ container }) => container);
  const near = nearestWord(name, names);
  if (isCut) {
    const hint = near === undefined ? "" : `did you mean ${near}? Otherwise, `;
    return `it is not among the ${items.length} containers that the check shows; ${hint}name its digest with --digest`;
  }
  return `no running container has this name; ${near === undefined ? others(names) : `did you mean ${near}?`}`;
}

const MAX_OTHERS = 5;

function others(names: readonly string[]): string {
  const [only, ...rest] = names;
  if (only === undefined) return "none runs on this host";
  if (rest.length === 0) return `there is only ${only}`;
  const more = names.length - MAX_OTHERS;
  const shown = more > 0 ? [...names.slice(0, MAX_OTHERS), `${more} more`] : names;
  return `there are ${shown.slice(0, -1).join(", ")} and ${shown.at(-1)}`;
}

function skip(container: string, why: string): Selection {
  return { targets: [], skipped: [{ container, why }] };
}

function merge(parts: readonly Selection[]): Selection {
  return { targets: parts.flatMap(({ targets }) => targets), skipped: parts.flatMap(({ skipped }) => skipped) };
}
