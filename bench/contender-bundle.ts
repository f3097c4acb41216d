import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { build } from "esbuild";
import { BUNDLE_OPTIONS } from "../scripts/bundle-options.ts";

/**
 * Bundles the contenders as the image is bundled. To run the sources, Node would need twenty MiB more for the program
 * that strips their types. The file is removed when this is disposed of.
 */
export async function bundleContenders(): Promise<AsyncDisposable & { readonly file: string }> {
  const folder = await mkdtemp(join(tmpdir(), "dockerhost-bench-"));
  const file = join(folder, "contender.mjs");
  await build({ ...BUNDLE_OPTIONS, entryPoints: ["bench/contender-process.ts"], outfile: file });
  return { file, [Symbol.asyncDispose]: () => rm(folder, { recursive: true, force: true }) };
}
