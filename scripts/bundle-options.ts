/** How the program is bundled, for the image and for the benchmark. */
import { builtinModules } from "node:module";
import { fileURLToPath } from "node:url";
import type { BuildOptions, Plugin } from "esbuild";

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

/**
 * Takes Node's modules from the process. A module that imports `node:http` makes Node read all of its exports, some of
 * which load a copy of undici with fetch and WebSocket: a quarter of the time to start, and several MiB.
 */
const takeBuiltins: Plugin = {
  name: "take-builtins",
  setup({ onResolve, onLoad }) {
    onResolve({ filter: /^(?:node:)?[a-z_0-9/]+$/ }, ({ path }) => {
      const name = path.replace(/^node:/, "");
      // `punycode` is Node's only with the prefix, if a package of this name is installed.
      const isBuiltin = builtinModules.includes(name) && (path.startsWith("node:") || name !== "punycode");
      return isBuiltin ? { path: name, namespace: "builtin" } : undefined;
    });
    onLoad({ filter: /.*/, namespace: "builtin" }, ({ path }) => ({
      contents: `module.exports = process.getBuiltinModule("node:${path}");`,
    }));
  },
};

export const BUNDLE_OPTIONS = {
  absWorkingDir: root,
  bundle: true,
  format: "esm",
  platform: "node",
  target: "node24",
  legalComments: "none",
  // CommonJS libraries expect these names.
  banner: {
    js: 'import { createRequire as requireFrom } from "node:module"; const require = requireFrom(import.meta.url);',
  },
  define: { __dirname: "import.meta.dirname", __filename: "import.meta.filename" },
  plugins: [leaveOut, takeBuiltins],
  logLevel: "warning",
} satisfies BuildOptions;
