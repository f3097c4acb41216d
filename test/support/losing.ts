import type { EngineAccess } from "../../src/replacement/request.ts";
import { intercepted } from "./intercepted.ts";
import { lost } from "./memory-answers.ts";
import type { MemoryDaemon } from "./memory-daemon.ts";

/** Connections to a daemon on which these requests get no answer, one after the other. */
export function losing(daemon: MemoryDaemon, requests: readonly string[], isCarriedOut: boolean) {
  const left = [...requests];
  const open = (): EngineAccess =>
    intercepted(daemon.access(), async (request, send) => {
      if (request !== left[0]) return await send();
      left.shift();
      if (isCarriedOut) await send();
      return lost();
    });
  return { open, left };
}
