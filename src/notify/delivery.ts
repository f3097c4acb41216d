import * as http from "node:http";
import * as https from "node:https";
import type { Clock } from "../common/clock.ts";
import { startDeadline } from "../common/deadline.ts";
import { type DialGuard, guardAgent } from "../common/dial-guard.ts";
import { shieldAgent } from "../common/peer-certificates.ts";
import { shorten } from "../common/shorten.ts";
import { type Answer, judgeAnswer } from "./answer.ts";
import type { Attempt } from "./attempt.ts";
import { connectionWords } from "./connection-words.ts";
import type { Format } from "./formats/format.ts";
import type { Message } from "./message.ts";
import { type Receiver, type ReceiverFiles, readReceiver } from "./receiver.ts";
import { signatureHeaders } from "./signature.ts";

/** Sends a message once. Never rejects. */
export type Deliver = (message: Message, signal: AbortSignal) => Promise<Attempt>;

export interface DeliveryOptions {
  readonly files: ReceiverFiles;
  readonly format: Format;
  readonly guard: DialGuard;
  /** The system's roots, in PEM. */
  readonly roots: () => readonly string[];
  readonly clock: Clock;
}

const TIMEOUT_MS = 15_000;
/** If an answer is not a success, this many bytes of it are read to find the cause. */
const MAX_ANSWER_BYTES = 4_096;
const MAX_HEADER_BYTES = 16 * 1024;
const AGENT = "dockerhost-operator";

/**
 * Returns a function that sends messages to the receiver of the files, which it reads for each attempt. Redirects are not
 * followed, TLS is always verified, and its messages about failures contain nothing of the URL and the keys.
 */
export function createDelivery(options: DeliveryOptions): Deliver {
  /** A receiver that is gone is not called again until its URL changes. */
  let gone: { readonly url: string; readonly attempt: Attempt } | undefined;
  return async (message, signal) => {
    try {
      using deadline = startDeadline(signal, "the answer", TIMEOUT_MS, options.clock);
      const receiver = await readReceiver(options.files, deadline.signal);
      if (!receiver.ok) return { kind: "failed", why: receiver.failure };
      const { url } = receiver.value;
      if (gone?.url === url.href) return gone.attempt;
      const attempt = await send(message, receiver.value, options, deadline.signal);
      gone = attempt.kind === "gone" ? { url: url.href, attempt } : undefined;
      return attempt;
    } catch (error) {
      return { kind: "failed", why: connectionWords(error) };
    }
  };
}

async function send(
  message: Message,
  receiver: Receiver,
  { format, guard, roots, clock }: DeliveryOptions,
  signal: AbortSignal,
): Promise<Attempt> {
  const { body, headers } = format.render(message);
  const { url, keys, ca } = receiver;
  const isSecure = url.protocol === "https:";
  const agent = isSecure
    ? shieldAgent(new https.Agent({ ca: ca ?? [...roots()], minVersion: "TLSv1.2", rejectUnauthorized: true }))
    : new http.Agent();
  const request = (isSecure ? https : http).request(url, {
    method: "POST",
    agent: guardAgent(agent, guard),
    maxHeaderSize: MAX_HEADER_BYTES,
    headers: {
      "Content-Type": format.contentType,
      "Content-Length": Buffer.byteLength(body),
      "User-Agent": AGENT,
      ...headers,
      ...signatureHeaders(keys, message.id, body, clock.now()),
    },
  });
  const abort = () => request.destroy(signal.reason instanceof Error ? signal.reason : undefined);
  if (signal.aborted) abort();
  signal.addEventListener("abort", abort, { once: true });
  try {
    return judgeAnswer(await answerOf(request, body, secretsOf(receiver)), clock.now());
  } catch (error) {
    return { kind: "failed", why: connectionWords(signal.aborted ? signal.reason : error) };
  } finally {
    signal.removeEventListener("abort", abort);
    request.destroy();
    agent.destroy();
  }
}

function answerOf(request: http.ClientRequest, body: string, secrets: readonly string[]): Promise<Answer> {
  return new Promise((resolve, reject) => {
    // A connection that is closed later must not end the process.
    request.on("error", reject);
    request.on("close", () => reject(Object.assign(new Error("closed without an answer"), { code: "ECONNRESET" })));
    request.on("response", (response) => {
      const { statusCode: status = 0 } = response;
      const head = { status, retryAfter: response.headers["retry-after"] };
      // The status decides. A receiver that has accepted the message may send its body slowly, or a very long one.
      if (status >= 200 && status < 300) return resolve({ ...head, text: "" });
      beginningOf(response).then((text) => resolve({ ...head, text: withoutAny(secrets, text) }), reject);
    });
    request.end(body);
  });
}

/** The status is known, so it does not matter whether the body arrives completely. */
async function beginningOf(response: http.IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  let size = 0;
  try {
    for await (const chunk of response as AsyncIterable<Buffer>) {
      chunks.push(chunk);
      size += chunk.length;
      if (size >= MAX_ANSWER_BYTES) break;
    }
  } catch {
    // The part that arrived is enough.
  }
  return Buffer.concat(chunks).subarray(0, MAX_ANSWER_BYTES).toString("utf8");
}

/** A receiver can send back what it was sent. */
function withoutAny(secrets: readonly string[], text: string): string {
  const safe = secrets.reduce((rest, secret) => rest.replaceAll(secret, "[redacted]"), text);
  return shorten(safe);
}

function secretsOf({ url, keys }: Receiver): readonly string[] {
  const { href, host, hostname, pathname, search, username, password } = url;
  const parts = [href, `${pathname}${search}`, pathname, search.slice(1), username, password, host, hostname];
  const segments = pathname.split("/");
  const values = [...url.searchParams.values()];
  const signing = keys.map((key) => key.toString("base64"));
  return [...parts, ...segments, ...values, ...signing]
    .flatMap((each) => [each, decoded(each)])
    .filter((each) => each.length >= 4)
    .sort((a, b) => b.length - a.length);
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
