import { isSecretField, isSecretHeader, REDACTED, withoutSecrets } from "../common/secret-patterns.ts";

const MAX_DEPTH = 8;
const MAX_ITEMS = 100;
const MAX_TEXT = 4096;
/** Text far beyond what is shown is not searched. */
const MAX_SEARCHED = 4 * MAX_TEXT;

/**
 * The last line of defence in front of a log: callers should not pass secrets in the first place. The result is plain
 * data, without functions that could restore what was removed. Errors become objects with their causes, since winston
 * would print them as `{}`.
 */
export function redact(value: unknown, depth = 0): unknown {
  if (typeof value === "string") return redactText(value);
  if (typeof value === "bigint") return value.toString();
  if (typeof value === "function" || typeof value === "symbol") return `[${typeof value}]`;
  if (typeof value !== "object" || value === null) return value;
  if (depth >= MAX_DEPTH) return "[too deep]";
  if (value instanceof Error) return redactError(value, depth);
  if (Array.isArray(value)) return redactItems(value, depth);
  if (value instanceof Set) return redactItems([...value], depth);
  if (value instanceof Map)
    return redactEntries(
      [...value].map(([name, inner]) => [String(name), () => inner]),
      depth,
    );
  if (ArrayBuffer.isView(value)) return `[${value.byteLength} bytes]`;
  if (value instanceof Date || value instanceof URL) return redactText(String(value.toJSON()));
  return redactEntries(
    Object.keys(value).map((name) => [name, () => (value as Readonly<Record<string, unknown>>)[name]]),
    depth,
  );
}

export function redactText(text: string): string {
  const isCut = text.length > MAX_SEARCHED;
  // Drop the last word, because it may be the start of a secret that was cut off.
  const searched = isCut ? text.slice(0, MAX_SEARCHED).replace(/\S{1,512}$/, "") : text;
  const safe = withoutSecrets(searched);
  // Shorten only after redacting, since half a secret would not be recognized.
  return safe.length > MAX_TEXT || isCut ? `${safe.slice(0, MAX_TEXT)}...` : safe;
}

type Entry = readonly [name: string, read: () => unknown];

function redactEntries(entries: readonly Entry[], depth: number): object {
  return Object.fromEntries(
    entries.map(([name, read]) => {
      const value = readSafely(read);
      const isSecret = isSecretField(name, value) && typeof value !== "boolean";
      return [redactText(name), isSecret ? REDACTED : redact(value, depth + 1)];
    }),
  );
}

/** A getter that throws must not make the log line fail. */
function readSafely(read: () => unknown): unknown {
  try {
    return read();
  } catch {
    return "[unreadable]";
  }
}

/**
 * Redacts the secrets that lists can hide: headers whose name precedes the value, as in Node's rawHeaders, and PEM
 * blocks that are split into lines.
 */
function redactItems(items: readonly unknown[], depth: number): readonly unknown[] {
  let isPem = false;
  return items.slice(0, MAX_ITEMS).map((item, index) => {
    const before = items[index - 1];
    const text = typeof item === "string" ? item : "";
    const wasPem = isPem;
    if (text.includes("-----BEGIN")) isPem = true;
    if (text.includes("-----END")) isPem = false;
    if (wasPem || (typeof before === "string" && isSecretHeader(before))) return REDACTED;
    return redact(item, depth + 1);
  });
}

function redactError(error: Error, depth: number): object {
  const inner = (value: unknown) => redact(value, depth + 1);
  return {
    name: redactText(error.name),
    message: redactText(error.message),
    ...("code" in error && typeof error.code === "string" && { code: redactText(error.code) }),
    ...(error instanceof AggregateError && { errors: error.errors.slice(0, MAX_ITEMS).map(inner) }),
    ...(error instanceof SuppressedError && { error: inner(error.error), suppressed: inner(error.suppressed) }),
    ...(error.stack !== undefined && { stack: redactText(error.stack) }),
    ...(error.cause !== undefined && { cause: inner(error.cause) }),
  };
}
