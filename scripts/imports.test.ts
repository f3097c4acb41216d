import { globSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { describe, expect, it } from "vitest";

/**
 * The imports of each file of the product: files as paths from the root, packages and modules of Node by their names.
 * Imports of types count too.
 */
function importsOf(texts: ReadonlyMap<string, string>): ReadonlyMap<string, readonly string[]> {
  const found = [...texts].map(([file, text]) => {
    const specifiers = text.matchAll(/(?:^(?:import|export|\})[^"'\n]*\bfrom|^import|\bimport\()\s*"([^"]+)"/gm);
    const names = [...specifiers].map(([, name = ""]) => (name.startsWith(".") ? join(dirname(file), name) : name));
    return [file, names] as const;
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
  const rows = page.matchAll(/^\| `src\/([a-z]+)\/`[^|]*\|[^|]*\|([^|]*\|[^|]*)\|$/gm);
  const names = (cells: string) => [...cells.matchAll(/`([^`]+)`/g)].map(([, name = ""]) => name);
  return new Map([...rows].map(([, folder = "", cells = ""]) => [folder, names(cells)] as const));
}

/** `src/main.ts` belongs to `cli`. */
const folderOf = (file: string) => (/^src\/[^/]+\.ts$/.test(file) ? "cli" : /^src\/([^/]+)\//.exec(file)?.[1]);

const NETWORK = /^(dgram|dns|http|http2|https|inspector|net|quic|tls)$/;
const SYSTEM = /^(child_process|cluster|fs|module|os|process|repl|sqlite|v8|vm|wasi|worker_threads)$/;

/** The name in the table for an import: a folder, a package, a group of Node's modules or a file outside `src/`. */
function nameOf(imported: string): string {
  if (imported.startsWith("node:")) {
    const [topic = ""] = imported.slice("node:".length).split("/");
    if (NETWORK.test(topic)) return "node:network";
    return SYSTEM.test(topic) ? "node:system" : "node:basic";
  }
  if (imported.startsWith("src/")) return folderOf(imported) ?? imported;
  if (imported.endsWith(".ts") || imported.endsWith(".json")) return imported;
  return /^(@[^/]+\/)?[^/]+/.exec(imported)?.[0] ?? imported;
}

/** The imports that cross a border. A folder that is not in the table may import only `common` and `node:basic`. */
function crossings(
  graph: ReadonlyMap<string, readonly string[]>,
  borders: ReadonlyMap<string, readonly string[]>,
): readonly string[] {
  return [...graph].flatMap(([file, imports]) => {
    const folder = folderOf(file);
    if (folder === undefined) return [];
    const allowed = [folder, ...(borders.get(folder) ?? ["common", "node:basic"])];
    return imports.filter((name) => !allowed.includes(nameOf(name))).map((name) => `${file} imports ${name}`);
  });
}

/** Arrows of the picture (`a & b --> c`) that the table does not allow. */
function drawnButNotAllowed(page: string, borders: ReadonlyMap<string, readonly string[]>): readonly string[] {
  const [, picture = ""] = /^## What each folder may know$.*?^```mermaid$(.*?)^```$/ms.exec(page) ?? [];
  const names = (side = "") => [...side.replace(/"(\w+)[^"]*"/, "").matchAll(/\b[a-z]+\b/g)].map(([name]) => name);
  return picture.split("\n").flatMap((line) => {
    const [from, to] = line.split("-->");
    const folders = names(to);
    return names(from).flatMap((folder) =>
      folders.filter((each) => !borders.get(folder)?.includes(each)).map((each) => `${folder} --> ${each}`),
    );
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

  it("use every package and group of modules that the table names", () => {
    const used = new Set(
      [...graph].flatMap(([file, names]) => names.map((name) => `${folderOf(file)}: ${nameOf(name)}`)),
    );
    const entries = [...borders].flatMap(([folder, names]) =>
      names.filter((name) => !borders.has(name)).map((name) => `${folder}: ${name}`),
    );
    expect(entries.filter((entry) => !used.has(entry))).toEqual([]);
  });

  it("lead only to folders that exist", () => {
    const folders = new Set(files.map(folderOf));
    expect([...borders.keys()].filter((name) => !folders.has(name))).toEqual([]);
  });

  it("stay within folders that the picture in docs/architecture.md shows", () => {
    const page = readFileSync("docs/architecture.md", "utf8");
    const [, picture = ""] = /^## What each folder may know$.*?^```mermaid$(.*?)^```$/ms.exec(page) ?? [];
    const shown = new Set(picture.match(/\b[a-z]+\b/g));
    expect([...new Set(files.map(folderOf))].filter((folder) => !shown.has(folder ?? ""))).toEqual([]);
  });

  it("are drawn in that picture only where the table allows them", () => {
    expect(drawnButNotAllowed(readFileSync("docs/architecture.md", "utf8"), borders)).toEqual([]);
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
      "a.ts": 'import "./b.ts";\nimport "./c.ts";',
      "b.ts": 'import "./d.ts";',
      "c.ts": 'import "./d.ts";',
      "d.ts": "",
    };
    expect(circleOf(texts)).toBeUndefined();
  });
});

describe("the borders", () => {
  const crossingsOf = (file: string, ...imports: readonly string[]) => {
    const text = imports.map((name) => `import { x } from "${name}";`).join("\n");
    return crossings(importsOf(new Map([[file, text]])), borders).map((line) => line.replace(`${file} imports `, ""));
  };

  it("hold for a folder that is not in the table", () => {
    const refused = ["../api/spec.ts", "zod", "node:fs/promises", "node:net", "node:child_process", "../../test/a.ts"];
    const found = crossingsOf("src/added/a.ts", "./b.ts", "../common/clock.ts", "node:crypto", "node:util", ...refused);
    expect(found).toEqual(["src/api/spec.ts", ...refused.slice(1, -1), "test/a.ts"]);
  });

  it("keep Docker out of the runtime, and Kubernetes out of Docker", () => {
    expect(crossingsOf("src/runtime/a.ts", "../docker/facts.ts", "dockerode")).toEqual([
      "src/docker/facts.ts",
      "dockerode",
    ]);
    const kubernetes = ["@kubernetes/client-node", "@kubernetes/client-node/dist/config.js"];
    expect(crossingsOf("src/docker/a.ts", "../runtime/kube-object.ts", ...kubernetes)).toEqual([
      "src/runtime/kube-object.ts",
      ...kubernetes,
    ]);
  });

  it.each([
    ["@kubernetes/client-node", ["runtime"]],
    ["dockerode", ["docker"]],
    ["docker-modem", ["docker"]],
    ["ssh2", ["ssh"]],
    ["prom-client", ["telemetry"]],
    ["commander", ["cli"]],
  ])("let %s only into one folder", (name, folders) => {
    expect([...borders].filter(([, names]) => names.includes(name)).map(([folder]) => folder)).toEqual(folders);
  });

  it("hold for every way to import", () => {
    for (const text of [
      'import "ssh2";',
      'import type { Client } from "ssh2";',
      'import {\n  Client,\n} from "ssh2";',
      'export * from "ssh2";',
      'const { Client } = await import("ssh2");',
      'let client: import("ssh2").Client;',
      'import { Client } from "ssh2/lib/client.js";',
    ]) {
      expect(crossings(importsOf(new Map([["src/views/a.ts", text]])), borders)).toHaveLength(1);
    }
  });

  it("let nothing import the program's entry", () => {
    expect(crossingsOf("src/files/a.ts", "../main.ts")).toEqual(["src/main.ts"]);
  });
});
