import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

export const readFromRoot = (path: string) =>
  readFileSync(fileURLToPath(new URL(`../../../${path}`, import.meta.url)), "utf8");

/** The text of the fenced `yaml` block of a page that begins with a comment of this name. */
export function yamlExample(page: string, name: string): string {
  const block = readFromRoot(page)
    .split("```yaml\n")
    .find((each) => each.startsWith(`# ${name}\n`));
  if (block === undefined) throw new Error(`${page} has no example ${name}`);
  return block.slice(0, block.indexOf("```"));
}
