import { build, type Metafile } from "esbuild";
import { expect, it } from "vitest";
import { BUNDLE_OPTIONS } from "./bundle-options.ts";

/** What a controller imports before it is ready: all that these files import, except dynamically. */
const ENTRIES = ["src/main.ts", "src/cli/program.ts", "src/cli/controller-command.ts"];
/** Of the bundled code: 1.66 MB. Every further megabyte takes a tenth of the time to start. */
const MOST_BYTES = 1_720_000;
/** What few installations use, or nothing needs before the program is ready. */
const NEVER = [
  ...["ssh2/", "tweetnacl/", "yaml/", "re2js/", "semver/", "croner/", "@opentelemetry/api/", "readable-stream/"],
  // Only the reconcilers need them: src/cli/late-reconcilers.ts.
  ...["dockerode/", "docker-modem/"],
  // All of zod is loaded where a file of src imports `{ z }` instead of `* as z`.
  "zod/v4/classic/from-json-schema.js",
];

it("loads only a bounded amount of code before it is ready", async () => {
  const { metafile } = await build({
    ...BUNDLE_OPTIONS,
    ...{ entryPoints: ["src/main.ts"], outdir: "dist", splitting: true, metafile: true, write: false },
  });
  const code = codeOf(metafile, ENTRIES);
  const advice = "import it dynamically where it is used, or defer its package in scripts/bundle-options.ts";
  for (const name of NEVER) {
    const files = [...code.keys()].filter((path) => path.includes(`node_modules/${name}`));
    expect(files, `${name} is loaded before readiness; ${advice}`).toEqual([]);
  }
  const bytes = [...code.values()].reduce((sum, each) => sum + each, 0);
  expect(bytes, `too much code is loaded before readiness; ${advice}`).toBeLessThan(MOST_BYTES);
  // If the bundle had another form, there would be nothing to count.
  expect(bytes).toBeGreaterThan(MOST_BYTES / 2);
});

/** The files whose code is loaded with these entries, and their sizes in the bundle. */
function codeOf({ outputs }: Metafile, entries: readonly string[]): ReadonlyMap<string, number> {
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
