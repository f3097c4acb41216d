import { z } from "zod";
import { success } from "../common/result.ts";
import { failed, type Outcome } from "./failure.ts";
import { type DockerHostSpec, DockerHostSpecSchema } from "./spec.ts";
import { type DockerHostStatus, DockerHostStatusSchema } from "./status.ts";

export const GROUP = "dockerhost.dev";
export const VERSION = "v1alpha1";
export const API_VERSION = `${GROUP}/${VERSION}`;
export const KIND = "DockerHost";
export const PLURAL = "dockerhosts";

/** Annotations that ask for a reconcile now: any new value does. Each is echoed in its own field of the status. */
export const REQUESTED_AT = "dockerhost.dev/requestedAt";
export const FLUX_REQUESTED_AT = "reconcile.fluxcd.io/requestedAt";

/** metadata as far as the product reads it. */
export interface DockerHostMetadata {
  readonly name: string;
  readonly namespace: string;
  readonly uid?: string;
  readonly generation: number;
  readonly resourceVersion?: string;
  readonly creationTimestamp?: string;
  readonly deletionTimestamp?: string;
  readonly annotations?: Readonly<Record<string, string>>;
}

/** A DockerHost as it is stored: the spec unparsed, since an object of another version may not fit. */
export interface DockerHostObject {
  readonly apiVersion?: string;
  readonly kind?: string;
  readonly metadata: DockerHostMetadata;
  readonly spec?: unknown;
  readonly status?: DockerHostStatus;
}

/** The whole resource, for the CustomResourceDefinition. */
export const DockerHostSchema = z
  .object({
    apiVersion: z.string().max(64).optional().describe("Version of this schema."),
    kind: z.string().max(64).optional().describe("DockerHost."),
    metadata: z.looseObject({}).optional(),
    spec: DockerHostSpecSchema.prefault({}).describe("What is wanted of the Docker host."),
    status: DockerHostStatusSchema.optional(),
  })
  .describe("A machine that runs Docker: how it is reached, and what was last seen of it.");

/** The spec with its defaults; the message names each field that does not fit. */
export function parseSpec(spec: unknown): Outcome<DockerHostSpec> {
  const parsed = DockerHostSpecSchema.safeParse(spec ?? {});
  if (parsed.success) return success(parsed.data);
  const problems = parsed.error.issues.map(({ path, message }) => `${z.core.toDotPath(["spec", ...path])}: ${message}`);
  return failed("InvalidSpec", problems.slice(0, 8).join("; "));
}
