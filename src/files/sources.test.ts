import { mkdir, truncate, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { Readable } from "node:stream";
import { describe, expect, it } from "vitest";
import { temporaryFolder } from "../../test/support/temp-folder.ts";
import { expandPath, readSource, readStream } from "./sources.ts";
import { MAX_MANIFEST_BYTES } from "./yaml.ts";

describe("expandPath", () => {
  it("takes the manifests of a folder in order, not those of its subfolders or hidden ones", async () => {
    const folder = await temporaryFolder();
    await mkdir(join(folder, "more"));
    for (const name of ["b.yml", "a.yaml", "c.json", "README.md", ".d.yaml", "a.yaml~", "more/e.yaml"]) {
      await writeFile(join(folder, name), "");
    }
    expect(await expandPath(folder)).toEqual({
      ok: true,
      value: ["a.yaml", "b.yml", "c.json"].map((name) => join(folder, name)),
    });
  });

  it("takes a file whatever it is called", async () => {
    const file = join(await temporaryFolder(), "hosts");
    await writeFile(file, "");
    expect(await expandPath(file)).toEqual({ ok: true, value: [file] });
  });

  it("says that a path does not exist", async () => {
    expect(await expandPath("/nonexistent/fleet")).toEqual({ ok: false, failure: "cannot be read: it does not exist" });
  });
});

describe("readSource", () => {
  it("reads a file", async () => {
    const file = join(await temporaryFolder(), "hosts.yaml");
    await writeFile(file, "a: ü\n");
    expect(await readSource(file)).toEqual({ ok: true, value: { source: file, text: "a: ü\n" } });
  });

  it("says that a file does not exist", async () => {
    expect(await readSource("/nonexistent")).toEqual({ ok: false, failure: "cannot be read: it does not exist" });
  });

  it("refuses a file that is too large without reading it", async () => {
    const file = join(await temporaryFolder(), "hosts.yaml");
    await writeFile(file, "");
    // All holes, which take no room.
    await truncate(file, 2 ** 40);
    expect(await readSource(file)).toEqual({
      ok: false,
      failure: `is larger than ${MAX_MANIFEST_BYTES} bytes`,
    });
  });
});

describe("readStream", () => {
  const unaborted = new AbortController().signal;

  it("ends with its signal, also where nothing ever comes", async () => {
    const stop = new AbortController();
    const silent = new Readable({ read() {} });
    const read = readStream(silent, stop.signal);
    stop.abort(new Error("stopped by SIGINT"));
    await expect(read).rejects.toThrow("stopped by SIGINT");
    expect(silent.destroyed).toBe(true);
  });

  it("says why a stream broke", async () => {
    const broken = new Readable({ read: () => broken.destroy(new Error("read EIO")) });
    expect(await readStream(broken, unaborted)).toEqual({ ok: false, failure: "cannot be read: read EIO" });
  });

  it("puts chunks together, also where they part a character", async () => {
    const bytes = Buffer.from("a: ü\n");
    const stream = Readable.from([bytes.subarray(0, 4), bytes.subarray(4)]);
    expect(await readStream(stream, unaborted)).toEqual({
      ok: true,
      value: { source: "standard input", text: "a: ü\n" },
    });
  });

  it("stops at a bound", async () => {
    const endless = Readable.from(
      (function* () {
        for (;;) yield Buffer.alloc(1024 * 1024);
      })(),
    );
    expect(await readStream(endless, unaborted)).toEqual({
      ok: false,
      failure: `is larger than ${MAX_MANIFEST_BYTES} bytes`,
    });
  });
});
