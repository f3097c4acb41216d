/**
 * `npm run build`: bundles the program into dist/, a folder that needs only Node, for the image. Writes source maps, the
 * notices of licences and the software bill of materials too. An argument names another folder, which is replaced.
 */
import { cp, readFile, rm, writeFile } from "node:fs/promises";
import { join, relative, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";
import packageJson from "../package.json" with { type: "json" };
import { BUNDLE_OPTIONS } from "./bundle-options.ts";
import { thirdPartyNotices } from "./notices.ts";
import { bundledPackages } from "./release/bundled-packages.ts";
import { sbom } from "./release/sbom.ts";

const root = fileURLToPath(new URL("..", import.meta.url));

const dist = resolve(root, process.argv[2] ?? "dist");
await rm(dist, { recursive: true, force: true });
const result = await build({
  ...BUNDLE_OPTIONS,
  entryPoints: { dockerhost: "src/main.ts" },
  outdir: dist,
  // Node treats this extension as a module even without a package.json.
  outExtension: { ".js": ".mjs" },
  // Each command is loaded only when it is called, as in the sources.
  splitting: true,
  chunkNames: "chunks/[name]-[hash]",
  assetNames: "chunks/[name]-[hash]",
  // The code is not minified: stack traces stay readable without source maps, which cost memory if Node applies them.
  sourcemap: "linked",
  sourcesContent: false,
  metafile: true,
});
if (result.warnings.length > 0) process.exit(1);
await cp(join(root, "LICENSE"), join(dist, "LICENSE"));
const inputs = Object.keys(result.metafile.inputs);
await writeFile(join(dist, "NOTICES.txt"), thirdPartyNotices(root, inputs));
const packages = bundledPackages(JSON.parse(await readFile(join(root, "package-lock.json"), "utf8")), inputs);
await writeFile(join(dist, "sbom.cdx.json"), sbom(packageJson, packages));
const bytes = Object.entries(result.metafile.outputs)
  .filter(([path]) => /\.[cm]js$/.test(path))
  .reduce((sum, [, output]) => sum + output.bytes, 0);
console.log(`Wrote ${relative(root, dist)}/dockerhost.mjs and its chunks, ${(bytes / 1e6).toFixed(1)} MB.`);
