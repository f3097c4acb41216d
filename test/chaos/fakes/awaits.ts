import { AsyncLocalStorage, createHook } from "node:async_hooks";

/** Where a frame of the product's own code lies: `src/dockerhost/ports.ts:12:3`. */
const OWN_FRAME = /[/](src[/][^:()]+[.]ts:\d+:\d+)\)?$/;
const OWN_FILE = /[/]src[/][^:()]+[.]ts$/;
/** A frame of the hook itself, or of node's own promises: the function with the await is below it. */
const HOOK_FRAME = /node:internal|awaits[.]ts|node:async_hooks/;

/** Where an await is. */
export interface Place {
  /** Costs little, and differs between awaits. */
  readonly key: string;
  /** `src/dockerhost/ports.ts:12:3`: takes long to find, because the runner looks it up in the maps of the sources. */
  readonly text: () => string;
}

/**
 * Runs `run` and calls `onResumed` each time that one of the product's own async functions continues after an await in
 * it, until it returns true: watching takes longer than what is watched. Awaits within libraries are left out: a function
 * of ours awaits them.
 */
export async function watchAwaits<T>(run: () => Promise<T>, onResumed: (place: Place) => boolean): Promise<T> {
  const inRun = new AsyncLocalStorage<true>();
  const places = new Map<number, Place>();
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
      if (onResumed(place)) hook.disable();
    },
  });
  hook.enable();
  try {
    return await inRun.run(true, run);
  } finally {
    hook.disable();
  }
}

/** Undefined if the innermost function, which is the one that awaits, is not the product's own. */
function ownPlace(): Place | undefined {
  const { prepareStackTrace, stackTraceLimit } = Error;
  Error.stackTraceLimit = 8;
  Error.prepareStackTrace = (_, sites) => sites;
  const error = new Error("place");
  const sites: unknown = error.stack;
  Object.assign(Error, { prepareStackTrace, stackTraceLimit });
  if (!Array.isArray(sites)) return undefined;
  const site = sites.find((each: NodeJS.CallSite) => isOfCode(each.getFileName() ?? ""));
  const file = site?.getFileName() ?? "";
  if (site === undefined || !OWN_FILE.test(file)) return undefined;
  return {
    key: `${file}:${site.getLineNumber()}:${site.getColumnNumber()}`,
    text: () => {
      const text = String(prepareStackTrace?.(error, [site]));
      return OWN_FRAME.exec(text)?.[1] ?? text;
    },
  };
}

function isOfCode(file: string): boolean {
  return file !== "" && !HOOK_FRAME.test(file);
}
