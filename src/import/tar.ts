import { failure, type Result, success } from "../common/result.ts";

const BLOCK = 512;
/** Many times what an export of a context holds. */
const MAX_ENTRIES = 256;

/**
 * The regular files of a tar archive (ustar, PAX and GNU names), by path. An archive without its final blocks is whole,
 * as Docker's own exports may lack them; a file that is cut short is not. The failure is what to say after its name.
 */
export function readTar(archive: Buffer): Result<ReadonlyMap<string, Buffer>, string> {
  const files = new Map<string, Buffer>();
  let named: string | undefined;
  let entries = 0;
  for (let at = 0; at + BLOCK <= archive.length; ) {
    const header = archive.subarray(at, at + BLOCK);
    if (header.every((byte) => byte === 0)) break;
    if (!hasChecksum(header)) return failure(at === 0 ? "is no tar archive" : "is a damaged tar archive");
    entries += 1;
    if (entries > MAX_ENTRIES) return failure(`holds more than ${MAX_ENTRIES} entries`);
    const size = octal(header, 124, 12);
    if (size === undefined) return failure("is a damaged tar archive: an entry has no size");
    const end = at + BLOCK + size;
    if (end > archive.length) return failure("is a tar archive that is cut short; export it again");
    const content = archive.subarray(at + BLOCK, end);
    const type = String.fromCharCode(header[156] ?? 0);
    if (type === "x") named = paxPath(content) ?? named;
    else if (type === "L") named = text(content);
    else {
      const path = cleaned(named ?? headerPath(header));
      named = undefined;
      if (type === "0" || type === "\0") {
        if (files.has(path)) return failure("is a tar archive that holds one file twice");
        files.set(path, content);
      }
    }
    at += BLOCK + Math.ceil(size / BLOCK) * BLOCK;
  }
  if (entries === 0) return failure("is no tar archive, or an empty one");
  return success(files);
}

/** The sum over the header, in which the checksum itself counts as blanks. */
function hasChecksum(header: Buffer): boolean {
  let sum = 0;
  for (const [index, byte] of header.entries()) sum += index >= 148 && index < 156 ? 0x20 : byte;
  return octal(header, 148, 8) === sum;
}

/** undefined also for GNU's binary numbers, which only sizes beyond 8 GiB need. */
function octal(header: Buffer, start: number, length: number): number | undefined {
  const digits = /^ *([0-7]+)[ \0]*$/.exec(header.toString("latin1", start, start + length))?.[1];
  return digits === undefined ? undefined : Number.parseInt(digits, 8);
}

function headerPath(header: Buffer): string {
  const name = text(header.subarray(0, 100));
  const prefix = header.toString("latin1", 257, 262) === "ustar" ? text(header.subarray(345, 500)) : "";
  return prefix === "" ? name : `${prefix}/${name}`;
}

/** The `path` of PAX records, each `LENGTH KEY=VALUE\n`. */
function paxPath(content: Buffer): string | undefined {
  let path: string | undefined;
  for (let at = 0; at < content.length; ) {
    const space = content.indexOf(0x20, at);
    const length = space < 0 ? 0 : Number(content.toString("latin1", at, space));
    if (!Number.isInteger(length) || length <= space - at) return path;
    const record = content.toString("utf8", space + 1, at + length - 1);
    if (record.startsWith("path=")) path = record.slice("path=".length);
    at += length;
  }
  return path;
}

function text(bytes: Buffer): string {
  const end = bytes.indexOf(0);
  return bytes.toString("utf8", 0, end < 0 ? bytes.length : end);
}

/** As it is looked up: `./meta.json` is `meta.json`. */
function cleaned(path: string): string {
  return path.replace(/^(\.\/)+/, "");
}
