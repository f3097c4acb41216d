import type { Outcome } from "./failure.ts";
import { GROUP, VERSION } from "./group.ts";
import { type FieldName, type Kind, parseSpecAs, resourceSchema } from "./kind.ts";
import type { ApiObject } from "./object.ts";
import { PRINTER_COLUMNS } from "./printer-columns.ts";
import { type DockerHostSpec, DockerHostSpecSchema } from "./spec.ts";
import { type DockerHostStatus, DockerHostStatusSchema } from "./status.ts";

/** Annotations that ask for a reconcile now: any new value does. Each is echoed in its own field of the status. */
export const REQUESTED_AT = "dockerhost.dev/requestedAt";
export const FLUX_REQUESTED_AT = "reconcile.fluxcd.io/requestedAt";

export type DockerHostObject = ApiObject<DockerHostStatus>;

/** The two reconcilers of a DockerHost and the notifier, each of which writes its own part of the status. */
export type StatusOwner = "connection" | "updates" | "notifications";

export const DOCKER_HOST: Kind<StatusOwner> = {
  group: GROUP,
  version: VERSION,
  kind: "DockerHost",
  plural: "dockerhosts",
  singular: "dockerhost",
  shortNames: ["dhost"],
  categories: ["all", "docker"],
  summary: "A machine that runs Docker or Podman, reached over TLS, SSH or a socket",
  schema: resourceSchema(
    "DockerHost",
    "A machine that runs Docker: how it is reached, and what was last seen of it.",
    DockerHostSpecSchema.prefault({}).describe("The wanted state of the Docker host."),
    DockerHostStatusSchema,
  ),
  spec: DockerHostSpecSchema,
  status: DockerHostStatusSchema,
  columns: PRINTER_COLUMNS,
  selectableFields: [".spec.suspend"],
  owners: {
    connection: "rest",
    updates: { fields: ["updates", "updateChanges"], conditions: ["UpdateCheckSucceeded", "UpdatesAvailable"] },
    notifications: { fields: ["notified"], conditions: [] },
  },
};

/** The spec with its defaults; the message names each field that does not fit, as `nameOf` calls it. */
export function parseSpec(spec: unknown, nameOf?: FieldName): Outcome<DockerHostSpec> {
  return parseSpecAs(DockerHostSpecSchema, spec, nameOf);
}
