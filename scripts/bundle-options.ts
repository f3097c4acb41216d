/** How the program is bundled, for the image and for the benchmark. */
import { builtinModules } from "node:module";
import { fileURLToPath } from "node:url";
import type { BuildOptions, Plugin } from "esbuild";
import { deferPackages } from "./deferred-packages.ts";

const root = fileURLToPath(new URL("..", import.meta.url));

interface LeftOut {
  /** What is imported, and by which file; by any if it is absent. */
  readonly path: RegExp;
  readonly importer?: RegExp;
  readonly code: string;
}

/**
 * Modules that the libraries do not need, or whose features this program never uses. Their replacements are part of the
 * bundle, so the content of a node_modules folder near it does not matter.
 */
const LEFT_OUT: readonly LeftOut[] = [
  // ssh2 tries to load native addons and falls back to Node's own crypto; the permission model would refuse them
  // anyway.
  { path: /^cpu-features$|\.node$/, code: absent("native addons are") },
  // dockerode loads gRPC and protobuf, half of the bundle, for BuildKit sessions; this program never builds images.
  {
    path: /^\.\/(session|buildkit)$/,
    importer: /\/dockerode\/lib\/docker\.js$/,
    code: `module.exports = () => { ${absent("BuildKit is")} };`,
  },
  // The program has its own SSH client, which limits what a host may send.
  {
    path: /^\.\/ssh$/,
    importer: /\/docker-modem\/lib\/modem\.js$/,
    code: `module.exports = () => { ${absent("docker-modem's SSH is")} };`,
  },
  // undici loads fetch, WebSocket, mocks and caches with its clients. They are most of it, and load Node's web streams.
  {
    path: /^\.\/lib\/(web|mock|interceptor|cache)\//,
    importer: /\/undici\/index\.js$/,
    code: "module.exports = { CacheStorage: class {} };",
  },
  // Only bodies that this program never sends, such as forms, need these parts of fetch.
  {
    path: /^\.\.\/web\//,
    importer: /\/undici\/lib\/(?:core\/request|dispatcher\/client-h1)\.js$/,
    code: `module.exports = { get extractBody() { ${absent("fetch is")} }, webidl: { is: { FormData: () => false } } };`,
  },
  // The clients only speak HTTP/1.1, and go through proxies with a connector of this program.
  {
    path: /^\.\/client-h2\.js$/,
    importer: /\/undici\/lib\/dispatcher\/client\.js$/,
    code: `module.exports = () => { ${absent("HTTP/2 is")} };`,
  },
  {
    path: /^\.\/lib\/dispatcher\/(?:balanced-pool|round-robin-pool|.*proxy-agent|retry-agent|h2c-client)$/,
    importer: /\/undici\/index\.js$/,
    code: "module.exports = class {};",
  },
  // commander runs commands that are programs of their own with it.
  {
    path: /^node:child_process$/,
    importer: /\/commander\//,
    code: "module.exports = {};",
  },
  // Messages of zod are in English, for which it imports another file.
  {
    path: /\/locales\/index\.js$/,
    importer: /\/zod\/v4\//,
    code: "module.exports = {};",
  },
  // prom-client adds traces to metrics with it, which this program does not have.
  {
    path: /^@opentelemetry\/api$/,
    code: "module.exports = {};",
  },
  // These collect the metrics of several processes, and push them.
  {
    path: /^\.\/lib\/(?:cluster|pushgateway)$/,
    importer: /\/prom-client\/index\.js$/,
    code: "module.exports = class {};",
  },
  // winston's own diagnostics, for its developers.
  {
    path: /^@dabh\/diagnostics$/,
    importer: /\/winston\//,
    code: "module.exports = () => () => {};",
  },
  // The program logs to its own stream only.
  {
    path: /^\.\/(?:file|http)$/,
    importer: /\/winston\/lib\/winston\/transports\/index\.js$/,
    code: absent("This transport is"),
  },
  // A copy of Node's streams for browsers and old versions of Node.
  {
    path: /^readable-stream$/,
    code: `module.exports = process.getBuiltinModule("node:stream");`,
  },
  {
    path: /^readable-stream\/lib\/_stream_writable\.js$/,
    code: `module.exports = process.getBuiltinModule("node:stream").Writable;`,
  },
];

function absent(what: string): string {
  return `throw new Error(${JSON.stringify(`${what} not part of this build`)});`;
}

const leaveOut: Plugin = {
  name: "leave-out",
  setup({ onResolve, onLoad }) {
    for (const [index, { path: filter, importer: by }] of LEFT_OUT.entries()) {
      onResolve({ filter }, ({ path, importer }) =>
        by === undefined || by.test(importer.replaceAll("\\", "/"))
          ? { path: `${path} (left out)`, namespace: "left-out", pluginData: index }
          : undefined,
      );
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
    onLoad({ filter: /.*/, namespace: "builtin" }, ({ path }) => {
      const taken = `process.getBuiltinModule("node:${path}")`;
      // To import it, the bundle looks at each of its exports, and Node then loads worker threads, a parser and more. Inherited
      // ones are not looked at. Other modules can be functions.
      return { contents: `module.exports = ${path === "util" ? `Object.create(${taken})` : taken};` };
    });
  },
};

/** What takes long to read, and is not needed before the program is ready. */
const DEFERRED = ["croner", "re2js", "semver", "ssh2", "yaml"];

const SHARED_OPTIONS = {
  absWorkingDir: root,
  platform: "node",
  target: "node24",
  legalComments: "none",
  logLevel: "warning",
} satisfies BuildOptions;

export const BUNDLE_OPTIONS = {
  ...SHARED_OPTIONS,
  bundle: true,
  format: "esm",
  // CommonJS libraries expect these names.
  banner: {
    js: 'import { createRequire as requireFrom } from "node:module"; const require = requireFrom(import.meta.url);',
  },
  define: {
    __dirname: "import.meta.dirname",
    __filename: "import.meta.filename",
    // Its presence makes undici leave out an experimental parser.
    esbuildDetection: "true",
  },
  assetNames: "[name]-[hash]",
  plugins: [leaveOut, deferPackages(DEFERRED, { ...SHARED_OPTIONS, plugins: [leaveOut, takeBuiltins] }), takeBuiltins],
} satisfies BuildOptions;
