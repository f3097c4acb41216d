/** Puts packages that few installations use, or that a start does not need, into files of their own. */
import { createRequire } from "node:module";
import { basename } from "node:path";
import { fileURLToPath } from "node:url";
import { type BuildOptions, build, type Metafile, type Plugin } from "esbuild";

const root = fileURLToPath(new URL("..", import.meta.url));
const requireFromRoot = createRequire(import.meta.url);

/**
 * Replaces each of the packages by getters of its exports, which load it at the first use. Until then, its code is not
 * even read. A dynamic import cannot be used instead, because the callers cannot wait.
 *
 * @param options for the files of the packages, which are CommonJS
 */
export function deferPackages(names: readonly string[], options: BuildOptions): Plugin {
  return {
    name: "defer-packages",
    setup({ onResolve, onLoad, onStart, onEnd }) {
      let inputs: Metafile["inputs"] = {};
      onStart(() => {
        inputs = {};
      });
      onResolve({ filter: new RegExp(`^(?:${names.join("|")})$`) }, ({ path }) => ({ path, namespace: "deferred" }));
      onResolve({ filter: /^deferred-(?:path|file):/ }, ({ path }) => {
        const [namespace = "", name = ""] = path.split(":");
        return { path: name, namespace };
      });
      onLoad({ filter: /.*/, namespace: "deferred" }, ({ path }) => ({
        contents: `
          let loaded;
          const load = () => (loaded ??= require(require("deferred-path:${path}").path));
          for (const name of ${JSON.stringify(Object.keys(requireFromRoot(path)))})
            Object.defineProperty(exports, name, { enumerable: true, get: () => load()[name] });`,
        resolveDir: root,
      }));
      onLoad({ filter: /.*/, namespace: "deferred-path" }, ({ path }) => ({
        contents: `
          import { fileURLToPath } from "node:url";
          import file from "deferred-file:${path}.cjs";
          export const path = fileURLToPath(new URL(file, import.meta.url));`,
        resolveDir: root,
      }));
      onLoad({ filter: /.*/, namespace: "deferred-file" }, async ({ path: file }) => {
        const { outputFiles, metafile } = await build({
          ...options,
          stdin: { contents: `module.exports = require("${basename(file, ".cjs")}");`, resolveDir: root },
          bundle: true,
          format: "cjs",
          write: false,
          metafile: true,
        });
        inputs = { ...inputs, ...metafile.inputs };
        return { contents: outputFiles[0]?.contents ?? "", loader: "file" };
      });
      // The licences and the bill of materials name all packages.
      onEnd(({ metafile }) => {
        if (metafile !== undefined) Object.assign(metafile.inputs, inputs);
      });
    },
  };
}
