import { execFileSync } from "node:child_process";
import { once } from "node:events";
import { open, symlink, writeFile } from "node:fs/promises";
import { createServer } from "node:net";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { temporaryFolder } from "../../test/support/temp-folder.ts";
import { readBoundedFile } from "./read-file.ts";

describe("readBoundedFile", () => {
  it("returns whole files up to the limit, and nothing of larger ones", async () => {
    const file = join(await temporaryFolder(), "file");
    await writeFile(file, "x".repeat(100_000));
    expect((await readBoundedFile(file, 100_000))?.length).toBe(100_000);
    expect(await readBoundedFile(file, 99_999)).toBeUndefined();
    await writeFile(file, "");
    expect((await readBoundedFile(file, 0))?.length).toBe(0);
  });

  it("neither waits for a pipe that nobody writes to, nor reads devices, sockets and folders", async () => {
    const folder = await temporaryFolder();
    const pipe = join(folder, "pipe.yaml");
    execFileSync("mkfifo", [pipe]);
    await expect(readBoundedFile(pipe, 1)).rejects.toThrow("it is a named pipe, not a file");
    await symlink(pipe, join(folder, "link.yaml"));
    await expect(readBoundedFile(join(folder, "link.yaml"), 1)).rejects.toMatchObject({ code: "ENOTFILE" });
    const socket = join(folder, "socket.yaml");
    const server = createServer().listen(socket);
    await once(server, "listening");
    await expect(readBoundedFile(socket, 1)).rejects.toThrow("not a file");
    server.close();
    await expect(readBoundedFile("/dev/zero", 1)).rejects.toThrow("it is a device, not a file");
    await expect(readBoundedFile(folder, 1)).rejects.toThrow("it is a folder, not a file");
  });

  it("reads files that the shell has opened for the process", async () => {
    const folder = await temporaryFolder();
    await writeFile(join(folder, "file"), "held");
    await using file = await open(join(folder, "file"));
    expect((await readBoundedFile(`/dev/fd/${file.fd}`, 100))?.toString()).toBe("held");
    const module = new URL("read-file.ts", import.meta.url).href;
    const script = `import { readBoundedFile } from ${JSON.stringify(module)}; console.log(String(await readBoundedFile("/dev/stdin", 100)));`;
    const shell = `printf piped | "$0" --input-type=module -e "$1"`;
    const printed = execFileSync("sh", ["-c", shell, process.execPath, script]);
    expect(printed.toString()).toBe("piped\n");
  });

  it("rejects with the error of the system, or with the reason of the signal", async () => {
    const folder = await temporaryFolder();
    await expect(readBoundedFile(join(folder, "absent"), 1)).rejects.toMatchObject({ code: "ENOENT" });
    await expect(readBoundedFile(folder, 1)).rejects.toMatchObject({ code: "EISDIR" });
    await expect(readBoundedFile("/dev/zero", 1, AbortSignal.abort())).rejects.toMatchObject({ name: "AbortError" });
  });
});
