import { randomUUID } from "node:crypto";
import { open, readFile, realpath, rename, rm, stat, writeFile } from "node:fs/promises";
import { isMap, isSeq, parseDocument } from "yaml";
import { errorCode } from "../../common/error-code.ts";
import { failure, type Result, success } from "../../common/result.ts";

/**
 * Replaces tokens in the auth-provider of a user. Everything else in the file stays, also its comments. Like kubectl, it
 * creates a lock file meanwhile. A failure is a phrase.
 */
export async function writeTokens(
  file: string,
  user: string,
  tokens: Readonly<Record<string, string>>,
): Promise<Result<undefined, string>> {
  try {
    const path = await realpath(file);
    const lock = await open(`${path}.lock`, "wx");
    try {
      const changed = withTokens(await readFile(path, "utf8"), user, tokens);
      if (changed === undefined) return failure(`${file} no longer contains the user`);
      await replaceFile(path, changed);
      return success(undefined);
    } finally {
      await lock.close();
      await rm(`${path}.lock`, { force: true });
    }
  } catch (error) {
    const code = errorCode(error) ?? "failed";
    return failure(code === "EEXIST" ? `${file} is locked by ${file}.lock` : `${file} (${code})`);
  }
}

function withTokens(text: string, user: string, tokens: Readonly<Record<string, string>>): string | undefined {
  const document = parseDocument(text, { schema: "failsafe", logLevel: "silent" });
  const users = document.get("users");
  if (document.errors.length > 0 || !isSeq(users)) return undefined;
  const index = users.items.findIndex((each) => isMap(each) && each.get("name") === user);
  if (index < 0) return undefined;
  for (const [name, token] of Object.entries(tokens)) {
    document.setIn(["users", index, "user", "auth-provider", "config", name], token);
  }
  return document.toString({ lineWidth: 0 });
}

/** A reader of the file sees the old content or the new one, never a part. */
async function replaceFile(path: string, text: string): Promise<void> {
  const { mode } = await stat(path);
  const next = `${path}.${randomUUID()}`;
  try {
    await writeFile(next, text, { mode: mode & 0o777, flag: "wx" });
    await rename(next, path);
  } catch (error) {
    await rm(next, { force: true });
    throw error;
  }
}
