import { CHANGE_KINDS, type ChangeKind } from "../api/changes.ts";
import { printable } from "../common/printable.ts";
import { truncate } from "../common/truncate.ts";
import { Turns } from "../common/turns.ts";
import type { Message, ReportedChange } from "./message.ts";

/**
 * How a title names the changes of each kind.
 * @param hosts the host, or the number of hosts
 * @param containers the container, or the number of containers
 */
const TITLES: Readonly<Record<ChangeKind, (hosts: string, containers: string) => string>> = {
  HostLost: (hosts) => `${hosts} not ready`,
  ContainerUpdateFailed: (_, containers) => `update of ${containers} failed`,
  CertificateExpiring: (hosts) => `certificates of ${hosts} to renew`,
  HostBack: (hosts) => `${hosts} ready again`,
  ContainerUpdated: (_, containers) => `${containers} updated`,
  UpdatesFound: (hosts) => `new images for ${hosts}`,
};
/** A longer name would hide what follows it in a title. */
const MAX_NAME = 80;

/** The heading of a kind of changes in a message. */
export const HEADINGS: Readonly<Record<ChangeKind, string>> = {
  HostLost: "Not ready",
  ContainerUpdateFailed: "Container updates that failed",
  CertificateExpiring: "Certificates to renew",
  HostBack: "Ready again",
  ContainerUpdated: "Containers that were updated",
  UpdatesFound: "New images",
};

const BAD: readonly ChangeKind[] = ["HostLost", "ContainerUpdateFailed", "CertificateExpiring"];

/** Whether somebody has to do something. */
export function isAlarm({ changes }: Pick<Message, "changes">): boolean {
  return standing(changes).some(({ change }) => BAD.includes(change));
}

/** The changes that still hold at the end of the message: a host may be lost and back within it. */
function standing(changes: readonly ReportedChange[]): readonly ReportedChange[] {
  const isConnection = ({ change }: ReportedChange) => change === "HostLost" || change === "HostBack";
  const last = new Map(changes.filter(isConnection).map((each) => [objectOf(each), each.change]));
  return changes.filter((each) => !isConnection(each) || last.get(objectOf(each)) === each.change);
}

function objectOf({ namespace, name }: ReportedChange): string {
  return `${namespace}/${name}`;
}

/** Everything that changed, in one line: `[prod] 2 hosts not ready, fleet/edge-7 ready again`. */
export function titleOf(from: string, changes: readonly ReportedChange[]): string {
  const parts = byKind(standing(changes)).map(([kind, list]) => {
    // One object can have several changes of a kind, such as a new image and a new tag.
    const objects = new Map(list.map((change) => [objectOf(change), change]));
    const [only] = objects.size === 1 ? objects.values() : [];
    const name = only === undefined ? "" : printable(subjectOf(only));
    const isNamed = name !== "" && name.length <= MAX_NAME;
    const counted = (one: string) => (isNamed ? name : `${objects.size} ${one}${objects.size === 1 ? "" : "s"}`);
    return TITLES[kind](counted("host"), counted("container"));
  });
  return `[${from}] ${parts.join(", ")}`;
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
        lines: linesOf(list.slice(0, lines), length).map(toMarkup),
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

/** The same advice is given only once. */
function linesOf(changes: readonly ReportedChange[], length: number): readonly string[] {
  const given = new Set<string>();
  return changes.map((change) => {
    const message = change.message.replace(/\s+/g, " ").replace(DIGEST, "$1");
    const [, problem = message, advice = ""] = /^(.*?[^.])\. (.*)$/.exec(message) ?? [];
    const isRepeated = advice !== "" && given.has(advice);
    given.add(advice);
    return printable(truncate(`${subjectOf(change)}: ${isRepeated ? problem : message}`, length));
  });
}

/** Of a digest, people read only the beginning. */
const DIGEST = /\b(sha256:[0-9a-f]{12})[0-9a-f]{52}\b/g;

/** What changed: `fleet/edge-7`, or `fleet/edge-7 web` for a container. */
function subjectOf({ namespace, name, host, container }: ReportedChange): string {
  return `${namespace}/${host ?? name}${container === undefined ? "" : ` ${container}`}`;
}

function sizeOf(sections: readonly Section[]): number {
  const texts = sections.flatMap(({ heading, lines }) => [heading, ...lines, "and 1000 more"]);
  return texts.reduce((sum, text) => sum + Buffer.byteLength(text) + 3, 0);
}
