import * as z from "zod";
import { duration, listMap, notLonger, objectName, TIMEOUT_WITHIN_INTERVAL, text, withValidations } from "./schema.ts";

const registry = withValidations(
  z.object({
    host: text({
      max: 255,
      pattern: "^([a-zA-Z0-9]([a-zA-Z0-9.-]*[a-zA-Z0-9])?|\\[[0-9a-fA-F:.]+\\])(:[0-9]{1,5})?$",
      message: "must be a registry host as in image names, such as 'registry.example.com:5000', without scheme or path",
      describe: "Registry host with its port, as in image names.",
    }),
    certSecretRef: z
      .object({ name: objectName("Name of the Secret, in the namespace of the DockerHost.") })
      .optional()
      .describe(
        "Secret in Docker's certs.d layout: every *.crt is a root in addition to the system's; X.cert and X.key are a client pair, and so are tls.crt and tls.key. Several pairs are tried in the order of their names.",
      ),
    insecure: z
      .boolean()
      .default(false)
      .describe("Whether to use plain http for this registry. Anyone in between can read and change the answers."),
  }),
  {
    cel: "!(self.insecure && has(self.certSecretRef))",
    message: "`certSecretRef` has no effect with `insecure: true`; remove one of them",
    check: (value) => !(value.insecure && value.certSecretRef !== undefined),
  },
);

const pullSecret = z.object({
  name: objectName("Name of a Secret of type kubernetes.io/dockerconfigjson, in the namespace of the DockerHost."),
});

const patternList = (what: string, least = 0) =>
  z
    .array(z.string().min(1).max(256).describe("The name itself, or an RE2 expression that matches all of it."))
    .min(least)
    .max(32)
    .meta({ "x-kubernetes-list-type": "atomic" })
    .describe(
      `${what} Each pattern is the name itself, or an RE2 expression that matches all of it, such as 'web-.*'.`,
    );

const IMAGES = "Patterns are matched against the short and the full image name, without the tag.";

/** Which containers are checked: src/updates/selection.ts applies it, and docs/updates.md states the precedence. */
const containers = z.object({
  policy: z
    .enum(["All", "Labeled"])
    .default("All")
    .describe(
      "All: every container, unless its label or a list excludes it. Labeled: only those with the label dockerhost.dev/enable=true, or Watchtower's com.centurylinklabs.watchtower.enable=true.",
    ),
  includeNames: patternList("Names of the only containers to check.").optional(),
  excludeNames: patternList("Names of containers to exclude.").optional(),
  includeImages: patternList(`Images of the only containers to check. ${IMAGES}`).optional(),
  excludeImages: patternList(`Images whose containers are excluded. ${IMAGES}`).optional(),
  includeStopped: z
    .boolean()
    .default(false)
    .describe("Whether to check containers that are created but not started, or have exited."),
  includeRestarting: z.boolean().default(false).describe("Whether to check containers that are restarting."),
  scope: z
    .string()
    .max(128)
    .default("")
    .describe(
      "Check only containers with this scope in the label dockerhost.dev/scope or Watchtower's com.centurylinklabs.watchtower.scope. Empty or none: containers without a scope.",
    ),
});

const TAG_SORTS = ["SemVer", "CalVer", "Numerical", "Alphabetical"] as const;

/** Which tags are newer versions: src/updates/tag-scheme.ts applies it. */
const tagRule = withValidations(
  z.object({
    images: patternList(`Images that this rule applies to; the first matching rule is used. ${IMAGES}`, 1),
    semver: z
      .string()
      .min(1)
      .max(128)
      .optional()
      .describe(
        "Range of wanted versions, such as '^1.2' or '>=2 <4'. Pre-releases match only if the range names one.",
      ),
    regex: z
      .string()
      .min(1)
      .max(256)
      .optional()
      .describe(
        "RE2 expression that matches all of each wanted tag. Tags are sorted by what the first group matches, and the rest may differ; without a group, by the whole tag.",
      ),
    sort: z
      .enum(TAG_SORTS)
      .optional()
      .describe(
        "How to sort what regex matches. SemVer: 1.2.3. CalVer: 2024.01.15, 2024-01-15 or 20240115, optionally with a time. Numerical: as numbers, part by part if dots or hyphens separate them. Alphabetical: as text.",
      ),
  }),
  {
    cel: "has(self.semver) != has(self.regex)",
    message: "must have exactly one of `semver` and `regex`",
    check: ({ semver, regex }) => (semver === undefined) !== (regex === undefined),
  },
  {
    cel: "has(self.sort) == has(self.regex)",
    message: "`sort` must be given with `regex`, and only then",
    check: ({ regex, sort }) => (regex === undefined) === (sort === undefined),
  },
);

export type TagRuleSpec = z.output<typeof tagRule>;

export type ContainersSpec = z.output<typeof containers>;

export const updateCheck = withValidations(
  z.object({
    interval: duration({
      min: "1m",
      max: "8760h",
      describe: "How often to check the images, with some jitter. The default without a schedule is 24h.",
    }).optional(),
    schedule: text({
      max: 128,
      pattern: "^(@[a-z]+|[0-9A-Za-z*,/#-]+([ ]+[0-9A-Za-z*,/#-]+){4})$",
      message: "must be a cron expression of five fields, such as '0 4 * * *', or a name such as '@daily'",
      describe:
        "When to check the images, instead of interval: a cron expression of five fields (minute, hour, day of month, month, day of week). A missed check runs once, later.",
    }).optional(),
    timeZone: text({
      max: 64,
      pattern: "^[A-Za-z0-9_+/-]+$",
      message: "must be the name of a time zone, such as 'Europe/Berlin'",
      describe: "IANA time zone of schedule; the default is UTC.",
    }).optional(),
    resolveFrom: z
      .enum(["Operator", "Host", "Auto"])
      .default("Operator")
      .describe(
        "Who asks the registries. Operator: the program itself, once for the whole fleet. Host: the daemon, through its own network, mirrors and certificates; each answer counts as a pull. Auto: the program, or the daemon if the program cannot reach the registry.",
      ),
    minimumAge: duration({
      min: "0s",
      max: "8760h",
      describe: "How long a digest must have been seen before it counts as an update.",
    }).default("0s"),
    timeout: duration({ min: "1s", max: "1h", describe: "Time limit for one check of this host." }).default("5m"),
    suspend: z.boolean().default(false).describe("Whether to suspend update checks; the connection is still checked."),
    containers: containers.optional().describe("Which containers to check; by default all running containers."),
    tags: z
      .array(tagRule)
      .max(16)
      .optional()
      .meta({ "x-kubernetes-list-type": "atomic" })
      .describe("Rules for newer versions, by image; by default none are looked for."),
    registries: listMap(registry, "host", 32)
      .optional()
      .describe("Settings for individual registries. Others are verified with the system's root certificates."),
    imagePullSecrets: listMap(pullSecret, "name", 16).optional().describe("Credentials for registries, as in a Pod."),
  }),
  {
    cel: TIMEOUT_WITHIN_INTERVAL,
    message: "`timeout` must not be longer than `interval`; shorten it or raise `interval`",
    check: ({ timeout, interval }) => interval === undefined || notLonger(timeout, interval),
  },
  {
    cel: "!(has(self.interval) && has(self.schedule))",
    message: "`interval` and `schedule` must not be set together; remove one of them",
    check: ({ interval, schedule }) => interval === undefined || schedule === undefined,
  },
  {
    cel: "!(has(self.tags) && has(self.resolveFrom) && self.resolveFrom == 'Host' && size(self.tags) > 0)",
    message: "`tags` has no effect with `resolveFrom: Host`, since a daemon cannot list tags; use Auto or Operator",
    check: ({ tags = [], resolveFrom }) => tags.length === 0 || resolveFrom !== "Host",
  },
  {
    cel: "has(self.schedule) || !has(self.timeZone)",
    message: "`timeZone` has no effect without `schedule`; remove it, or set a schedule",
    check: ({ schedule, timeZone }) => schedule !== undefined || timeZone === undefined,
  },
)
  .optional()
  .describe("The check for newer images. If not set, the defaults apply.");
