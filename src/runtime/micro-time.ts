import { toTimestamp } from "../common/clock.ts";

/** metav1.MicroTime of a wall clock's milliseconds: the API server refuses any other number of digits than six. */
export function toMicroTime(ms: number): string {
  const millis = String(Math.floor(ms) % 1_000).padStart(3, "0");
  return toTimestamp(ms).replace("Z", `.${millis}000Z`);
}
