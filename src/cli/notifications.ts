import { hostname } from "node:os";
import { CHANGE_KINDS, type ChangeKind } from "../api/changes.ts";
import type { Clock } from "../common/clock.ts";
import { createDialGuard } from "../common/dial-guard.ts";
import type { Logger } from "../common/logger.ts";
import { trustRoots } from "../common/trust-roots.ts";
import { createDelivery, type Deliver } from "../notify/delivery.ts";
import { FORMATS, type FormatName } from "../notify/formats/formats.ts";
import { Notifier, type NotifierOptions } from "../notify/notifier.ts";
import { readReceiver } from "../notify/receiver.ts";
import type { Metrics } from "../telemetry/metrics/metrics.ts";
import { UsageError } from "./exit-codes.ts";

export interface ReceiverFlags {
  readonly notify?: string | undefined;
  readonly notifyFormat: FormatName;
  readonly notifyKeyFile?: string | undefined;
  readonly notifyCaFile?: string | undefined;
  readonly notifyName?: string | undefined;
}

export interface NotifyFlags extends ReceiverFlags {
  readonly notifyChanges?: readonly ChangeKind[] | undefined;
  /** Milliseconds. */
  readonly notifyWindow: number;
}

/** What the flags say about a receiver. */
export interface OpenReceiver {
  readonly deliver: Deliver;
  readonly from: string;
}

/** Throws a UsageError if the flags or their files are wrong. Undefined without --notify. */
export async function openReceiver(
  flags: ReceiverFlags,
  { clock, signal, logger }: { readonly clock: Clock; readonly signal: AbortSignal; readonly logger: Logger },
): Promise<OpenReceiver | undefined> {
  const { notify: url, notifyFormat: format, notifyKeyFile: key, notifyCaFile: ca } = flags;
  if (url === undefined) {
    const lonely = key !== undefined ? "--notify-key-file" : ca !== undefined ? "--notify-ca-file" : undefined;
    if (lonely !== undefined) throw new UsageError(`${lonely} needs --notify`);
    return undefined;
  }
  if (format === "cloudevents" && key === undefined) {
    throw new UsageError(
      "--notify needs --notify-key-file with the format cloudevents, so that the receiver can verify who sends a message; choose the format of a chat with --notify-format",
    );
  }
  const files = { url, key, ca };
  const receiver = await readReceiver(files, signal);
  if (!receiver.ok) throw new UsageError(receiver.failure);
  if (receiver.value.url.protocol === "http:")
    logger.warn("Notifications are sent in plaintext, because the URL in the file of --notify begins with http://");
  const roots = trustRoots();
  return {
    deliver: createDelivery({
      files,
      format: FORMATS[format],
      // The person who sets the flags also sets the denied networks, which are there for users who write DockerHosts. Only what
      // gives the machine's credentials to anybody who asks stays denied.
      guard: createDialGuard({ denied: [], allowed: [], loopback: true }),
      roots: () => roots,
      clock,
    }),
    from: flags.notifyName ?? hostname(),
  };
}

export interface NotifierParts extends Omit<NotifierOptions, keyof OpenReceiver | "windowMs" | "observer" | "graceMs"> {
  readonly receiver: OpenReceiver;
  readonly metrics: Metrics;
  /** The longest time that an attempt may delay the end of the program. */
  readonly graceMs: number;
}

/** A receiver gets less time than the work on hosts. */
const LONGEST_GRACE_MS = 5_000;

/** Connects the notifier with its receiver and its metrics. */
export function createNotifier(
  { notifyWindow: windowMs }: NotifyFlags,
  { receiver, metrics, ...parts }: NotifierParts,
): Notifier {
  const observer = metrics.notifications();
  const graceMs = Math.min(parts.graceMs, LONGEST_GRACE_MS);
  const notifier = new Notifier({ ...parts, ...receiver, windowMs, graceMs, observer });
  metrics.notifier(notifier, () => parts.leadership?.isLeader ?? true);
  return notifier;
}

/** Which changes the reconcilers record for the receiver; undefined without one. */
export function notifiedChanges({ notify, notifyChanges }: NotifyFlags): ReadonlySet<ChangeKind> | undefined {
  return notify === undefined ? undefined : new Set(notifyChanges ?? CHANGE_KINDS);
}
