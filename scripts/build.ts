/**
 * `npm run build`: bundles the program into dist/, a folder that needs only Node, for the image. Writes source maps, the
 * notices of licences and the software bill of materials too. An argument names another folder, which is replaced.
 */
import { cp, readFile, rm, writeFile } from "node:fs/promises";
import { join, relative, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { build, type Plugin } from "esbuild";
import packageJson from "../package.json" with { type: "json" };
import { thirdPartyNotices } from "./notices.ts";
import { bundledPackages } from "./release/bundled-packages.ts";
import { sbom } from "./release/sbom.ts";

const root = fileURLToPath(new URL("..", import.meta.url));

/**
 * Modules that the libraries do not need, or whose features this program never uses. Their replacements are part of the
 * bundle, so the content of a node_modules folder near it does not matter.
 */
const LEFT_OUT: readonly { readonly filter: RegExp; readonly code: string }[] = [
  // ssh2 tries to load native addons and falls back to Node's own crypto; the permission model would refuse them
  // anyway.
  { filter: /^cpu-features$|\.node$/, code: 'throw new Error("native addons are not part of this build");' },
  // dockerode loads gRPC and protobuf, half of the bundle, for BuildKit sessions; this program never builds images.
  {
    filter: /^\.\/(session|buildkit)$/,
    code: 'module.exports = () => { throw new Error("BuildKit is not part of this build"); };',
  },
];

const leaveOut: Plugin = {
  name: "leave-out",
  setup({ onResolve, onLoad }) {
    for (const [index, { filter }] of LEFT_OUT.entries()) {
      onResolve({ filter }, ({ path, importer }) => {
        if (
          path.startsWith("./") &&
          !/[\\/]dockerode[\\/]lib[\\/]docker\.js$/.test(importer) &&
          !path.endsWith(".node")
        ) {
          return undefined;
        }
        return { path: `${path} (left out)`, namespace: "left-out", pluginData: index };
      });
    }
    onLoad({ filter: /.*/, namespace: "left-out" }, ({ pluginData }) => ({
      contents: LEFT_OUT[pluginData]?.code ?? "",
    }));
  },
};

const dist = resolve(root, process.argv[2] ?? "dist");
await rm(dist, { recursive: true, force: true });
const result = await build({
  absWorkingDir: root,
  entryPoints: { dockerhost: "src/main.ts" },
  outdir: dist,
  // Node treats this extension as a module even without a package.json.
  outExtension: { ".js": ".mjs" },
  bundle: true,
  format: "esm",
  platform: "node",
  target: "node24",
  // Each command is loaded only when it is called, as in the sources.
  splitting: true,
  chunkNames: "chunks/[name]-[hash]",
  // The code is not minified: stack traces stay readable without source maps, which cost memory if Node applies them.
  sourcemap: "linked",
  sourcesContent: false,
  legalComments: "none",
  // CommonJS libraries expect these names.
  banner: {
    js: 'import { createRequire as requireFrom } from "node:module"; const require = requireFrom(import.meta.url);',
  },
  define: { __dirname: "import.meta.dirname", __filename: "import.meta.filename" },
  plugins: [leaveOut],
  metafile: true,
  logLevel: "warning",
});
if (result.warnings.length > 0) process.exit(1);
await cp(join(root, "LICENSE"), join(dist, "LICENSE"));
const inputs = Object.keys(result.metafile.inputs);
await writeFile(join(dist, "NOTICES.txt"), thirdPartyNotices(root, inputs));
const packages = bundledPackages(JSON.parse(await readFile(join(root, "package-lock.json"), "utf8")), inputs);
await writeFile(join(dist, "sbom.cdx.json"), sbom(packageJson, packages));
const bytes = Object.entries(result.metafile.outputs)
  .filter(([path]) => path.endsWith(".mjs"))
  .reduce((sum, [, output]) => sum + output.bytes, 0);
console.log(`Wrote ${relative(root, dist)}/dockerhost.mjs and its chunks, ${(bytes / 1e6).toFixed(1)} MB.`);
