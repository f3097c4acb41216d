import { errorCode } from "../../common/error-code.ts";
import { readBoundedFile } from "../../common/read-file.ts";
import { failure, type Result, success } from "../../common/result.ts";

const LARGEST_BYTES = 4 * 1024 * 1024;
const BASE64 = /^[A-Za-z0-9+/\s]*={0,2}\s*$/;

/**
 * Reads what a kubeconfig refers to as a file or contains as base64; undefined if it has neither. A failure is a phrase
 * without the content.
 */
export async function material(
  what: string,
  file: string | undefined,
  data: string | undefined,
): Promise<Result<Buffer | undefined, string>> {
  if (data !== undefined) {
    if (!BASE64.test(data)) return failure(`${what} in the kubeconfig is not valid base64`);
    return success(Buffer.from(data, "base64"));
  }
  if (file === undefined) return success(undefined);
  try {
    const bytes = await readBoundedFile(file, LARGEST_BYTES);
    return bytes === undefined ? failure(`${what} ${file} is too large`) : success(bytes);
  } catch (error) {
    return failure(`cannot read ${what} ${file} (${errorCode(error) ?? "failed"})`);
  }
}
