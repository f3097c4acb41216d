import { it } from "vitest";
import { stopped } from "./ends.ts";
import { endAtEveryAwait } from "./every-await.ts";

it.each(["a host with an update", "a host that got another spec"] as const)(
  "%s ends the same, and nothing is reported twice, at whichever await a pass is stopped",
  { timeout: 300_000 },
  (situation) => endAtEveryAwait(situation, stopped),
);
