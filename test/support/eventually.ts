import { vi } from "vitest";

/** Waits until the check no longer throws; long enough for a machine that is busy with other things. */
export async function eventually(check: () => void | Promise<void>): Promise<void> {
  await vi.waitFor(check, { timeout: 60_000, interval: 20 });
}
