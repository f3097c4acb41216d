import * as z from "zod";
import { changeList, notifiedOf } from "./changes.ts";
import { type Condition, conditionList, MAX_MESSAGE_LENGTH } from "./condition-schema.ts";
import { CONDITION_TYPES_OF } from "./condition-types.ts";
import { timestamp } from "./schema.ts";

/** How the connection is protected. */
const TLS_MODES = ["None", "Unverified", "ServerVerified", "Mutual"] as const;
export type TlsMode = (typeof TLS_MODES)[number];

/** The result of the check for one container. */
export const VERDICTS = [
  "UpToDate",
  "Outdated",
  "RestartPending",
  "Pinned",
  "LocalImage",
  "Excluded",
  "TooYoung",
  "Failed",
] as const;

/** How far a newer tag is from the one that runs. */
const TAG_CHANGES = ["Patch", "Minor", "Major"] as const;
export type TagChange = (typeof TAG_CHANGES)[number];

export const MAX_WARNINGS = 8;
export const MAX_WARNING_LENGTH = 512;
export const MAX_UPDATE_ITEMS = 50;
export const MAX_SEEN = 200;
export const MAX_NAME_LENGTH = 256;
export const MAX_IMAGE_LENGTH = 512;
/** The longest, of sha512, has 135 characters. */
export const MAX_DIGEST_LENGTH = 160;

const word = (describe: string, max = MAX_NAME_LENGTH) => z.string().max(max).describe(describe);
const count = (describe: string) => z.int32().min(0).describe(describe);

const certificate = z.object({
  subject: word("Distinguished name of the subject.", 1024),
  issuer: word("Distinguished name of the issuer.", 1024),
  notBefore: timestamp("Start of validity."),
  notAfter: timestamp("End of validity."),
  fingerprint: word("SHA-256 of the certificate (DER), in hexadecimal.", 64),
});

const triedCredentials = z.object({
  secret: word("Name of the Secret; if only a CA is referenced, the Secret with the CA."),
  fingerprint: word(
    "SHA-256 in hexadecimal, over the certificates (DER; the client's with its chain, then the CA's) or the SSH public key; " +
      "it does not include the private key.",
    64,
  ),
  since: timestamp("When these credentials were first tried or accepted."),
});

const updateItem = z.object({
  container: word("Name of the container."),
  image: word("Image as the container was created with it.", MAX_IMAGE_LENGTH),
  verdict: z.enum(VERDICTS).describe("The result of the check."),
  running: word("Digest of the running image.", MAX_DIGEST_LENGTH).optional(),
  available: word(
    "Digest of the tag in the registry; if the check failed, the last known update.",
    MAX_DIGEST_LENGTH,
  ).optional(),
  firstSeen: timestamp("When that digest was first seen as an update.").optional(),
  newerTag: z
    .object({
      tag: word("The newest tag that spec.updateCheck.tags selects.", 128),
      change: z
        .enum(TAG_CHANGES)
        .describe("The first part of the version that differs. Major if the version has no parts."),
    })
    .optional()
    .describe("A newer version in the same repository. It does not change the verdict."),
  answeredBy: z
    .enum(["Operator", "Host"])
    .optional()
    .describe("Who asked the registry: this program, or the daemon of the host on its behalf."),
  reason: word("Why the check of this container failed, or which rule excludes it.", 128).optional(),
  message: word("The reason in words.", MAX_MESSAGE_LENGTH).optional(),
});

const seenDigest = z.object({
  image: word("Short name of the image with its tag.", MAX_IMAGE_LENGTH),
  digest: word("Digest of the tag in a registry that differed from the running image.", MAX_DIGEST_LENGTH),
  at: timestamp("When it was first seen."),
  announced: z.boolean().optional().describe("Whether an event has reported it."),
});

const updates = z.object({
  lastCheckTime: timestamp("When the last check that could list the containers ended.").optional(),
  nextCheckTime: timestamp("When the next check is due.").optional(),
  lastHandledRequestedAt: word("Value of dockerhost.dev/requestedAt that the last check answered.", 512).optional(),
  lastHandledReconcileAt: word(
    "Value of reconcile.fluxcd.io/requestedAt that the last check answered.",
    512,
  ).optional(),
  total: count("All containers: the sum of the counts below, except newerTags.").optional(),
  upToDate: count("Containers whose image matches the registry.").optional(),
  outdated: count("Containers for which the registry has another image.").optional(),
  restartPending: count("Containers whose newer image was pulled, but that still run the old one.").optional(),
  pinned: count("Containers whose image is pinned by digest.").optional(),
  local: count("Containers whose image was built on the host and is not in a registry.").optional(),
  tooYoung: count("Containers whose update has not been seen for long enough.").optional(),
  excluded: count("Containers that the selection excludes.").optional(),
  failed: count("Containers whose check failed.").optional(),
  newerTags: count("Containers with a newer tag, regardless of their verdict.").optional(),
  items: z
    .array(updateItem)
    .max(MAX_UPDATE_ITEMS)
    .optional()
    .meta({ "x-kubernetes-list-type": "atomic" })
    .describe("The individual containers, with outdated and failed ones first."),
  truncated: z.boolean().optional().describe("Whether the list of items is incomplete."),
  seen: z
    .array(seenDigest)
    .max(MAX_SEEN)
    .optional()
    .meta({ "x-kubernetes-list-type": "atomic" })
    .describe("Updates and when they were first seen, for spec.updateCheck.minimumAge and for events."),
});

/** The wire form of `status`. Everything is optional: the reconcilers fill it step by step. */
export const DockerHostStatusSchema = z
  .object({
    observedGeneration: z
      .int()
      .min(-1)
      .optional()
      .describe("metadata.generation of the last completed attempt; -1 before the first."),
    conditions: conditionList(CONDITION_TYPES_OF.DockerHost, "The conditions of the host."),
    endpoint: word("The endpoint in use, after normalization.", 600).optional(),
    tlsMode: z
      .enum(TLS_MODES)
      .optional()
      .describe(
        "None: plaintext or a local socket. Unverified: TLS without verification. ServerVerified: only the server shows a certificate. Mutual: both do.",
      ),
    warnings: z
      .array(z.string().max(MAX_WARNING_LENGTH))
      .max(MAX_WARNINGS)
      .optional()
      .meta({ "x-kubernetes-list-type": "atomic" })
      .describe("Settings of the spec that are unsafe or have no effect, and certificates that are weak or unused."),
    engine: z
      .object({
        id: word("The daemon's ID.").optional(),
        name: word("Which engine answers: Docker or Podman.", 64).optional(),
        hostname: word("Name of the machine.").optional(),
        version: word("Version of the engine.").optional(),
        apiVersion: word("Version of the Docker API in use.", 16).optional(),
        minAPIVersion: word("Oldest version of the Docker API that the daemon supports.", 16).optional(),
        os: word("Operating system.", 64).optional(),
        arch: word("Architecture.", 64).optional(),
        imageStore: z.enum(["graphdriver", "containerd"]).optional().describe("Where the daemon keeps its images."),
      })
      .optional()
      .describe("The daemon, as last seen."),
    certificates: z
      .object({
        nextExpiry: timestamp("When the first of them expires.").optional(),
        server: certificate.optional().describe("The server's certificate."),
        client: certificate.optional().describe("The operator's client certificate."),
        ca: certificate.optional().describe("The CA that verified the server."),
      })
      .optional()
      .describe("The certificates of the connection, as last seen."),
    credentials: z
      .object({
        tried: triedCredentials
          .optional()
          .describe(
            "The credentials of the last attempt that found any, even if they were rejected before the connection.",
          ),
        good: triedCredentials.optional().describe("The credentials that the daemon last accepted."),
      })
      .optional()
      .describe(
        "The credentials that were last tried and last accepted; after a failed rotation they differ. They are kept until the endpoint or the name of the Secret changes.",
      ),
    capabilities: z
      .object({
        list: z.boolean().optional().describe("Whether containers can be listed."),
        inspect: z.boolean().optional().describe("Whether individual containers can be inspected."),
        imageInspect: z.boolean().optional().describe("Whether images can be listed and inspected."),
        distribution: z.boolean().optional().describe("Whether the daemon can query registries."),
        pull: z
          .boolean()
          .optional()
          .describe("Whether images can be pulled and tagged. Only checked if spec.allowUpdates is true."),
        recreate: z
          .boolean()
          .optional()
          .describe(
            "Whether containers can be created, renamed, stopped, started and removed. Only checked if spec.allowUpdates is true.",
          ),
      })
      .optional()
      .describe("What a proxy or an authorization plugin in front of the daemon allows, as last seen."),
    updates: updates.optional().describe("The last known result of the update check."),
    changes: changeList(
      "Changes of the connection and its certificates for the receiver of notifications. Absent without --notify.",
    ),
    updateChanges: changeList("Updates that were found, for the receiver of notifications. Absent without --notify."),
    notified: notifiedOf({ connection: "changes", updates: "updateChanges" }),
    lastHandledRequestedAt: word(
      "Value of the annotation dockerhost.dev/requestedAt that was last handled.",
      512,
    ).optional(),
    lastHandledReconcileAt: word(
      "Value of the annotation reconcile.fluxcd.io/requestedAt that was last handled.",
      512,
    ).optional(),
  })
  .describe("The last known state of the Docker host.");

export type { Condition };
export type DockerHostStatus = z.output<typeof DockerHostStatusSchema>;
export type CertificateStatus = z.output<typeof certificate>;
export type EngineStatus = NonNullable<DockerHostStatus["engine"]>;
export type CertificatesStatus = NonNullable<DockerHostStatus["certificates"]>;
export type TriedCredentialsStatus = z.output<typeof triedCredentials>;
export type CapabilitiesStatus = NonNullable<DockerHostStatus["capabilities"]>;
export type UpdatesStatus = z.output<typeof updates>;
export type SeenDigestStatus = z.output<typeof seenDigest>;
export type UpdateItemStatus = z.output<typeof updateItem>;
