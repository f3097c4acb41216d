import { readFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { z } from "zod";
import type { Tab } from "./tab.ts";

const AXE = createRequire(import.meta.url).resolve("axe-core/axe.min.js");
const violations = z.array(
  z.object({ id: z.string(), help: z.string(), nodes: z.array(z.object({ html: z.string() })) }),
);

/** What axe-core finds wrong for people with disabilities on the page that a tab shows: all of its rules. */
export async function barriers(tab: Tab): Promise<readonly string[]> {
  if ((await tab.evaluate("typeof axe")) === "undefined") await tab.evaluate(`${await readFile(AXE, "utf8")}; 0`);
  const found = await tab.evaluate(`axe.run({ resultTypes: ["violations"] }).then(({ violations }) =>
    violations.map(({ id, help, nodes }) => ({ id, help, nodes: nodes.map(({ html }) => ({ html })) })))`);
  return violations.parse(found).map(({ id, help, nodes }) => `${id}: ${help}: ${nodes[0]?.html}`);
}
