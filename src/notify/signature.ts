import { createHmac } from "node:crypto";
import { failure, type Result, success } from "../common/result.ts";

const PREFIX = "whsec_";
/** The lengths that Standard Webhooks allows. */
const MIN_BYTES = 24;
const MAX_BYTES = 64;
const MAX_KEYS = 4;
const ADVICE =
  'Each line must be one key: whsec_ and 24 to 64 bytes in base64, as made by echo "whsec_$(openssl rand -base64 32)"';

/** Keys that sign messages. There are several while a key is replaced: a receiver accepts a message with any signature it knows. */
export function parseKeys(text: string): Result<readonly Buffer[], string> {
  const lines = text.split("\n").flatMap((line) => (line.trim() === "" ? [] : [line.trim()]));
  if (lines.length === 0) return failure(`it is empty. ${ADVICE}`);
  if (lines.length > MAX_KEYS) return failure(`it has more than ${MAX_KEYS} keys. ${ADVICE}`);
  const keys: Buffer[] = [];
  for (const [index, line] of lines.entries()) {
    const base64 = line.startsWith(PREFIX) ? line.slice(PREFIX.length) : "";
    const key = Buffer.from(base64, "base64");
    const isBase64 = key.toString("base64").replace(/=+$/, "") === base64.replace(/=+$/, "");
    // The key must not be in the message.
    if (!isBase64 || key.length < MIN_BYTES || key.length > MAX_BYTES)
      return failure(`line ${index + 1} is not a valid key. ${ADVICE}`);
    keys.push(key);
  }
  return success(keys);
}

/**
 * The headers of Standard Webhooks, with one signature per key: https://www.standardwebhooks.com
 * @param now the wall clock at this attempt, with which a receiver recognises a message that somebody replays
 */
export function signatureHeaders(
  keys: readonly Buffer[],
  id: string,
  body: string,
  now: number,
): Readonly<Record<string, string>> {
  const timestamp = String(Math.floor(now / 1_000));
  const signed = `${id}.${timestamp}.${body}`;
  const signatures = keys.map((key) => `v1,${createHmac("sha256", key).update(signed).digest("base64")}`);
  return {
    "webhook-id": id,
    "webhook-timestamp": timestamp,
    ...(signatures.length === 0 ? {} : { "webhook-signature": signatures.join(" ") }),
  };
}
