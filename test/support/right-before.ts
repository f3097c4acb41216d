import { success } from "../../src/common/result.ts";
import type { Progress, ReplacementPorts } from "../../src/replacement/request.ts";

/** Does something right before the first step of this name. */
export function rightBefore(step: Progress["step"], act: () => unknown): Pick<ReplacementPorts, "record"> {
  let isDone = false;
  return {
    record: async (progress) => {
      if (progress.step === step && !isDone) {
        isDone = true;
        await act();
      }
      return success(undefined);
    },
  };
}
