import { setTimeout } from "node:timers/promises";

const POLL_MS = 50;

/**
 * Checks the condition repeatedly, for at most `ms`, and returns whether it became true. Throws immediately what the
 * condition throws.
 */
export async function comesTrue(ms: number, condition: () => Promise<boolean>): Promise<boolean> {
  const deadline = performance.now() + ms;
  while (!(await condition())) {
    if (performance.now() > deadline) return false;
    await setTimeout(POLL_MS);
  }
  return true;
}

/** The same for what must come to hold; `what` completes "waited in vain for ...". */
export async function waitUntil(what: string, ms: number, condition: () => Promise<boolean>): Promise<void> {
  if (!(await comesTrue(ms, condition))) throw new Error(`waited ${ms / 1000} s in vain for ${what}`);
}
