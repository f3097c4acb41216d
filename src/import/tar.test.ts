import { describe, expect, it } from "vitest";
import { type TarEntry, tarArchive } from "../../test/support/tar-archive.ts";
import { readTar } from "./tar.ts";

/** Its files as texts, or the failure. */
function read(archive: Buffer) {
  const files = readTar(archive);
  return files.ok
    ? Object.fromEntries([...files.value].map(([path, bytes]) => [path, bytes.toString()]))
    : files.failure;
}

const ENTRIES: readonly TarEntry[] = [
  { path: "meta.json", content: "{}" },
  { path: "tls/", type: "5" },
  { path: "tls/docker/ca.pem", content: "x".repeat(700) },
];
const FILES = { "meta.json": "{}", "tls/docker/ca.pem": "x".repeat(700) };

describe("readTar", () => {
  it("gives the regular files by path", () => {
    expect(read(tarArchive(ENTRIES))).toEqual(FILES);
  });

  it("takes an archive without its final blocks, as Docker's client writes it to a pipe", () => {
    expect(read(tarArchive(ENTRIES, { end: false }))).toEqual(FILES);
    const unpadded = tarArchive([{ path: "meta.json", content: "{}" }], { end: false }).subarray(0, 514);
    expect(read(unpadded)).toEqual({ "meta.json": "{}" });
  });

  it("refuses one that is cut within a file", () => {
    expect(read(tarArchive(ENTRIES, { end: false }).subarray(0, 2_200))).toContain("truncated");
  });

  it("reads the names of PAX and of GNU, and ./ before a name", () => {
    const long = `tls/${"d".repeat(150)}/ca.pem`;
    const record = `path=${long}\n`;
    const pax = `${record.length + 4} ${record}`;
    const archive = tarArchive([
      { path: "PaxHeaders/x", type: "x", content: pax },
      { path: "cut", content: "by PAX" },
      { path: "././@LongLink", type: "L", content: `gnu/${long}\0` },
      { path: "cut", content: "by GNU" },
      { path: "./meta.json", content: "{}" },
    ]);
    expect(read(archive)).toEqual({ [long]: "by PAX", [`gnu/${long}`]: "by GNU", "meta.json": "{}" });
  });

  it("skips links and devices", () => {
    expect(
      read(
        tarArchive([
          { path: "meta.json", type: "2" },
          { path: "a", content: "b" },
        ]),
      ),
    ).toEqual({ a: "b" });
  });

  it.each([
    ["what is no archive", Buffer.alloc(2_000, "x"), "is not a tar archive"],
    ["nothing", Buffer.alloc(0), "is empty or not a tar archive"],
    ["an empty archive", Buffer.alloc(1_024), "is empty or not a tar archive"],
    ["one file twice", tarArchive([...ENTRIES, ...ENTRIES]), "contains a file twice"],
    [
      "more entries than an export has",
      tarArchive(Array.from({ length: 300 }, (_, index) => ({ path: `f${index}` }))),
      "more than 256 entries",
    ],
    ["a header that was changed", Buffer.from(tarArchive(ENTRIES)).fill("z", 1_024, 1_030), "damaged"],
  ])("refuses %s", (_what, archive, message) => {
    expect(read(archive)).toContain(message);
  });

  it("never throws, and gives nothing from beyond the archive, wherever it is cut", () => {
    const whole = tarArchive(ENTRIES);
    for (let length = 0; length < whole.length; length += 13) {
      const files = readTar(whole.subarray(0, length));
      if (files.ok)
        for (const [path, bytes] of files.value) expect(bytes.toString()).toBe(FILES[path as keyof typeof FILES]);
    }
  });
});
