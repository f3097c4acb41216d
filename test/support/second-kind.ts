import { z } from "zod";
import { conditionList } from "../../src/api/condition-schema.ts";
import { GROUP, VERSION } from "../../src/api/group.ts";
import { type Kind, resourceSchema } from "../../src/api/kind.ts";

const spec = z.object({
  target: z.string().max(64).describe("Where to go."),
  retries: z.int32().min(0).default(3).describe("How often it is tried."),
});

const status = z
  .object({
    observedGeneration: z.int().min(-1).optional().describe("The generation that was processed."),
    phase: z.enum(["Pending", "Done"]).optional().describe("How far it is."),
    conditions: conditionList(["Ready"], "The conditions."),
  })
  .describe("What was last known.");

export type ErrandStatus = z.output<typeof status>;

/** A second kind, which the product does not have: what is made for kinds must work for more than one. */
export const ERRAND: Kind<"runner"> = {
  group: GROUP,
  version: VERSION,
  kind: "Errand",
  plural: "errands",
  singular: "errand",
  shortNames: ["err"],
  categories: ["docker"],
  summary: "Something to do",
  schema: resourceSchema("Errand", "Something to do.", spec.describe("What is wanted."), status),
  spec,
  status,
  columns: [{ name: "Phase", type: "string", jsonPath: ".status.phase", description: "How far it is." }],
  selectableFields: [],
  owners: { runner: "rest" },
};
