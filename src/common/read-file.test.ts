import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { temporaryFolder } from "../../test/support/temp-folder.ts";
import { readBoundedFile } from "./read-file.ts";

describe("readBoundedFile", () => {
  it("gives files up to the bound whole, and of larger ones nothing", async () => {
    const file = join(await temporaryFolder(), "file");
    await writeFile(file, "x".repeat(100_000));
    expect((await readBoundedFile(file, 100_000))?.length).toBe(100_000);
    expect(await readBoundedFile(file, 99_999)).toBeUndefined();
    await writeFile(file, "");
    expect((await readBoundedFile(file, 0))?.length).toBe(0);
  });

  it("reads a device without end no further than the bound", async () => {
    expect(await readBoundedFile("/dev/zero", 1_000_000)).toBeUndefined();
  });

  it("rejects with what the system says, and with the signal", async () => {
    const folder = await temporaryFolder();
    await expect(readBoundedFile(join(folder, "absent"), 1)).rejects.toMatchObject({ code: "ENOENT" });
    await expect(readBoundedFile(folder, 1)).rejects.toMatchObject({ code: "EISDIR" });
    await expect(readBoundedFile("/dev/zero", 1, AbortSignal.abort())).rejects.toMatchObject({ name: "AbortError" });
  });
});
