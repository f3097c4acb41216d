import { DeadlineExceeded } from "../common/deadline.ts";
import { errorCode } from "../common/error-code.ts";
import type { Result } from "../common/result.ts";
import { isRecord } from "./kube-object.ts";

export type ApiFailureKind =
  | "NotFound"
  | "Conflict"
  | "AlreadyExists"
  /** A version or a continue token is too old: list again. */
  | "Gone"
  | "TooManyRequests"
  /** The server refuses the request with a 4xx status that is not named here. */
  | "Invalid"
  | "Forbidden"
  | "Unauthorized"
  | "ServerError"
  | "Network"
  | "Timeout"
  /** The caller's signal fired. */
  | "Aborted"
  | "TooLarge"
  /** An answer that an API server never gives: not JSON, not an object, a redirect. */
  | "BadResponse";

/**
 * Says why a call to the API server failed. Messages contain method, path and the server's message, never the request
 * body.
 */
export interface ApiFailure {
  readonly kind: ApiFailureKind;
  readonly message: string;
  /** The HTTP status, if there was an answer. */
  readonly status?: number;
  /** At most a minute. */
  readonly retryAfterMs?: number;
  readonly cause?: unknown;
}

export type ApiResult<T> = Result<T, ApiFailure>;

/** Whether repeating the same call may help. */
export function isTransient(failure: ApiFailure): boolean {
  return ["TooManyRequests", "ServerError", "Network", "Timeout"].includes(failure.kind);
}

/**
 * Limits the server's message, which echoes refused values: long enough to find the mistake, too short to flood a log.
 */
const LONGEST_MESSAGE = 1_024;

/** Limits Retry-After: a proxy may ask for days, and nothing would notice that the server is available again. */
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
 * Converts a metav1.Status, which is the body of an answer or the object of a watch's ERROR event.
 * @param what the call, as in `GET /api/v1/pods`
 * @param status the HTTP status; a Status in a watch has its own, which wins
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
  // After etcd was restored from a backup, our version is in the server's future: only a new list helps.
  const restored = (cause: unknown) => isRecord(cause) && cause.reason === "ResourceVersionTooLarge";
  if (Array.isArray(causes) && causes.some(restored)) return "Gone";
  // Some code paths of the API server return only this text. client-go checks it, too.
  if (words.includes("Too large resource version")) return "Gone";
  const named = KIND_BY_STATUS[status];
  if (named !== undefined) return named;
  if (status >= 500) return "ServerError";
  return status >= 400 ? "Invalid" : "BadResponse";
}

/** Converts an exception of a call with this signal. */
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
