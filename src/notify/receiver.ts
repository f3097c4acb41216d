import { errorCode } from "../common/error-code.ts";
import { readBoundedFile } from "../common/read-file.ts";
import { failure, type Result, success } from "../common/result.ts";
import { parseKeys } from "./signature.ts";

const MAX_FILE_BYTES = 64 * 1024;
const MAX_URL_LENGTH = 2_048;

/** The files that describe the receiver. They are read again for each attempt, so that they can be replaced without a restart. */
export interface ReceiverFiles {
  readonly url: string;
  /** If it is absent, messages are not signed. */
  readonly key?: string | undefined;
  /** Certificates that verify the receiver, in place of those of the system. */
  readonly ca?: string | undefined;
}

/** The destination of messages. No part of it may appear in a log, a message or an error. */
export interface Receiver {
  readonly url: URL;
  readonly keys: readonly Buffer[];
  /** PEM; undefined for those of the system. */
  readonly ca?: string | undefined;
}

/** A failure is a sentence that names the flag, and nothing of the file's content. */
export async function readReceiver(files: ReceiverFiles, signal: AbortSignal): Promise<Result<Receiver, string>> {
  const url = await readSetting("--notify", files.url, parseUrl, signal);
  if (!url.ok) return url;
  const keys =
    files.key === undefined ? success([]) : await readSetting("--notify-key-file", files.key, parseKeys, signal);
  if (!keys.ok) return keys;
  const ca = files.ca === undefined ? undefined : await readSetting("--notify-ca-file", files.ca, parseCa, signal);
  if (ca?.ok === false) return ca;
  return success({ url: url.value, keys: keys.value, ...(ca === undefined ? {} : { ca: ca.value }) });
}

async function readSetting<T>(
  flag: string,
  path: string,
  parse: (text: string) => Result<T, string>,
  signal: AbortSignal,
): Promise<Result<T, string>> {
  const where = `The file of ${flag} (${path})`;
  try {
    const bytes = await readBoundedFile(path, MAX_FILE_BYTES, signal);
    if (bytes === undefined) return failure(`${where} has more than ${MAX_FILE_BYTES / 1024} KiB`);
    const parsed = parse(bytes.toString("utf8"));
    return parsed.ok ? parsed : failure(`${where} cannot be used: ${parsed.failure}`);
  } catch (error) {
    signal.throwIfAborted();
    const code = errorCode(error) ?? "the read failed";
    const why = code === "ENOENT" ? "it does not exist" : code === "EACCES" ? "permission denied" : code;
    return failure(`${where} cannot be read: ${why}`);
  }
}

function parseUrl(text: string): Result<URL, string> {
  const advice = "It must have one line with the URL of the webhook: https://HOST/PATH";
  const line = text.trim();
  if (line === "") return failure(`it is empty. ${advice}`);
  if (line.length > MAX_URL_LENGTH || /\s/.test(line)) return failure(`it has more than a URL. ${advice}`);
  const url = URL.parse(line);
  if (url === null || (url.protocol !== "https:" && url.protocol !== "http:") || url.hostname === "")
    return failure(`it has no valid URL. ${advice}`);
  // It is not sent, and must not look like part of what is.
  url.hash = "";
  return success(url);
}

function parseCa(text: string): Result<string, string> {
  return /-----BEGIN CERTIFICATE-----/.test(text)
    ? success(text)
    : failure("it has no certificate in PEM format (BEGIN CERTIFICATE)");
}
