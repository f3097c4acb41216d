import * as z from "zod";
import { changeList, notifiedOf } from "./changes.ts";
import { conditionList } from "./condition-schema.ts";
import { CONDITION_TYPES_OF } from "./condition-types.ts";
import { timestamp } from "./schema.ts";
import { MAX_DIGEST_LENGTH, MAX_IMAGE_LENGTH, MAX_NAME_LENGTH, MAX_WARNING_LENGTH } from "./status.ts";

export const UPDATE_PHASES = [
  "Pending",
  "Pulling",
  "Replacing",
  "Verifying",
  "Succeeded",
  "RollingBack",
  "RolledBack",
  "Failed",
  "Superseded",
  "Cancelled",
] as const;
export type UpdatePhase = (typeof UPDATE_PHASES)[number];

export const MAX_PLANNED = 50;
/** As many as the label of a new container names. */
export const MAX_RESTARTS = 100;
export const MAX_PLAN_WARNINGS = 16;

const word = (describe: string, max = MAX_NAME_LENGTH) => z.string().max(max).describe(describe);
const imageId = (describe: string) => word(describe, MAX_DIGEST_LENGTH);

const planned = z.object({
  name: word("Name of the container."),
  id: word("ID of the container before the update.", 64),
  action: z
    .enum(["Replace", "Restart"])
    .describe("Replace: it is created again, with its settings and data. Restart: it is restarted afterwards."),
  because: word("Why it is touched, if it is not the container of the spec.", MAX_WARNING_LENGTH).optional(),
});

const member = {
  oldID: word("ID of the old container.", 64),
  newID: word("ID of the new container, once it exists.", 64).optional(),
  wasRunning: z.boolean().describe("Whether the old container ran before the update."),
  restartPolicy: z
    .object({
      name: word("Name of the policy.", 64),
      maximumRetryCount: z.int32().optional().describe("How often on-failure restarts it."),
    })
    .optional()
    .describe("The old container's own restart policy, which is disabled during the update."),
};

const transaction = z.object({
  id: word("Marks the names and labels of the containers that the update creates and renames.", 12),
  step: word("The last step that was announced.", 32),
  ...member,
  dependants: z
    .array(z.object({ name: word("Name of the container."), ...member }))
    .max(MAX_PLANNED)
    .optional()
    .meta({ "x-kubernetes-list-type": "atomic" })
    .describe("The same for containers that are replaced with it."),
  restarting: z
    .array(z.string().max(64))
    .max(MAX_RESTARTS)
    .optional()
    .meta({ "x-kubernetes-list-type": "atomic" })
    .describe("IDs of the other containers whose restart has begun. The rest stay as they are found after a crash."),
  undone: z
    .int32()
    .min(0)
    .optional()
    .describe("How often the update was interrupted and undone, so that it had to start again."),
});

/** The wire form of `status`. One reconciler owns all of it, except `notified`. */
export const ContainerUpdateStatusSchema = z
  .object({
    observedGeneration: z.int().min(-1).optional().describe("metadata.generation that was last processed; -1 before."),
    conditions: conditionList(CONDITION_TYPES_OF.ContainerUpdate, "The conditions of the update."),
    phase: z.enum(UPDATE_PHASES).optional().describe("How far the update is, or how it ended."),
    plan: z
      .object({
        containers: z
          .array(planned)
          .max(MAX_PLANNED)
          .meta({ "x-kubernetes-list-type": "atomic" })
          .describe("The containers that are touched, with the one of the spec first."),
        warnings: z
          .array(z.string().max(MAX_WARNING_LENGTH))
          .max(MAX_PLAN_WARNINGS)
          .optional()
          .meta({ "x-kubernetes-list-type": "atomic" })
          .describe("What cannot be carried over, and what will differ from a Compose file or another tool."),
        longestStop: word("The longest time that stopping the containers may take, such as 20s.", 32).optional(),
      })
      .optional()
      .describe("What the update does, stored before anything is changed."),
    transaction: transaction
      .optional()
      .describe("What the controller needs to finish or undo the update after a crash."),
    before: z
      .object({
        image: word("Name of the image from which the container was created.", MAX_IMAGE_LENGTH).optional(),
        imageID: imageId("ID of the image on the host."),
        digest: imageId("Digest of the image in its registry, if the host knows it.").optional(),
      })
      .optional()
      .describe("What the container ran before the update."),
    after: z
      .object({
        imageID: imageId("ID of the image on the host.").optional(),
        digest: imageId("Digest of the image in its registry."),
      })
      .optional()
      .describe("What the container runs after a successful update."),
    downtime: word("From the stop of the old container to the start of the new one, such as 1.8s.", 32).optional(),
    startTime: timestamp("When the update began.").optional(),
    completionTime: timestamp("When the update ended.").optional(),
    changes: changeList("How it ended, for the receiver of notifications. Absent without --notify."),
    notified: notifiedOf({ replacement: "changes" }),
  })
  .describe("The last known state of the update.");

export type ContainerUpdateStatus = z.output<typeof ContainerUpdateStatusSchema>;
export type UpdateTransaction = z.output<typeof transaction>;
