import { z } from "zod";
import { duration, listMap, notLonger, objectName, TIMEOUT_WITHIN_INTERVAL, text, withRules } from "./schema.ts";

const registry = withRules(
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
        "Secret in Docker's certs.d layout: every *.crt is a root beside the system's, X.cert and X.key are a client pair; tls.crt and tls.key are a pair too. Several pairs are tried in the order of their names.",
      ),
    insecure: z
      .boolean()
      .default(false)
      .describe("Whether this registry is asked in plain http. Everyone on the way can read and change the answers."),
  }),
  {
    cel: "!(self.insecure && has(self.certSecretRef))",
    message: "`certSecretRef` has no use with `insecure: true`; remove one of them",
    check: (value) => !(value.insecure && value.certSecretRef !== undefined),
  },
);

const pullSecret = z.object({
  name: objectName("Name of a Secret of type kubernetes.io/dockerconfigjson, in the namespace of the DockerHost."),
});

const patternList = (what: string, least = 0) =>
  z
    .array(z.string().min(1).max(256).describe("Equal to the name, or an RE2 expression that matches all of it."))
    .min(least)
    .max(32)
    .meta({ "x-kubernetes-list-type": "atomic" })
    .describe(`${what} Each is equal to the name, or an RE2 expression that matches all of it, such as 'web-.*'.`);

const IMAGES = "Images are matched by their names without tag, the short and the full one.";

/** Which containers are checked: src/updates/selection.ts applies it, and docs/updates.md states the precedence. */
const containers = z.object({
  policy: z
    .enum(["All", "Labeled"])
    .default("All")
    .describe(
      "All: every container, unless its label or a list excludes it. Labeled: only those with the label dockerhost.dev/enable=true, or Watchtower's com.centurylinklabs.watchtower.enable=true.",
    ),
  includeNames: patternList("Names of containers: only these are checked.").optional(),
  excludeNames: patternList("Names of containers that are not checked.").optional(),
  includeImages: patternList(`Only containers of these images are checked. ${IMAGES}`).optional(),
  excludeImages: patternList(`Containers of these images are not checked. ${IMAGES}`).optional(),
  includeStopped: z
    .boolean()
    .default(false)
    .describe("Whether containers that were created or have exited are checked."),
  includeRestarting: z.boolean().default(false).describe("Whether containers that are restarting are checked."),
  scope: z
    .string()
    .max(128)
    .default("")
    .describe(
      "Only containers with this scope are checked, by the label dockerhost.dev/scope or Watchtower's com.centurylinklabs.watchtower.scope. Empty or none: those without.",
    ),
});

const TAG_SORTS = ["SemVer", "CalVer", "Numerical", "Alphabetical"] as const;

/** Which tags are newer versions: src/updates/tag-scheme.ts applies it. */
const tagRule = withRules(
  z.object({
    images: patternList(`Which images it is for; the first rule that matches counts. ${IMAGES}`, 1),
    semver: z
      .string()
      .min(1)
      .max(128)
      .optional()
      .describe("Range of versions that are wanted, such as '^1.2' or '>=2 <4'. Pre-releases only where it names one."),
    regex: z
      .string()
      .min(1)
      .max(256)
      .optional()
      .describe(
        "RE2 expression that matches all of each wanted tag. What its first group matches is sorted, and what is around it may differ; without a group the whole tag is sorted.",
      ),
    sort: z
      .enum(TAG_SORTS)
      .optional()
      .describe(
        "How what regex matches is sorted. SemVer: 1.2.3. CalVer: 2024.01.15, 2024-01-15 or 20240115, perhaps with a time. Numerical: numbers, part by part where dots or hyphens stand between them. Alphabetical: as text.",
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

export const updateCheck = withRules(
  z.object({
    interval: duration({
      min: "1m",
      max: "8760h",
      describe: "How often the images are checked; 24h where schedule is not given either. Jittered.",
    }).optional(),
    schedule: text({
      max: 128,
      pattern: "^(@[a-z]+|[0-9A-Za-z*,/#-]+([ ]+[0-9A-Za-z*,/#-]+){4})$",
      message: "must be a cron expression of five fields, such as '0 4 * * *', or a name such as '@daily'",
      describe:
        "When the images are checked, instead of interval: a cron expression of five fields (minute, hour, day of month, month, day of week). A check that was missed is made up once.",
    }).optional(),
    timeZone: text({
      max: 64,
      pattern: "^[A-Za-z0-9_+/-]+$",
      message: "must be the name of a time zone, such as 'Europe/Berlin'",
      describe: "Time zone of schedule, as in the IANA's database; UTC when not given.",
    }).optional(),
    resolveFrom: z
      .enum(["Operator", "Host", "Auto"])
      .default("Operator")
      .describe(
        "Who asks the registries. Operator: the program itself, once for the whole fleet. Host: the daemon, by its own network, mirrors and certificates; each answer counts as a pull. Auto: the program, and the daemon where a registry cannot be reached from here.",
      ),
    minimumAge: duration({
      min: "0s",
      max: "8760h",
      describe: "An update counts only once its digest has been seen for so long.",
    }).default("0s"),
    timeout: duration({ min: "1s", max: "1h", describe: "How long one check of this host may take." }).default("5m"),
    suspend: z.boolean().default(false).describe("Whether update checks are suspended; the connection goes on."),
    containers: containers.optional().describe("Which containers are checked; all that run when not given."),
    tags: z
      .array(tagRule)
      .max(16)
      .optional()
      .meta({ "x-kubernetes-list-type": "atomic" })
      .describe("Newer versions to look for, by image; none when not given."),
    registries: listMap(registry, "host", 32)
      .optional()
      .describe("How single registries are reached. A registry that is not listed is verified by the system's roots."),
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
    message: "`tags` has no use with `resolveFrom: Host`, since a daemon lists no tags; use Auto or Operator",
    check: ({ tags = [], resolveFrom }) => tags.length === 0 || resolveFrom !== "Host",
  },
  {
    cel: "has(self.schedule) || !has(self.timeZone)",
    message: "`timeZone` has no use without `schedule`; remove it, or set a schedule",
    check: ({ schedule, timeZone }) => schedule !== undefined || timeZone === undefined,
  },
)
  .optional()
  .describe("The check for newer images. Absent: checked with the defaults.");
