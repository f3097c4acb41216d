import { CHANGE_KINDS, type ChangeKind } from "../api/changes.ts";
import { printable } from "../common/printable.ts";
import { truncate } from "../common/truncate.ts";
import { Turns } from "../common/turns.ts";
import type { Message, ReportedChange } from "./message.ts";

/** How a title counts the changes of each kind. */
const COUNTED: Readonly<Record<ChangeKind, (count: number) => string>> = {
  HostLost: (count) => `${count} ${count === 1 ? "host" : "hosts"} not ready`,
  ContainerUpdateFailed: (count) => `${count} container ${count === 1 ? "update" : "updates"} failed`,
  CertificateExpiring: (count) => `certificates of ${count} ${count === 1 ? "host" : "hosts"} expire soon`,
  HostBack: (count) => `${count} ${count === 1 ? "host" : "hosts"} ready again`,
  ContainerUpdated: (count) => `${count} ${count === 1 ? "container" : "containers"} updated`,
  UpdatesFound: (count) => `new images for ${count} ${count === 1 ? "host" : "hosts"}`,
};

/** The heading of a kind of changes in a message. */
export const HEADINGS: Readonly<Record<ChangeKind, string>> = {
  HostLost: "Not ready",
  ContainerUpdateFailed: "Container updates that failed",
  CertificateExpiring: "Certificates that expire soon",
  HostBack: "Ready again",
  ContainerUpdated: "Containers that were updated",
  UpdatesFound: "New images",
};

/** Whether it needs attention. */
export function isBad(kind: ChangeKind): boolean {
  return kind === "HostLost" || kind === "ContainerUpdateFailed" || kind === "CertificateExpiring";
}

/** Everything that changed, in one line: `[prod] 2 hosts not ready, 1 host ready again`. */
export function titleOf(from: string, changes: readonly ReportedChange[]): string {
  const counts = byKind(changes).map(([kind, list]) => COUNTED[kind](list.length));
  return `[${from}] ${counts.join(", ")}`;
}

/** A part of a message for people: a heading and its lines. */
export interface Section {
  readonly kind: ChangeKind;
  readonly heading: string;
  readonly lines: readonly string[];
  /** The number of changes that are not shown. */
  readonly more: number;
}

/**
 * The maximum number of lines of each kind, and their maximum length. A message that is too long is made again with
 * lower limits.
 */
const SIZES = [
  { lines: 10, length: 400 },
  { lines: 10, length: 200 },
  { lines: 5, length: 160 },
  { lines: 2, length: 120 },
  { lines: 1, length: 100 },
] as const;

/**
 * The changes by kind, as text for people. Each kind shows some of its changes, for which the namespaces take turns, so
 * that a flood in one does not hide the others.
 * @param maxBytes the limit for all sections together, without markup
 * @param toMarkup adds what the receiver's markup needs
 */
export function sectionsOf(
  { changes }: Pick<Message, "changes">,
  maxBytes: number,
  toMarkup: (text: string) => string = (text) => text,
): readonly Section[] {
  const kinds = byKind(changes).map(([kind, list]) => [kind, inTurns(list)] as const);
  const made = SIZES.map(({ lines, length }) =>
    kinds.map(
      ([kind, list]): Section => ({
        kind,
        heading: HEADINGS[kind],
        lines: list.slice(0, lines).map((change) => toMarkup(lineOf(change, length))),
        more: Math.max(0, list.length - lines),
      }),
    ),
  );
  return made.find((sections) => sizeOf(sections) <= maxBytes) ?? made.at(-1) ?? [];
}

/** What follows the lines of a section; undefined if all of its changes are shown. */
export function moreOf({ more }: Pick<Section, "more">): string | undefined {
  return more === 0 ? undefined : `and ${more} more`;
}

/** The most urgent kinds first. */
function byKind(changes: readonly ReportedChange[]): readonly (readonly [ChangeKind, readonly ReportedChange[]])[] {
  return [...Map.groupBy(changes, ({ change }) => change)].sort(
    ([a], [b]) => CHANGE_KINDS.indexOf(a) - CHANGE_KINDS.indexOf(b),
  );
}

/** Orders the changes so that the namespaces take turns. */
function inTurns(changes: readonly ReportedChange[]): readonly ReportedChange[] {
  const turns = new Turns<ReportedChange>();
  for (const change of changes) turns.add(change.namespace, change);
  return changes.flatMap(() => turns.shift(() => true)?.item ?? []);
}

function lineOf(change: ReportedChange, length: number): string {
  return printable(truncate(`${subjectOf(change)}: ${change.message}`.replace(/\s+/g, " "), length));
}

/** What changed: `fleet/edge-7`, or `fleet/edge-7 web` for a container. */
function subjectOf({ namespace, name, host, container }: ReportedChange): string {
  return `${namespace}/${host ?? name}${container === undefined ? "" : ` ${container}`}`;
}

function sizeOf(sections: readonly Section[]): number {
  const texts = sections.flatMap(({ heading, lines }) => [heading, ...lines, "and 1000 more"]);
  return texts.reduce((sum, text) => sum + Buffer.byteLength(text) + 3, 0);
}
