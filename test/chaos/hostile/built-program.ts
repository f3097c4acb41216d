import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { BUILT_PROGRAM, buildIn } from "../../support/built-program.ts";

const ROOT = fileURLToPath(new URL("../../..", import.meta.url));
/** What the chart gives the controller, in MiB. */
export const MEMORY_LIMIT_MIB = 384;
/**
 * The old space that Node uses by default in a container with this limit; it is set explicitly if there is no such
 * container.
 */
const HEAP_MIB = MEMORY_LIMIT_MIB / 2;

/** The program as the image has it, with the flags of Node that the image gives it: what to start Node with. */
export async function builtProgram(isCaged: boolean): Promise<readonly string[]> {
  const program = process.env[BUILT_PROGRAM] ?? (await buildIn(join(ROOT, "dist")));
  const dockerfile = await readFile(join(ROOT, "Dockerfile"), "utf8");
  const [, entrypoint = "[]"] = /^ENTRYPOINT (\[.*\])$/m.exec(dockerfile) ?? [];
  const flags = (JSON.parse(entrypoint) as string[]).filter((part) => part.startsWith("--"));
  if (flags.length === 0) throw new Error("the Dockerfile gives Node no flags, or has another form");
  const heap = isCaged ? [] : [`--max-old-space-size=${HEAP_MIB}`];
  return [...flags, ...heap, program];
}

/**
 * The most memory that the process has had at a time, in MiB, without the parts of files that it has mapped (Node's own
 * program, about 50 MiB): the kernel takes those back before it ends a process at its limit.
 */
export async function peakMemory(pid: number): Promise<number> {
  const status = await readFile(`/proc/${pid}/status`, "utf8");
  const kibibytes = (name: string) => Number(new RegExp(`^${name}:\\s+(\\d+) kB$`, "m").exec(status)?.[1]);
  return (kibibytes("VmHWM") - kibibytes("RssFile")) / 1024;
}
