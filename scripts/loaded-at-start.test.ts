import { build } from "esbuild";
import { expect, it } from "vitest";
import { BUNDLE_OPTIONS } from "./bundle-options.ts";

/** What a controller imports before it is ready: all that these files import, except dynamically. */
const ENTRIES = ["src/main.ts", "src/cli/program.ts", "src/cli/controller-command.ts"];
/** Of the bundled code: 1.66 MB. Every further megabyte takes a tenth of the time to start. */
const MOST_BYTES = 1_720_000;
/** Loads the rest when the program is ready. */
const LATE = "src/cli/late-reconcilers.ts";
/** Of one part of it, which takes a few hundredths of a second. */
const MOST_BYTES_LATE = 400_000;
/** What few installations use, or nothing needs before the program is ready. */
const NEVER = [
  ...["ssh2/", "tweetnacl/", "yaml/", "re2js/", "semver/", "croner/", "@opentelemetry/api/", "readable-stream/"],
  // Only the reconcilers need them: src/cli/late-reconcilers.ts.
  ...["dockerode/", "docker-modem/"],
  // All of zod is loaded where a file of src imports `{ z }` instead of `* as z`.
  "zod/v4/classic/from-json-schema.js",
];

const { metafile } = await build({
  ...BUNDLE_OPTIONS,
  ...{ entryPoints: ["src/main.ts"], outdir: "dist", splitting: true, metafile: true, write: false },
});

it("loads only a bounded amount of code before it is ready", () => {
  const code = codeOf(ENTRIES);
  const advice = "import it dynamically where it is used, or defer its package in scripts/bundle-options.ts";
  for (const name of NEVER) {
    const files = [...code.keys()].filter((path) => path.includes(`node_modules/${name}`));
    expect(files, `${name} is loaded before readiness; ${advice}`).toEqual([]);
  }
  const bytes = bytesOf(ENTRIES);
  expect(bytes, `too much code is loaded before readiness; ${advice}`).toBeLessThan(MOST_BYTES);
  // If the bundle had another form, there would be nothing to count.
  expect(bytes).toBeGreaterThan(MOST_BYTES / 2);
});

it("loads the code of the reconcilers in parts that do not block the event loop for long", () => {
  const imports = metafile.inputs[LATE]?.imports.filter(({ kind }) => kind === "dynamic-import") ?? [];
  const parts = imports.map(({ path }) => path);
  expect(parts.length).toBeGreaterThan(2);
  for (const [index, part] of parts.entries()) {
    const before = bytesOf([...ENTRIES, ...parts.slice(0, index)]);
    const added = bytesOf([...ENTRIES, ...parts.slice(0, index + 1)]) - before;
    expect(added, `${part} loads too much at once; load a part of it before`).toBeLessThan(MOST_BYTES_LATE);
  }
});

function bytesOf(entries: readonly string[]): number {
  return [...codeOf(entries).values()].reduce((sum, each) => sum + each, 0);
}

/** The files whose code is loaded with these entries, and their sizes in the bundle. */
function codeOf(entries: readonly string[]): ReadonlyMap<string, number> {
  const { outputs } = metafile;
  const loaded = new Set<string>();
  const load = (path: string) => {
    if (loaded.has(path)) return;
    loaded.add(path);
    for (const { path: imported, kind } of outputs[path]?.imports ?? []) {
      if (kind === "import-statement" && outputs[imported] !== undefined) load(imported);
    }
  };
  for (const entry of entries) {
    const [path] = Object.entries(outputs).find(([, { entryPoint }]) => entryPoint === entry) ?? [];
    if (path === undefined) throw new Error(`no part of the bundle begins with ${entry}`);
    load(path);
  }
  const inputs = [...loaded].flatMap((path) => Object.entries(outputs[path]?.inputs ?? {}));
  return new Map(inputs.map(([path, { bytesInOutput }]) => [path, bytesInOutput]));
}
