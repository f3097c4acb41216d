/** `npm run picture`: runs the demo and draws what it prints, with its colours, into docs/demo.svg for the README. */
import { execFile } from "node:child_process";
import { writeFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { picture } from "./terminal-svg.ts";

const root = fileURLToPath(new URL("..", import.meta.url));
const env = { ...process.env, FORCE_COLOR: "1" };
const { stdout } = await promisify(execFile)(process.execPath, ["demo/main.ts", "--once"], { cwd: root, env });
await writeFile(`${root}docs/demo.svg`, picture(`$ npm run demo\n${stdout.trimEnd()}`));
process.stdout.write("Wrote docs/demo.svg\n");
