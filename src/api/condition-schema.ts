import * as z from "zod";
import type { ConditionType } from "./condition-types.ts";
import { timestamp } from "./schema.ts";

export const MAX_MESSAGE_LENGTH = 1024;

/** @param types the kind's own; other writers may add further ones, and the API server must let them */
function conditionSchema(types: readonly string[]) {
  return z.object({
    type: z
      .string()
      .max(316)
      .describe(`Which condition this is; the operator's own are ${types.join(", ")}.`) as z.ZodType<ConditionType>,
    status: z.enum(["True", "False", "Unknown"]).describe("Whether it holds."),
    observedGeneration: z.int().min(0).describe("metadata.generation for which the condition was evaluated."),
    lastTransitionTime: timestamp("When status last changed."),
    reason: z.string().max(128).describe("The cause, as one word of the table of reasons."),
    message: z
      .string()
      .max(MAX_MESSAGE_LENGTH)
      .describe("The cause in words: what failed, where, why, and the next step."),
  });
}

export type Condition = z.output<ReturnType<typeof conditionSchema>>;

/** The conditions in the status of a kind. */
export function conditionList(types: readonly string[], describe: string) {
  return z
    .array(conditionSchema(types))
    .max(16)
    .optional()
    .meta({ "x-kubernetes-list-type": "map", "x-kubernetes-list-map-keys": ["type"] })
    .describe(describe);
}
