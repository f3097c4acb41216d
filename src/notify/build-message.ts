import { createHash } from "node:crypto";
import type { Change } from "../api/changes.ts";
import type { Message, ReportedChange } from "./message.ts";
import { titleOf } from "./words.ts";

/** Identifies a change by the object, the list and the time in which it was recorded. */
export function changeId(uid: string, list: string, { number, at }: Pick<Change, "number" | "at">): string {
  return hash(["change", uid, list, String(number), at]);
}

/** @param given at least one change; the changes of a host are in their order */
export function changesMessage(from: string, given: readonly ReportedChange[]): Message {
  const changes = given.toSorted((a, b) => (a.at < b.at ? -1 : a.at > b.at ? 1 : 0));
  const id = hash(["changes", ...changes.map((each) => each.id).sort()]);
  return { id, type: "changes", from, at: changes.at(-1)?.at ?? "", title: titleOf(from, changes), changes };
}

/** A message that shows whether messages arrive. */
export function testMessage(from: string, at: string, nonce: string): Message {
  const title = `[${from}] This is a test: messages about Docker hosts arrive here`;
  return { id: hash(["test", from, at, nonce]), type: "test", from, at, title, changes: [] };
}

function hash(parts: readonly string[]): string {
  return createHash("sha256").update(JSON.stringify(parts)).digest("hex").slice(0, 32);
}
