import { it } from "vitest";
import { killed } from "./ends.ts";
import { endAtEveryAwait } from "./every-await.ts";
import { situations } from "./situations.ts";

it.each(situations)(
  "%s ends the same, and nothing is reported twice, at whichever await the process is killed",
  { timeout: 300_000 },
  (situation) => endAtEveryAwait(situation, killed),
);
