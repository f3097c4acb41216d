import { canonicalJson } from "../common/canonical-json.ts";
import type { Condition } from "./status.ts";

/** The fields and conditions of a status that one writer owns. "rest" is everything that no other writer owns. */
type OwnedPart<Type extends string> =
  | "rest"
  | { readonly fields: readonly string[]; readonly conditions: readonly Type[] };

/**
 * Who writes which part of a kind's status. In a cluster, each writer has a field manager of its own (`fieldManagerOf`), so
 * that none touches the part of another.
 */
export type StatusOwners<Owner extends string = string, Type extends string = string> = Readonly<
  Record<Owner, OwnedPart<Type>>
>;

interface Status {
  readonly conditions?: readonly Condition[] | undefined;
}

export function fieldManagerOf(owner: string): string {
  return `dockerhost-${owner}`;
}

/** What a server-side apply by one owner makes of a status: its own part is replaced, and the others' parts are kept. */
export function mergeStatus<S extends Status>(owners: StatusOwners, current: S, owner: string, part: S): S {
  const kept = Object.entries(current).filter(
    ([field]) => field !== "conditions" && ownerOf(owners, "fields", field) !== owner,
  );
  const conditions = Object.keys(owners).flatMap((each) =>
    each === owner
      ? (part.conditions ?? [])
      : (current.conditions ?? []).filter(({ type }) => ownerOf(owners, "conditions", type) === each),
  );
  return { ...Object.fromEntries(kept), ...part, conditions };
}

/**
 * Whether a status already is what it would be after an apply by one owner. A condition of somebody else counts as a
 * difference, because only the API server knows who owns it.
 */
export function isStatusApplied(owners: StatusOwners, status: Status, owner: string, part: Status): boolean {
  return canonicalJson(sorted(mergeStatus(owners, status, owner, part))) === canonicalJson(sorted(status));
}

/** In a cluster, the order of conditions depends on who wrote first. */
function sorted(status: Status): Status {
  return { ...status, conditions: (status.conditions ?? []).toSorted((a, b) => a.type.localeCompare(b.type)) };
}

function ownerOf(owners: StatusOwners, what: "fields" | "conditions", name: string): string | undefined {
  const all = Object.entries(owners);
  const [named] = all.find(([, part]) => part !== "rest" && part[what].includes(name)) ?? [];
  return named ?? all.find(([, part]) => part === "rest")?.[0];
}
