import { spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { type Run, ScriptError } from "./container-builder.ts";

export const ROOT = fileURLToPath(new URL("../..", import.meta.url));

export const run: Run = (program, args) => {
  // Attestations of buildx would make an index of each image, and an index cannot be part of another one.
  const env = { ...process.env, BUILDX_NO_DEFAULT_ATTESTATIONS: "1" };
  const { status, error } = spawnSync(program, args, { cwd: ROOT, stdio: "inherit", env });
  if (status === 0) return;
  const why = error === undefined ? `exit code ${status}` : error.message;
  throw new ScriptError(`\`${program} ${args[0]}\` failed (${why}).`);
};

/** Runs a script's main function; what the user did wrong is a message, not a stack trace. */
export async function runScript(main: () => void | Promise<void>): Promise<void> {
  try {
    await main();
  } catch (error) {
    const expected = error instanceof ScriptError || isUsageError(error);
    if (!expected) throw error;
    console.error((error as Error).message);
    process.exitCode = 1;
  }
}

/** What parseArgs of Node throws. */
function isUsageError(error: unknown): boolean {
  return error instanceof Error && "code" in error && String(error.code).startsWith("ERR_PARSE_ARGS_");
}
