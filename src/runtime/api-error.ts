import { DeadlineExceeded } from "../common/deadline.ts";
import { errorCode } from "../common/error-code.ts";
import type { Result } from "../common/result.ts";
import { isRecord } from "./object.ts";

export type ApiFailureKind =
  | "NotFound"
  | "Conflict"
  | "AlreadyExists"
  /** A version or a continue token is too old: list anew. */
  | "Gone"
  | "TooManyRequests"
  /** The server refuses what was sent: any 4xx that is not named here. */
  | "Invalid"
  | "Forbidden"
  | "Unauthorized"
  | "ServerError"
  | "Network"
  | "Timeout"
  /** The caller's signal fired. */
  | "Aborted"
  | "TooLarge"
  /** An answer that no API server gives: not JSON, not an object, a redirect. */
  | "BadResponse";

/** Why a call to the API server gave nothing. Messages hold method, path and the server's words, never what was sent. */
export interface ApiFailure {
  readonly kind: ApiFailureKind;
  readonly message: string;
  /** The HTTP status, where there was an answer. */
  readonly status?: number;
  /** At most a minute. */
  readonly retryAfterMs?: number;
  readonly cause?: unknown;
}

export type ApiResult<T> = Result<T, ApiFailure>;

/** Trying the very same call again may help. */
export function isTransient(failure: ApiFailure): boolean {
  return ["TooManyRequests", "ServerError", "Network", "Timeout"].includes(failure.kind);
}

/** The server echoes refused values: enough to find the mistake, not enough to flood a log. */
const LONGEST_MESSAGE = 1_024;

/** What stands between us and the server may ask for days; then nothing would show that it is well again. */
const LONGEST_RETRY_AFTER_MS = 60_000;

const KIND_BY_STATUS: Readonly<Record<number, ApiFailureKind>> = {
  401: "Unauthorized",
  403: "Forbidden",
  404: "NotFound",
  408: "Timeout",
  409: "Conflict",
  410: "Gone",
  413: "TooLarge",
  429: "TooManyRequests",
};

/**
 * The failure that a metav1.Status tells, be it the body of an answer or the object of a watch's ERROR event.
 * @param what the call, as in `GET /api/v1/pods`
 * @param status the HTTP status; a Status in a watch carries its own, which wins
 */
export function failureFromStatus(what: string, status: number, body: unknown, retryAfter?: string): ApiFailure {
  const fields = isRecord(body) ? body : {};
  const code = typeof fields.code === "number" ? fields.code : status;
  const details = isRecord(fields.details) ? fields.details : {};
  const seconds = Number(retryAfter ?? details.retryAfterSeconds);
  const words = typeof fields.message === "string" ? fields.message.slice(0, LONGEST_MESSAGE) : "";
  return {
    kind: kindOf(code, fields.reason, details.causes, words),
    message: `${what}: ${code}${words === "" ? "" : `: ${words}`}`,
    status: code,
    ...(seconds > 0 ? { retryAfterMs: Math.min(seconds * 1_000, LONGEST_RETRY_AFTER_MS) } : {}),
  };
}

function kindOf(status: number, reason: unknown, causes: unknown, words: string): ApiFailureKind {
  if (reason === "AlreadyExists") return "AlreadyExists";
  if (reason === "Expired" || reason === "Gone") return "Gone";
  // After etcd was restored from a backup our version lies in the server's future: only a new list helps.
  const restored = (cause: unknown) => isRecord(cause) && cause.reason === "ResourceVersionTooLarge";
  if (Array.isArray(causes) && causes.some(restored)) return "Gone";
  // Some paths of the API server give the words alone, which client-go reads, too.
  if (words.includes("Too large resource version")) return "Gone";
  const named = KIND_BY_STATUS[status];
  if (named !== undefined) return named;
  if (status >= 500) return "ServerError";
  return status >= 400 ? "Invalid" : "BadResponse";
}

/** The failure behind an exception of a call whose signal is `signal`. */
export function failureFromError(what: string, error: unknown, signal: AbortSignal): ApiFailure {
  if (signal.aborted) return failureFromAbort(what, signal.reason);
  const code = errorCode(error);
  const words = error instanceof Error && error.message !== "" ? error.message : code;
  const timeout = code !== undefined && /^(UND_ERR_(CONNECT|HEADERS|BODY)_TIMEOUT|ETIMEDOUT)$/.test(code);
  return { kind: timeout ? "Timeout" : "Network", message: `${what}: ${words ?? "failed"}`, cause: error };
}

export function failureFromAbort(what: string, reason: unknown): ApiFailure {
  if (reason instanceof DeadlineExceeded) {
    return { kind: "Timeout", message: `${what}: no answer within ${reason.ms} ms`, cause: reason };
  }
  return { kind: "Aborted", message: `${what}: aborted`, cause: reason };
}
