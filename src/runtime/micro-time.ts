import { toTimestamp } from "../common/clock.ts";

/** Formats wall-clock milliseconds as metav1.MicroTime. The API server requires exactly six digits after the point. */
export function toMicroTime(ms: number): string {
  const millis = String(Math.floor(ms) % 1_000).padStart(3, "0");
  return toTimestamp(ms).replace("Z", `.${millis}000Z`);
}
