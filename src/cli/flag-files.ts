import { access, readFile } from "node:fs/promises";
import { UsageError } from "./exit-codes.ts";

const MAX_FILE_BYTES = 1024 * 1024;

/** Undefined where there is no such file and it is not required. Rejects with UsageError. */
export async function readOptional(file: string, required: boolean): Promise<string | undefined> {
  try {
    const text = await readFile(file, "utf8");
    if (text.length > MAX_FILE_BYTES) throw new UsageError(`${file} is larger than ${MAX_FILE_BYTES} bytes`);
    return text;
  } catch (error) {
    if (error instanceof UsageError) throw error;
    const code = error instanceof Error && "code" in error ? String(error.code) : String(error);
    if (code === "ENOENT" && !required) return undefined;
    throw new UsageError(`${file} cannot be read: ${code === "ENOENT" ? "it does not exist" : code}`);
  }
}

export async function exists(path: string): Promise<boolean> {
  return await access(path).then(
    () => true,
    () => false,
  );
}
