import { type ContainerUpdateSpec, ContainerUpdateSpecSchema } from "./container-update-spec.ts";
import {
  type ContainerUpdateStatus,
  ContainerUpdateStatusSchema,
  type UpdatePhase,
} from "./container-update-status.ts";
import type { Outcome } from "./failure.ts";
import { GROUP, VERSION } from "./group.ts";
import { type Kind, parseSpecAs, resourceSchema } from "./kind.ts";
import type { ApiObject } from "./object.ts";

export type ContainerUpdateObject = ApiObject<ContainerUpdateStatus>;

/** The reconciler and the notifier, each of which writes its own part of the status. */
export type ContainerUpdateOwner = "replacement" | "notifications";

export const CONTAINER_UPDATE: Kind<ContainerUpdateOwner> = {
  group: GROUP,
  version: VERSION,
  kind: "ContainerUpdate",
  plural: "containerupdates",
  singular: "containerupdate",
  shortNames: ["cupd"],
  categories: ["docker"],
  summary: "One container on one Docker host, and the image digest that it is to run",
  schema: resourceSchema(
    "ContainerUpdate",
    "Replaces one container on one Docker host with a new one that has the same settings and another image. Creating this object approves the update.",
    ContainerUpdateSpecSchema.describe(
      "Which container is replaced, and with which image. Only cancel can be changed later.",
    ),
    ContainerUpdateStatusSchema,
  ),
  spec: ContainerUpdateSpecSchema,
  status: ContainerUpdateStatusSchema,
  columns: [
    { name: "Host", type: "string", jsonPath: ".spec.hostRef.name", description: "The DockerHost." },
    { name: "Container", type: "string", jsonPath: ".spec.container", description: "Name of the container." },
    { name: "Image", type: "string", jsonPath: ".spec.image", description: "Name of the new image." },
    { name: "Phase", type: "string", jsonPath: ".status.phase", description: "How far it is, or how it ended." },
    {
      name: "Downtime",
      type: "string",
      jsonPath: ".status.downtime",
      description: "From the stop of the old container to the start of the new one.",
    },
    { name: "Age", type: "date", jsonPath: ".metadata.creationTimestamp", description: "Age of the object." },
    {
      name: "Message",
      type: "string",
      jsonPath: '.status.conditions[?(@.type=="Ready")].message',
      priority: 1,
      description: "What is being done or how it ended, and what to do.",
    },
  ],
  selectableFields: [".spec.hostRef.name", ".spec.container"],
  owners: { replacement: "rest", notifications: { fields: ["notified"], conditions: [] } },
};

/** The spec with its defaults; the message names each field that does not fit. */
export function parseUpdateSpec(spec: unknown): Outcome<ContainerUpdateSpec> {
  return parseSpecAs(ContainerUpdateSpecSchema, spec);
}

const FINISHED: readonly (UpdatePhase | undefined)[] = ["Succeeded", "RolledBack", "Failed", "Superseded", "Cancelled"];

export function isFinished({ status }: Pick<ContainerUpdateObject, "status">): boolean {
  return FINISHED.includes(status?.phase);
}

/** Whether something may have been changed on the host, and may have to be finished or undone. */
export function isBegun({ status }: Pick<ContainerUpdateObject, "status">): boolean {
  return status?.transaction !== undefined && !FINISHED.includes(status.phase);
}
