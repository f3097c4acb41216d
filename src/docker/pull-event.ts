import * as z from "zod";
import { parseBoundedJson } from "../common/bounded-json.ts";
import { printable } from "../common/printable.ts";

/** containerd puts the cause at the end, behind digests and paths. */
const MAX_PROBLEM = 4096;

/** An event of one layer while an image is pulled. */
export interface PullEvent {
  /** The short id of the layer. */
  readonly layer: string;
  readonly state: "waiting" | "downloading" | "verifying" | "downloaded" | "extracting" | "complete";
  /** Bytes, known to the daemon while it downloads or extracts the layer. */
  readonly current?: number;
  readonly total?: number;
}

const bytes = z.number().nonnegative().nullish().catch(null);
const PullItem = z.object({
  status: z.string().nullish(),
  id: z.string().max(200).nullish(),
  progressDetail: z.object({ current: bytes, total: bytes }).nullish().catch(null),
  error: z.string().nullish(),
  errorDetail: z.object({ message: z.string().nullish() }).nullish().catch(null),
});

const STATES: Readonly<Record<string, PullEvent["state"]>> = {
  "Pulling fs layer": "waiting",
  Waiting: "waiting",
  Retrying: "waiting",
  Downloading: "downloading",
  "Verifying Checksum": "verifying",
  "Download complete": "downloaded",
  Extracting: "extracting",
  "Pull complete": "complete",
  "Already exists": "complete",
};

/**
 * Parses one line of a pull's answer; undefined if it contains nothing that is needed. An error is the daemon's own text,
 * which must be shortened before it is shown.
 */
export function readPullItem(line: Buffer): { readonly event?: PullEvent; readonly error?: string } | undefined {
  const parsed = PullItem.safeParse(parseBoundedJson(line.toString("utf8"), 1_000));
  if (!parsed.success) return undefined;
  const { status, id, progressDetail, error, errorDetail } = parsed.data;
  const problem = error ?? errorDetail?.message;
  if (problem != null) return { error: problem.slice(0, MAX_PROBLEM) };
  const word = status ?? "";
  const state = Object.hasOwn(STATES, word) ? STATES[word] : undefined;
  if (id == null || state === undefined) return undefined;
  const { current, total } = progressDetail ?? {};
  return {
    event: {
      layer: printable(id),
      state,
      ...(current != null && { current }),
      ...(total != null && total > 0 && { total }),
    },
  };
}
