import * as z from "zod";
import { parseDuration } from "../common/duration.ts";

/**
 * A validation that the API server runs as CEL and the runtime parse as code, with one message.
 * Both sides are tested on the same table of objects, since neither can be derived from the other.
 */
export interface Validation<T> {
  /** CEL over `self`; Kubernetes' flavour. */
  readonly cel: string;
  /** In the style of the API conventions: starts with the field or "must", and says what can be done. */
  readonly message: string;
  readonly check: (value: T) => boolean;
}

/** Adds rules to a schema: refinements for the parse, x-kubernetes-validations for the CustomResourceDefinition. */
export function withValidations<S extends z.ZodType>(schema: S, ...rules: readonly Validation<z.output<S>>[]): S {
  let refined = schema;
  for (const rule of rules) refined = refined.refine(rule.check, { message: rule.message });
  return refined.meta({
    ...schema.meta(),
    "x-kubernetes-validations": rules.map(({ cel, message }) => ({ rule: cel, message })),
  });
}

/** A string of bounded length that matches an RE2 pattern, with a message of our own instead of the bare pattern. */
export function text(options: { max: number; pattern: string; message: string; describe: string }) {
  const expression = new RegExp(options.pattern);
  return withValidations(z.string().max(options.max).describe(options.describe), {
    cel: `self.matches('${options.pattern.replaceAll("\\", "\\\\").replaceAll("'", "\\'")}')`,
    message: options.message,
    check: (value) => expression.test(value),
  });
}

/**
 * Matches what both the API server and the program accept as a duration. CEL's duration() raises an error of its own
 * for anything else.
 */
export const DURATION_SHAPE = "^([0-9]{1,6}([.][0-9]{1,3})?(ms|s|m|h)){1,4}$";

/** A duration such as `30s` or `1h30m`, between two bounds that are durations themselves. */
export function duration(options: { min: string; max: string; describe: string }) {
  const [min, max] = [options.min, options.max].map((bound) => parseDuration(bound) ?? Number.NaN);
  const within = (value: string) => {
    const ms = new RegExp(DURATION_SHAPE).test(value) ? parseDuration(value) : undefined;
    return ms !== undefined && ms >= (min ?? 0) && ms <= (max ?? 0);
  };
  return withValidations(
    z
      .string()
      .max(32)
      .describe(`${options.describe} A duration such as 30s, 5m or 1h30m, from ${options.min} to ${options.max}.`),
    {
      // This is one rule, so that a text that is not a duration is not also called too short.
      cel: `self.matches('${DURATION_SHAPE}') && duration(self) >= duration('${options.min}') && duration(self) <= duration('${options.max}')`,
      message: `must be a duration from '${options.min}' to '${options.max}', such as '30s', '5m' or '1h30m'`,
      check: within,
    },
  );
}

/**
 * Another validation refuses texts that are not durations. The server validates the default {} of spec before it fills in
 * the defaults within, hence has().
 */
export const TIMEOUT_WITHIN_INTERVAL = `!has(self.timeout) || !has(self.interval) || !self.timeout.matches('${DURATION_SHAPE}') || !self.interval.matches('${DURATION_SHAPE}') || duration(self.timeout) <= duration(self.interval)`;

/** The same as TIMEOUT_WITHIN_INTERVAL. */
export function notLonger(shorter: string, longer: string): boolean {
  const [a, b] = [parseDuration(shorter), parseDuration(longer)];
  return a === undefined || b === undefined || a <= b;
}

const SUBDOMAIN = "^[a-z0-9]([-a-z0-9]*[a-z0-9])?([.][a-z0-9]([-a-z0-9]*[a-z0-9])?)*$";

/** The name of an object in the same namespace. It becomes a segment of a URL path, hence the strict pattern. */
export function objectName(describe: string) {
  return text({
    max: 253,
    pattern: SUBDOMAIN,
    message: "must be the name of an object in the same namespace: lower-case letters, digits, '-' and '.'",
    describe,
  });
}

/** A key in a Secret's data. */
export function secretKey(describe: string) {
  return text({
    max: 253,
    pattern: "^[-._a-zA-Z0-9]+$",
    message: "must be a key of the Secret's data: letters, digits, '-', '_' and '.'",
    describe,
  });
}

/** A list whose items are distinguished by one field, as server-side apply merges them. */
export function listMap<S extends z.ZodObject>(item: S, key: string & keyof z.output<S>, max: number) {
  return z
    .array(item)
    .max(max)
    .refine((items) => new Set(items.map((each) => each[key])).size === items.length, {
      message: `Duplicate value of \`${key}\`; remove one of the items`,
    })
    .meta({ "x-kubernetes-list-type": "map", "x-kubernetes-list-map-keys": [key] });
}

/** RFC 3339, as Kubernetes writes metav1.Time. */
export function timestamp(describe: string) {
  return z.iso.datetime({ offset: true }).describe(describe);
}
