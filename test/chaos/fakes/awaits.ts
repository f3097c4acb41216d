import { AsyncLocalStorage, createHook } from "node:async_hooks";

/** Where a frame of the product's own code lies: `src/dockerhost/ports.ts:12:3`. */
const OWN_FRAME = /[/](src[/][^:()]+[.]ts:\d+:\d+)\)?$/;
const OWN_FILE = /[/]src[/][^:()]+[.]ts$/;
/** A frame of the hook itself, or of node's own promises: the function with the await is below it. */
const HOOK_FRAME = /node:internal|awaits[.]ts|node:async_hooks/;

/**
 * Runs `run` and calls `onResumed` each time that one of the product's own async functions goes on after an await in
 * it, with the place of the await, which takes long to find. Awaits within libraries are left out: a function of ours awaits them.
 */
export async function watchAwaits<T>(run: () => Promise<T>, onResumed: (place: () => string) => void): Promise<T> {
  const inRun = new AsyncLocalStorage<true>();
  const places = new Map<number, () => string>();
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

/** Undefined if the innermost function is not the product's own. */
function ownPlace(): (() => string) | undefined {
  const limit = Error.stackTraceLimit;
  Error.stackTraceLimit = 8;
  // Its text is made only when it is wanted, because the runner then looks up the lines of the sources.
  const place = new Error("place");
  const isOwn = OWN_FILE.test(innermostFile() ?? "");
  Error.stackTraceLimit = limit;
  if (!isOwn) return undefined;
  return () => {
    const frame = place.stack
      ?.split("\n")
      .slice(1)
      .find((each) => !HOOK_FRAME.test(each));
    return OWN_FRAME.exec(frame ?? "")?.[1] ?? "";
  };
}

/** The file of the function that awaits, without the text of the whole stack. */
function innermostFile(): string | undefined {
  const { prepareStackTrace } = Error;
  Error.prepareStackTrace = (_, sites) => sites;
  try {
    const sites: unknown = new Error("sites").stack;
    if (!Array.isArray(sites)) return undefined;
    const files = sites.map((site: NodeJS.CallSite) => site.getFileName() ?? "");
    return files.find((file) => file !== "" && !HOOK_FRAME.test(file));
  } finally {
    Error.prepareStackTrace = prepareStackTrace;
  }
}
