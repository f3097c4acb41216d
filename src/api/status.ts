import { z } from "zod";
import { CONDITION_TYPES, type ConditionType } from "./condition-types.ts";
import { timestamp } from "./schema.ts";

/** How the connection is protected. */
const TLS_MODES = ["None", "Unverified", "ServerVerified", "Mutual"] as const;
export type TlsMode = (typeof TLS_MODES)[number];

/** What the check says of one container. */
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
export const MAX_MESSAGE_LENGTH = 1024;
export const MAX_SEEN = 200;
export const MAX_NAME_LENGTH = 256;
export const MAX_IMAGE_LENGTH = 512;
/** The longest, of sha512, has 135 characters. */
export const MAX_DIGEST_LENGTH = 160;

const word = (describe: string, max = MAX_NAME_LENGTH) => z.string().max(max).describe(describe);
const count = (describe: string) => z.int32().min(0).describe(describe);

/** Ours are of a known set; other writers may add conditions of their own types, and the API server must let them. */
const conditionType = z
  .string()
  .max(316)
  .describe(`Which condition this is; ours are ${CONDITION_TYPES.join(", ")}.`) as z.ZodType<ConditionType>;

const condition = z.object({
  type: conditionType,
  status: z.enum(["True", "False", "Unknown"]).describe("Whether it holds."),
  observedGeneration: z.int().min(0).describe("metadata.generation that it was judged for."),
  lastTransitionTime: timestamp("When status last changed."),
  reason: word("Why, in one word of the table of reasons.", 128),
  message: word("Why, for people: what, where, cause and next step.", MAX_MESSAGE_LENGTH),
});

const certificate = z.object({
  subject: word("Distinguished name of the subject.", 1024),
  issuer: word("Distinguished name of the issuer.", 1024),
  notBefore: timestamp("Start of validity."),
  notAfter: timestamp("End of validity."),
  fingerprint: word("SHA-256 of the certificate (DER), in hexadecimal.", 64),
});

const triedCredentials = z.object({
  secret: word("Name of the Secret; of the one with the CA, where only that is named."),
  fingerprint: word(
    "SHA-256 in hexadecimal, over the certificates (DER; the client's with its chain, then the CA's) or the SSH public key; " +
      "nothing of a private key goes into it.",
    64,
  ),
  since: timestamp("When these credentials were first tried or accepted."),
});

const updateItem = z.object({
  container: word("Name of the container."),
  image: word("Image as the container was created with it.", MAX_IMAGE_LENGTH),
  verdict: z.enum(VERDICTS).describe("What the check says."),
  running: word("Digest of the image that runs.", MAX_DIGEST_LENGTH).optional(),
  available: word(
    "Digest that the registry has for the tag; where the check failed, the update that was last seen.",
    MAX_DIGEST_LENGTH,
  ).optional(),
  firstSeen: timestamp("When that digest was first seen to be available instead of what runs.").optional(),
  newerTag: z
    .object({
      tag: word("The newest tag that spec.updateCheck.tags wants.", 128),
      change: z
        .enum(TAG_CHANGES)
        .describe("The first part of the version that differs. Major where there are no parts."),
    })
    .optional()
    .describe("A newer version in the same repository. It does not change the verdict."),
  answeredBy: z
    .enum(["Operator", "Host"])
    .optional()
    .describe("Who asked the registry: this program, or the daemon of the host on its behalf."),
  reason: word("Why the check of this container failed, or what it is excluded by.", 128).optional(),
  message: word("The same for people.", MAX_MESSAGE_LENGTH).optional(),
});

const seenDigest = z.object({
  image: word("Short name of the image with its tag.", MAX_IMAGE_LENGTH),
  digest: word("Digest that a registry had for the tag, and that did not run.", MAX_DIGEST_LENGTH),
  at: timestamp("When that was first seen."),
  announced: z.boolean().optional().describe("Whether an event has told of it."),
});

const updates = z.object({
  lastCheckTime: timestamp("When the last check ended that could list the containers.").optional(),
  nextCheckTime: timestamp("When the next check is due.").optional(),
  lastHandledRequestedAt: word("Value of dockerhost.dev/requestedAt that the last check answered.", 512).optional(),
  lastHandledReconcileAt: word(
    "Value of reconcile.fluxcd.io/requestedAt that the last check answered.",
    512,
  ).optional(),
  total: count("Containers that were looked at: the sum of the counts below.").optional(),
  upToDate: count("Containers that run what the registry has.").optional(),
  outdated: count("Containers for which the registry has another image.").optional(),
  restartPending: count("Containers whose newer image was pulled, but that still run the old one.").optional(),
  pinned: count("Containers whose image is pinned by digest.").optional(),
  local: count("Containers whose image was made on the host and is in no registry.").optional(),
  tooYoung: count("Containers whose update has not been seen for long enough.").optional(),
  excluded: count("Containers that are not to be checked.").optional(),
  failed: count("Containers whose check failed.").optional(),
  newerTags: count("Containers for which there is a newer tag, whatever their verdict.").optional(),
  items: z
    .array(updateItem)
    .max(MAX_UPDATE_ITEMS)
    .optional()
    .meta({ "x-kubernetes-list-type": "atomic" })
    .describe("The single containers, outdated and failed first."),
  truncated: z.boolean().optional().describe("Whether there are more items than are listed."),
  seen: z
    .array(seenDigest)
    .max(MAX_SEEN)
    .optional()
    .meta({ "x-kubernetes-list-type": "atomic" })
    .describe(
      "Updates that were seen, and when first: what spec.updateCheck.minimumAge counts from, and what was told of.",
    ),
});

/** The wire form of `status`. Everything is optional: it grows as the reconcilers get along. */
export const DockerHostStatusSchema = z
  .object({
    observedGeneration: z
      .int()
      .min(-1)
      .optional()
      .describe("metadata.generation of the last completed attempt; -1 before the first."),
    conditions: z
      .array(condition)
      .max(16)
      .optional()
      .meta({ "x-kubernetes-list-type": "map", "x-kubernetes-list-map-keys": ["type"] })
      .describe("The conditions of the host."),
    endpoint: word("The endpoint that is used, after normalization.", 600).optional(),
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
      .describe("What is unsafe or without effect in the spec, and what is weak or useless among the certificates."),
    engine: z
      .object({
        id: word("The daemon's own id.").optional(),
        name: word("Which engine answers: Docker or Podman.", 64).optional(),
        hostname: word("Name of the machine.").optional(),
        version: word("Version of the engine.").optional(),
        apiVersion: word("Version of the Docker API that is used.", 16).optional(),
        minAPIVersion: word("Oldest version of the Docker API that the daemon serves.", 16).optional(),
        os: word("Operating system.", 64).optional(),
        arch: word("Architecture.", 64).optional(),
        imageStore: z.enum(["graphdriver", "containerd"]).optional().describe("Where the daemon keeps its images."),
      })
      .optional()
      .describe("The daemon, as it was last seen."),
    certificates: z
      .object({
        nextExpiry: timestamp("When the first of them ends.").optional(),
        server: certificate.optional().describe("The server's certificate."),
        client: certificate.optional().describe("Our client certificate."),
        ca: certificate.optional().describe("The CA that verified the server."),
      })
      .optional()
      .describe("The certificates of the connection, as they were last seen."),
    credentials: z
      .object({
        tried: triedCredentials
          .optional()
          .describe(
            "The credentials of the last attempt that found any, also where they were refused before the daemon saw them.",
          ),
        good: triedCredentials.optional().describe("The credentials that the daemon last accepted."),
      })
      .optional()
      .describe(
        "Which credentials were tried, and which were last accepted: after a bad rotation they differ. Kept while the endpoint and the Secret's name stay.",
      ),
    capabilities: z
      .object({
        list: z.boolean().optional().describe("Whether containers may be listed."),
        inspect: z.boolean().optional().describe("Whether single containers may be inspected."),
        imageInspect: z.boolean().optional().describe("Whether images may be listed and inspected."),
        distribution: z.boolean().optional().describe("Whether the daemon may be asked for what a registry has."),
      })
      .optional()
      .describe("What a proxy or an authorization plugin before the daemon allows, as it was last seen."),
    updates: updates.optional().describe("The last known answer of the update check."),
    lastHandledRequestedAt: word(
      "Value of the annotation dockerhost.dev/requestedAt that was last handled.",
      512,
    ).optional(),
    lastHandledReconcileAt: word(
      "Value of the annotation reconcile.fluxcd.io/requestedAt that was last handled.",
      512,
    ).optional(),
  })
  .describe("What was last seen of the Docker host.");

export type DockerHostStatus = z.output<typeof DockerHostStatusSchema>;
export type Condition = z.output<typeof condition>;
export type CertificateStatus = z.output<typeof certificate>;
export type EngineStatus = NonNullable<DockerHostStatus["engine"]>;
export type CertificatesStatus = NonNullable<DockerHostStatus["certificates"]>;
export type TriedCredentialsStatus = z.output<typeof triedCredentials>;
export type CapabilitiesStatus = NonNullable<DockerHostStatus["capabilities"]>;
export type UpdatesStatus = z.output<typeof updates>;
export type SeenDigestStatus = z.output<typeof seenDigest>;
export type UpdateItemStatus = z.output<typeof updateItem>;
