/** What stands in the place of something secret. */
const REDACTED = "[redacted]";

const SECRET_FIELD =
  /^(authorization|proxy-authorization|x-registry-auth|password|passphrase|token|identitytoken|registrytoken|secret|key|privatekey|cert|ca|pfx|data|stringdata)$/i;

const SECRET_TEXTS: readonly RegExp[] = [
  // A PEM block, also one that was cut off.
  /-----BEGIN [A-Z0-9 ]+-----[\s\S]*?(-----END [A-Z0-9 ]+-----|$)/g,
  /\b(Bearer|Basic)\s+[A-Za-z0-9._~+/=-]{8,}/gi,
  // User and password in a URL.
  /(?<=:\/\/)[^\s/@:]+:[^\s/@]+(?=@)/g,
  // JSON Web Tokens.
  /\beyJ[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]*/g,
];

const MAX_DEPTH = 6;
const MAX_TEXT = 4096;
/** Looking for secrets can take quadratic time: what is far beyond the end of what is shown is not looked at. */
const MAX_SEARCHED = 4 * MAX_TEXT;

/**
 * The last line of defence before a log: callers do not hand over secrets in the first place. Errors become plain
 * objects with their causes, since winston would print them as `{}`.
 */
export function redact(value: unknown, depth = 0): unknown {
  if (typeof value === "string") return redactText(value);
  if (typeof value === "bigint") return value.toString();
  if (typeof value !== "object" || value === null) return value;
  if (depth >= MAX_DEPTH) return "[too deep]";
  if (value instanceof Error) return redactError(value, depth);
  if (Array.isArray(value)) return value.slice(0, 100).map((item) => redact(item, depth + 1));
  if (ArrayBuffer.isView(value)) return `[${value.byteLength} bytes]`;
  return Object.fromEntries(
    Object.entries(value).map(([name, inner]) => [
      name,
      SECRET_FIELD.test(name) && typeof inner !== "boolean" ? REDACTED : redact(inner, depth + 1),
    ]),
  );
}

export function redactText(text: string): string {
  let safe = text.slice(0, MAX_SEARCHED);
  for (const pattern of SECRET_TEXTS) safe = safe.replace(pattern, REDACTED);
  // Only now: half a secret would not be recognized.
  return safe.length > MAX_TEXT || text.length > MAX_SEARCHED ? `${safe.slice(0, MAX_TEXT)}...` : safe;
}

function redactError(error: Error, depth: number): object {
  const code = "code" in error && typeof error.code === "string" ? { code: error.code } : {};
  const errors =
    error instanceof AggregateError ? { errors: error.errors.map((inner) => redact(inner, depth + 1)) } : {};
  return {
    name: error.name,
    message: redactText(error.message),
    ...code,
    ...errors,
    ...(error.stack === undefined ? {} : { stack: redactText(error.stack) }),
    ...(error.cause === undefined ? {} : { cause: redact(error.cause, depth + 1) }),
  };
}
