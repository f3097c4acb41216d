import { writeFile } from "node:fs/promises";

/** Writes a program that runs another, with arguments and environment before its own. */
export async function writeCommand(
  path: string,
  command: readonly string[],
  environment: Readonly<Record<string, string>> = {},
): Promise<void> {
  const exports = Object.entries(environment).map(([name, value]) => `export ${name}=${quoted(value)}\n`);
  await writeScript(path, `${exports.join("")}exec ${command.map(quoted).join(" ")} "$@"`);
}

export async function writeScript(path: string, script: string): Promise<void> {
  await writeFile(path, `#!/bin/bash\nset -euo pipefail\n${script}\n`, { mode: 0o755 });
}

/** For the shell. */
export function quoted(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`;
}
