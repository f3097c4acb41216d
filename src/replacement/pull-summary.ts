import type { PullEvent } from "../docker/pull-event.ts";

/** A manifest lists at most some hundred layers; a daemon that names more is not worth the memory. */
const MAX_LAYERS = 1_000;
const BAR_WIDTH = 20;

export interface Layer {
  readonly layer: string;
  readonly state: PullEvent["state"];
  /** The downloaded bytes, and the total. */
  readonly current: number;
  readonly total: number;
}

/** What is known about each layer of an image that is being pulled. */
export class PullSummary {
  readonly #layers = new Map<string, Layer>();

  add({ layer, state, current, total }: PullEvent): void {
    const before = this.#layers.get(layer);
    if (before === undefined && this.#layers.size >= MAX_LAYERS) return;
    // While a layer is extracted the daemon counts from the beginning again.
    const isDownload = state === "downloading";
    const size = (isDownload ? total : undefined) ?? before?.total ?? 0;
    const got = isDownloaded(state) ? size : isDownload ? (current ?? before?.current ?? 0) : (before?.current ?? 0);
    this.#layers.set(layer, { layer, state, current: got, total: size });
  }

  get isEmpty(): boolean {
    return this.#layers.size === 0;
  }

  get layers(): readonly Layer[] {
    return [...this.#layers.values()];
  }

  /** `3 of 5 layers, 12.0 MB of 45.6 MB`. */
  get text(): string {
    const { layers } = this;
    const done = layers.filter(({ state }) => state === "complete").length;
    const current = layers.reduce((sum, layer) => sum + layer.current, 0);
    const total = layers.reduce((sum, layer) => sum + layer.total, 0);
    const bytes = total === 0 ? "" : `, ${megabytes(current)} of ${megabytes(total)}`;
    return `${done} of ${layers.length === 1 ? "1 layer" : `${layers.length} layers`}${bytes}`;
  }
}

/** `3f2a9c1d0b44  [##########          ]  12.0 MB of 45.6 MB`. */
export function layerLine({ layer, state, current, total }: Layer): string {
  // The size of a small layer may never be shown.
  const share = isDownloaded(state) ? 1 : total === 0 ? 0 : Math.min(1, current / total);
  const filled = Math.floor(share * BAR_WIDTH);
  const bar = `[${"#".repeat(filled)}${" ".repeat(BAR_WIDTH - filled)}]`;
  const words = state === "downloading" && total > 0 ? `${megabytes(current)} of ${megabytes(total)}` : state;
  return `${layer}  ${bar}  ${words}`;
}

function isDownloaded(state: PullEvent["state"]): boolean {
  return state !== "waiting" && state !== "downloading";
}

function megabytes(bytes: number): string {
  return `${(bytes / 1_000_000).toFixed(1)} MB`;
}
