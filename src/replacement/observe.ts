import type { Outcome } from "../api/failure.ts";
import { success } from "../common/result.ts";
import type { ListedDetails } from "../docker/engine-details.ts";
import { isUp } from "./is-up.ts";
import { heldPolicy, type Member, type NewPlace, needsHold, type OldPlace } from "./next-step.ts";
import type { EngineAccess, TransactionRecord } from "./request.ts";
import { placeName, readLabel, readPlaceName, type TransactionLabel } from "./transaction-label.ts";

/** A member as it was recorded, without its present state. */
export type Remembered = Pick<Member, "name" | "main" | "wasRunning" | "restartPolicy" | "createdId"> & {
  readonly oldId: string;
};

/** A transaction that was found on a daemon, by the names and labels of its containers. */
export interface FoundTransaction {
  readonly txn: string;
  /** The main one comes first. */
  readonly remembered: readonly Remembered[];
  /** The labels of the new containers, by the ids of the old ones. */
  readonly labels: ReadonlyMap<string, TransactionLabel>;
}

/**
 * Finds all transactions that have left something on the daemon, including finished ones, whose new containers keep
 * their labels.
 * @param stored what was stored about one of them, for everything that the daemon does not show
 */
export function findTransactions(
  listed: readonly ListedDetails[],
  stored?: TransactionRecord,
): readonly FoundTransaction[] {
  const records = stored?.members ?? [];
  const found = new Map<string, { remembered: Map<string, Remembered>; labels: Map<string, TransactionLabel> }>();
  const of = (txn: string) => {
    const transaction = found.get(txn) ?? { remembered: new Map(), labels: new Map() };
    found.set(txn, transaction);
    return transaction;
  };
  for (const { labels } of listed) {
    const label = readLabel(labels);
    if (label === undefined) continue;
    const { name, main, wasRunning, restartPolicy, replaces } = label;
    const transaction = of(label.txn);
    transaction.labels.set(replaces, label);
    transaction.remembered.set(replaces, { name, main, wasRunning, restartPolicy, oldId: replaces });
  }
  for (const { id, name } of listed) {
    const place = readPlaceName(name);
    if (place === undefined || place.place === "new" || place.place === "failed") continue;
    const { remembered } = of(place.txn);
    if (remembered.has(id)) continue;
    const record = records.find(({ oldId }) => oldId === id);
    remembered.set(id, {
      name: place.name,
      main: record === undefined ? remembered.size === 0 : record === records[0],
      // Nothing shows this any more, but an update of a container that did not run is rare.
      wasRunning: record?.wasRunning ?? true,
      restartPolicy: place.restartPolicy ?? record?.restartPolicy,
      oldId: id,
    });
  }
  if (stored !== undefined) addRecords(stored, listed, found, of);
  return [...found].map(([txn, { remembered, labels }]) => ({
    txn,
    labels,
    remembered: mainFirst(remembered.values()),
  }));
}

type Shown = { readonly remembered: Map<string, Remembered> };

/** Adds what only the record shows to what the daemon shows of all transactions. */
function addRecords(
  { txn, phase, members }: TransactionRecord,
  listed: readonly ListedDetails[],
  found: ReadonlyMap<string, Shown>,
  of: (txn: string) => Shown,
): void {
  const shown = found.get(txn);
  const known = new Set([...found.values()].flatMap(({ remembered }) => [...remembered.keys()]));
  for (const [index, { newId: createdId, ...record }] of members.entries()) {
    const { oldId, name } = record;
    const member = shown?.remembered.get(oldId);
    if (member !== undefined) shown?.remembered.set(oldId, { ...member, createdId });
    if (known.has(oldId)) continue;
    // Somebody removed its new container, which was the only thing that showed what had been done to the old one.
    const isTouched = shown !== undefined || createdId !== undefined;
    const isInPlace = listed.some((each) => each.id === oldId && each.name === name);
    // Without it, nobody would know why the others cannot be started.
    const isMissed = shown !== undefined || phase === "RollingBack";
    if (!isTouched || !(isInPlace || isMissed)) continue;
    of(txn).remembered.set(oldId, { restartPolicy: undefined, ...record, createdId, main: index === 0 });
  }
}

function mainFirst(members: Iterable<Remembered>): readonly Remembered[] {
  return [...members].sort((one, other) => Number(other.main) - Number(one.main));
}

/**
 * Reads the present state of a transaction's members. Inspects only old containers whose restart policy may have been
 * removed.
 */
export async function observe(
  { details }: Pick<EngineAccess, "details">,
  txn: string,
  remembered: readonly Remembered[],
  listed: readonly ListedDetails[],
): Promise<Outcome<readonly Member[]>> {
  const members: Member[] = [];
  for (const { oldId, ...member } of remembered) {
    const old = listed.find(({ id }) => id === oldId);
    const fresh = listed.find((each) => isNewOf(each, txn, oldId));
    const wasStarted = fresh !== undefined && fresh.state !== "created";
    // Once the old container is gone, it does not matter any more.
    const shownOld = old !== undefined && needsHold(member) ? await policyOf(old, details) : success(undefined);
    if (!shownOld.ok) return shownOld;
    const place = newPlace(fresh, member.name, txn);
    const isOpen = shownOld.value !== undefined || place === "failed" || member.createdId !== undefined;
    const mayBeHeld = wasStarted && needsHold(member) && isOpen;
    const shownNew = mayBeHeld ? await policyOf(fresh, details) : success(undefined);
    if (!shownNew.ok) return shownNew;
    members.push({
      ...member,
      createdId: fresh?.id ?? member.createdId,
      old: {
        id: oldId,
        place: oldPlace(old, member.name, txn),
        isUp: old !== undefined && isUp(old.state),
        isHeld: shownOld.value === heldPolicy(member).Name,
      },
      new: {
        id: fresh?.id ?? "",
        place,
        isUp: fresh !== undefined && isUp(fresh.state),
        wasStarted,
        isHeld: shownNew.value === "no",
      },
    });
  }
  return success(members);
}

/** The name of a container's restart policy; undefined if it has vanished. */
async function policyOf(
  { id }: ListedDetails,
  details: Pick<EngineAccess["details"], "inspectContainer">,
): Promise<Outcome<string | undefined>> {
  const inspected = await details.inspectContainer(id);
  return inspected.ok ? success(inspected.value?.HostConfig.RestartPolicy?.Name) : inspected;
}

function isNewOf({ labels }: ListedDetails, txn: string, oldId: string): boolean {
  const label = readLabel(labels);
  return label?.txn === txn && label.replaces === oldId;
}

function oldPlace(old: ListedDetails | undefined, name: string, txn: string): OldPlace {
  if (old === undefined) return "gone";
  if (old.name === name) return "name";
  const read = readPlaceName(old.name);
  if (read?.name !== name || read.txn !== txn) return "elsewhere";
  return read.place === "old" || read.place === "kept" ? read.place : "elsewhere";
}

function newPlace(fresh: ListedDetails | undefined, name: string, txn: string): NewPlace {
  if (fresh === undefined) return "none";
  if (fresh.name === name) return "name";
  if (fresh.name === placeName(name, txn, "new")) return "new";
  return fresh.name === placeName(name, txn, "failed") ? "failed" : "elsewhere";
}
