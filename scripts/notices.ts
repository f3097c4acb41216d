import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

const LICENCE_FILE = /^(licen[cs]e|notice|copying)/i;

/**
 * Collects the notices that the licences of bundled packages require.
 *
 * @param root the folder that contains node_modules
 * @param inputs paths of the bundled files, relative to it
 */
export function thirdPartyNotices(root: string, inputs: readonly string[]): string {
  const folders = new Set(inputs.flatMap((path) => packageFolder(path) ?? []));
  return [...folders]
    .sort()
    .map((folder) => {
      const { name, version, license } = JSON.parse(readFileSync(join(root, folder, "package.json"), "utf8"));
      const files = readdirSync(join(root, folder), { withFileTypes: true })
        .filter((entry) => entry.isFile() && LICENCE_FILE.test(entry.name))
        .map((entry) => entry.name)
        .sort();
      const texts = files.map((file) => readFileSync(join(root, folder, file), "utf8").trim());
      return [`${name} ${version} (${license ?? "see below"})`, ...texts].join("\n\n");
    })
    .join(`\n\n${"-".repeat(80)}\n\n`)
    .concat("\n");
}

/** Returns `node_modules/a/node_modules/@b/c` for `node_modules/a/node_modules/@b/c/lib/index.js`. */
export function packageFolder(path: string): string | undefined {
  const match = /^(?<folder>(?:.*\/)?node_modules\/(?:@[^/]+\/)?[^/]+)\//.exec(path);
  return match?.groups?.folder;
}
