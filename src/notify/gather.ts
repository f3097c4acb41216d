import { Turns } from "../common/turns.ts";
import { parseKey } from "../runtime/kube-object.ts";
import type { ReportedChange } from "./message.ts";
import type { Outbox, Waiting } from "./outbox.ts";

/** The limits of one message. */
export interface Gathered {
  readonly changes: readonly ReportedChange[];
  readonly records: readonly DeliveryRecord[];
}

/** The changes of one object, and how they are recorded as delivered or dropped. */
export interface DeliveryRecord {
  /** Identifies the object. */
  readonly key: string;
  readonly lost: number;
  readonly announceDrop: Waiting["announceDrop"];
  readonly ids: readonly string[];
  readonly store: Waiting["record"];
}

export interface MessageLimits {
  readonly objects: number;
  readonly changes: number;
  readonly bytes: number;
}

/**
 * Takes all waiting changes, up to the limits of a message. The namespaces take turns, so that a flood in one does not
 * delay the others. All changes of an object are in the same message, in their order, even if they exceed the limits.
 * @param isDelivered whether a change was delivered already, and only its record is missing
 * @param isAside whether the changes of an object have to wait
 */
export function gather(
  outboxes: readonly Outbox[],
  limits: MessageLimits,
  isDelivered: (id: string) => boolean,
  isAside: (key: string) => boolean,
): Gathered | undefined {
  const turns = new Turns<{ readonly outbox: Outbox; readonly key: string }>();
  for (const outbox of outboxes) {
    for (const key of outbox.waiting()) turns.add(parseKey(key).namespace, { outbox, key });
  }
  const changes: ReportedChange[] = [];
  const records: DeliveryRecord[] = [];
  let bytes = 0;
  while (records.length < limits.objects && changes.length < limits.changes && bytes < limits.bytes) {
    const turn = turns.shift(() => true);
    if (turn === undefined) break;
    const waiting = turn.item.outbox.read(turn.item.key);
    const undelivered = waiting?.changes.filter(({ id }) => !isDelivered(id)) ?? [];
    const [first] = undelivered;
    if (waiting === undefined || first === undefined) continue;
    const key = `${first.kind} ${turn.item.key}`;
    if (isAside(key)) continue;
    changes.push(...undelivered);
    const { lost, announceDrop, record } = waiting;
    records.push({ key, ids: undelivered.map(({ id }) => id), lost, announceDrop, store: record });
    bytes += undelivered.reduce((sum, change) => sum + JSON.stringify(change).length, 0);
  }
  return changes.length === 0 ? undefined : { changes, records };
}
