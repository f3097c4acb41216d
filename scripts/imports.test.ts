import { globSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { describe, expect, it } from "vitest";

/** The imports of each file of the product, as paths from the root. Imports of types count too. */
function importsOf(texts: ReadonlyMap<string, string>): ReadonlyMap<string, readonly string[]> {
  const found = [...texts].map(([file, text]) => {
    const specifiers = text.matchAll(/(?:\bfrom|\bimport|\bimport\()\s*"(\.[^"]+)"/g);
    return [file, [...specifiers].map(([, path = ""]) => join(dirname(file), path))] as const;
  });
  return new Map(found);
}

/** The first circle that a walk finds, with the file in which it closes at both ends. */
function findCircle(graph: ReadonlyMap<string, readonly string[]>): readonly string[] | undefined {
  const done = new Set<string>();
  const walk = (file: string, path: readonly string[]): readonly string[] | undefined => {
    if (path.includes(file)) return [...path.slice(path.indexOf(file)), file];
    if (done.has(file)) return undefined;
    for (const next of graph.get(file) ?? []) {
      const circle = walk(next, [...path, file]);
      if (circle !== undefined) return circle;
    }
    done.add(file);
    return undefined;
  };
  for (const file of graph.keys()) {
    const circle = walk(file, []);
    if (circle !== undefined) return circle;
  }
  return undefined;
}

/** What each folder may import, from the table in CONTRIBUTING.md. */
function readBorders(page: string): ReadonlyMap<string, readonly string[]> {
  const rows = page.matchAll(/^\| `src\/([a-z]+)\/`[^|]*\|[^|]*\|([^|]*)\|$/gm);
  const names = (cell: string) => [...cell.matchAll(/`([a-z]+)`/g)].map(([, name = ""]) => name);
  return new Map([...rows].map(([, folder = "", cell = ""]) => [folder, names(cell)] as const));
}

const folderOf = (file: string) => /^src\/([^/]+)\//.exec(file)?.[1];

/** The imports that cross a border. A folder that is not in the table may import only `common`. */
function crossings(
  graph: ReadonlyMap<string, readonly string[]>,
  borders: ReadonlyMap<string, readonly string[]>,
): readonly string[] {
  return [...graph].flatMap(([file, imports]) => {
    const folder = folderOf(file);
    if (folder === undefined) return [];
    const allowed = [folder, ...(borders.get(folder) ?? ["common"])];
    return imports.filter((path) => !allowed.includes(folderOf(path) ?? "")).map((path) => `${file} imports ${path}`);
  });
}

const files = globSync("src/**/*.ts").filter((file) => !file.endsWith(".test.ts"));
const graph = importsOf(new Map(files.map((file) => [file, readFileSync(file, "utf8")])));
const borders = readBorders(readFileSync("CONTRIBUTING.md", "utf8"));

describe("the imports of the product", () => {
  it("are all found", () => {
    expect(graph.size).toBeGreaterThan(300);
    expect([...graph.values()].flat().length).toBeGreaterThan(1_000);
    expect([...borders.keys()]).toContain("runtime");
  });

  it("form no circle", () => {
    expect(findCircle(graph)).toBeUndefined();
  });

  it("stay within what the table in CONTRIBUTING.md allows", () => {
    expect(crossings(graph, borders)).toEqual([]);
  });

  it("lead only to folders that exist", () => {
    const folders = new Set(files.map(folderOf));
    const named = [...borders].flat(2);
    expect(named.filter((name) => !folders.has(name))).toEqual([]);
  });
});

describe("the search for circles", () => {
  const circleOf = (texts: Record<string, string>) => findCircle(importsOf(new Map(Object.entries(texts))));

  it("finds those of values, of types and of dynamic imports", () => {
    const back = 'import { a } from "./a.ts";';
    for (const there of [
      'import { b } from "./b.ts";',
      'import type { B } from "./b.ts";',
      'export { b } from "./b.ts";',
      'import {\n  b,\n} from "./b.ts";',
      'const b = await import("./b.ts");',
    ]) {
      expect(circleOf({ "src/x/a.ts": there, "src/x/b.ts": back })).toEqual(["src/x/a.ts", "src/x/b.ts", "src/x/a.ts"]);
    }
  });

  it("does not take two ways to one file for a circle", () => {
    const texts = {
      "a.ts": 'from "./b.ts" from "./c.ts"',
      "b.ts": 'from "./d.ts"',
      "c.ts": 'from "./d.ts"',
      "d.ts": "",
    };
    expect(circleOf(texts)).toBeUndefined();
  });
});

describe("the borders", () => {
  it("hold for a folder that is not in the table", () => {
    const added = importsOf(new Map([["src/added/a.ts", 'from "../common/clock.ts" from "../api/spec.ts"']]));
    expect(crossings(added, borders)).toEqual(["src/added/a.ts imports src/api/spec.ts"]);
  });

  it("keep Docker out of the runtime, and Kubernetes out of Docker", () => {
    const text = 'from "../docker/facts.ts" from "../runtime/object.ts"';
    const graph = importsOf(
      new Map([
        ["src/runtime/a.ts", text],
        ["src/docker/a.ts", text],
      ]),
    );
    expect(crossings(graph, borders)).toEqual([
      "src/runtime/a.ts imports src/docker/facts.ts",
      "src/docker/a.ts imports src/runtime/object.ts",
    ]);
  });
});
