import { cp, mkdir, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { run } from "../env/binaries/run-command.ts";
import type { Docker } from "../env/docker.ts";

/** Makes an image of this Node, where distroless has it, with the libraries that it is linked to and nothing else. */
export async function importNodeBase(docker: Docker, reference: string): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), "dockerhost-base-"));
  try {
    const root = join(folder, "root");
    await copyTo(root, process.execPath, "/nodejs/bin/node");
    for (const library of librariesIn(await run("ldd", [process.execPath]))) await copyTo(root, library, library);
    await run("tar", ["-cf", join(folder, "base.tar"), "-C", root, "."]);
    await docker.cli(["import", join(folder, "base.tar"), reference]);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** `libm.so.6 => /lib/x86_64-linux-gnu/libm.so.6 (0x...)`, and the loader with only its path. */
function librariesIn(ldd: string): string[] {
  return ldd.split("\n").flatMap((line) => /(?:=> |^\s*)(\/\S+) \(0x/.exec(line)?.[1] ?? []);
}

async function copyTo(root: string, source: string, path: string): Promise<void> {
  const target = join(root, path);
  await mkdir(dirname(target), { recursive: true });
  await cp(source, target, { dereference: true });
}
