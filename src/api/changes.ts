import * as z from "zod";
import { toTimestamp } from "../common/clock.ts";
import { truncate } from "../common/truncate.ts";
import { timestamp } from "./schema.ts";

/** What a notification can be about. The order is that of urgency, in which a message lists them. */
export const CHANGE_KINDS = [
  "HostLost",
  "ContainerUpdateFailed",
  "CertificateExpiring",
  "HostBack",
  "ContainerUpdated",
  "UpdatesFound",
] as const;
export type ChangeKind = (typeof CHANGE_KINDS)[number];

/** At most this many changes of one object are kept for a receiver that does not answer. */
export const MAX_CHANGES = 8;
const MAX_MESSAGE = 512;
const MAX_ABOUT = 256;

const change = z.object({
  number: z.int32().min(1).describe("Counts the changes of this list, from 1."),
  change: z.enum(CHANGE_KINDS).describe("What changed."),
  reason: z.string().max(128).describe("The cause, as one word of the table of reasons."),
  message: z.string().max(MAX_MESSAGE).describe("The change in words."),
  at: timestamp("When it was noticed."),
  about: z
    .string()
    .max(MAX_ABOUT)
    .optional()
    .describe("For CertificateExpiring: which certificates, and how soon they expire."),
});
export type Change = z.output<typeof change>;

/** A list of changes, which only the owner of this part of the status writes. */
export function changeList(describe: string) {
  return z.array(change).max(MAX_CHANGES).optional().meta({ "x-kubernetes-list-type": "atomic" }).describe(describe);
}

/** Up to which change of each list the receiver of notifications has got them. */
export function notifiedOf(lists: Readonly<Record<string, string>>) {
  const number = (list: string) => z.int32().min(0).optional().describe(`The number of the last one in ${list}.`);
  return z
    .object(Object.fromEntries(Object.entries(lists).map(([owner, list]) => [owner, number(list)])))
    .optional()
    .describe("Which changes the receiver of notifications has got.");
}

/** A change that has just happened. */
export type News = Pick<Change, "change" | "reason" | "message" | "about">;

/** Lists with one of these have to remember the last one, from which the next change follows. */
const SUBJECTS: Partial<Record<ChangeKind, string>> = {
  HostLost: "connection",
  HostBack: "connection",
  CertificateExpiring: "certificates",
};

/**
 * Returns the list with the new changes. Changes that the receiver has got are removed, except the last change of each
 * subject. If too many wait for a receiver that does not answer, the oldest ones are lost.
 * @param delivered the number of the last change that the receiver has got
 * @param now wall-clock milliseconds
 */
export function withNews(
  before: readonly Change[],
  delivered: number,
  news: readonly News[],
  now: number,
): readonly Change[] {
  if (news.length === 0) return before;
  const first = Math.max(delivered, ...before.map(({ number }) => number)) + 1;
  const added = news.map(
    ({ reason, message, about, ...rest }, index): Change => ({
      ...rest,
      number: first + index,
      reason,
      message: truncate(message, MAX_MESSAGE),
      at: toTimestamp(now),
      ...(about === undefined ? {} : { about: truncate(about, MAX_ABOUT) }),
    }),
  );
  const all = [...before, ...added];
  const last = new Set(all.filter((each) => lastOf(all, SUBJECTS[each.change]) === each));
  const kept = all.filter((each) => each.number > delivered || last.has(each));
  while (kept.length > MAX_CHANGES) {
    const oldest = kept.findIndex((each) => !last.has(each));
    kept.splice(Math.max(0, oldest), 1);
  }
  return kept;
}

/** The last change of the host's connection: HostLost or HostBack. */
export function lastOfConnection(changes: readonly Change[]): Change | undefined {
  return lastOf(changes, "connection");
}

/** The last change of the host's certificates. */
export function lastOfCertificates(changes: readonly Change[]): Change | undefined {
  return lastOf(changes, "certificates");
}

function lastOf(changes: readonly Change[], subject: string | undefined): Change | undefined {
  return subject === undefined ? undefined : changes.findLast((each) => SUBJECTS[each.change] === subject);
}
