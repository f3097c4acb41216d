import type { UpdateItemStatus } from "../api/status.ts";
import type { JudgedContainer } from "./check-report.ts";

/**
 * A failure does not discard a known update: while the container runs the same image, what was available stays,
 * although the verdict is Failed.
 * @param before the items of the last check
 */
export function withLastKnown(
  judged: readonly JudgedContainer[],
  before: readonly UpdateItemStatus[],
): readonly JudgedContainer[] {
  return judged.map((one) => {
    const { container, judgement } = one;
    if (judgement.verdict !== "Failed" || judgement.running === undefined) return one;
    const known = before.find((item) => item.container === container.name && item.image === container.image);
    const wasBehind = known?.verdict === "Outdated" || known?.verdict === "Failed";
    if (!wasBehind || known.available === undefined || known.running !== judgement.running) return one;
    const { available, firstSeen } = known;
    return { container, judgement: { ...judgement, available, ...(firstSeen !== undefined && { firstSeen }) } };
  });
}
