import { STATUS_CODES } from "node:http";
import { parseRetryAfter } from "../common/retry-after.ts";
import type { Attempt } from "./attempt.ts";

/** A receiver cannot postpone its messages by more than this. */
const LONGEST_WAIT_MS = 3_600_000;

export interface Answer {
  readonly status: number;
  readonly retryAfter?: string | undefined;
  /** The beginning of the body, without anything secret. */
  readonly text: string;
}

/**
 * What an answer means.
 * @param now the wall clock
 */
export function judgeAnswer({ status, retryAfter, text }: Answer, now: number): Attempt {
  if (status >= 200 && status < 300) return { kind: "delivered", status };
  const name = STATUS_CODES[status];
  // The body of a redirect names its target, which may be the secret URL of another webhook.
  const words = wordsOf(text);
  const said = words === "" || isRedirect(status) ? "" : `: ${words}`;
  const answered = `The receiver answered ${status}${name === undefined ? "" : ` (${name})`}${said}`;
  const why = `${answered}. ${adviceOf(status)}`;
  if (status === 410) return { kind: "gone", why };
  if (status === 413) return { kind: "tooLarge", why };
  if (status === 400 || status === 422) return { kind: "refused", why };
  if (status === 401 || status === 403 || status === 404 || status === 405 || status === 406)
    return { kind: "denied", why };
  const at = parseRetryAfter(retryAfter, now);
  return {
    kind: "failed",
    why,
    retryAfterMs: at === undefined ? undefined : Math.min(Math.max(0, at - now), LONGEST_WAIT_MS),
  };
}

/** A page of HTML, which proxies like to send, says nothing in a line of text. */
function wordsOf(text: string): string {
  return /^\s*<[!a-z]/i.test(text) ? "" : text.replace(/[\s.]+$/, "");
}

function isRedirect(status: number): boolean {
  return status >= 300 && status < 400;
}

function adviceOf(status: number): string {
  if (isRedirect(status)) return "Redirects are not followed: write the URL that answers into the file of --notify";
  switch (status) {
    case 400:
    case 422:
      return "Check that --notify-format fits the receiver";
    case 401:
    case 403:
      return "Check the URL in the file of --notify and, if the receiver verifies signatures, the key";
    case 404:
    case 405:
    case 410:
      return "Create the webhook again, and write its URL into the file of --notify";
    case 413:
      return "Allow larger requests at the receiver";
    case 429:
      return "The receiver limits how many messages it takes: send fewer, with --notify-changes or a longer --notify-window";
    default:
      return "Check the receiver's log";
  }
}
