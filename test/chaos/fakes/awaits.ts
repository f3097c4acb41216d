import { AsyncLocalStorage, createHook } from "node:async_hooks";

/** Where a frame of the product's own code lies: `src/dockerhost/ports.ts:12:3`. */
const OWN_FRAME = /[/](src[/][^:()]+[.]ts:\d+:\d+)\)?$/;
/** A frame of the hook itself, or of node's own promises: the function with the await is below it. */
const HOOK_FRAME = /node:internal|awaits[.]ts|node:async_hooks/;

/**
 * Runs `run` and calls `onResumed` each time that one of the product's own async functions goes on after an await in
 * it, with the place of the await. Awaits within libraries are left out: a function of ours awaits them.
 */
export async function watchAwaits<T>(run: () => Promise<T>, onResumed: (place: string) => void): Promise<T> {
  const inRun = new AsyncLocalStorage<true>();
  const places = new Map<number, string>();
  const hook = createHook({
    init(id, type) {
      if (type !== "PROMISE" || inRun.getStore() === undefined) return;
      const place = ownPlace();
      if (place !== undefined) places.set(id, place);
    },
    before(id) {
      const place = places.get(id);
      if (place === undefined) return;
      places.delete(id);
      onResumed(place);
    },
  });
  hook.enable();
  try {
    return await inRun.run(true, run);
  } finally {
    hook.disable();
  }
}

function ownPlace(): string | undefined {
  const limit = Error.stackTraceLimit;
  Error.stackTraceLimit = 8;
  const frames = new Error().stack?.split("\n").slice(1) ?? [];
  Error.stackTraceLimit = limit;
  const frame = frames.find((each) => !HOOK_FRAME.test(each));
  return frame === undefined ? undefined : OWN_FRAME.exec(frame)?.[1];
}
