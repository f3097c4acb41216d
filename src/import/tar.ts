import { failure, type Result, success } from "../common/result.ts";

const BLOCK = 512;
/** Limits the entries. An export of a context has far fewer. */
const MAX_ENTRIES = 256;

/**
 * Reads the regular files of a tar archive (ustar, PAX and GNU names), by path. Final blocks can be missing, since
 * Docker's own exports may lack them, but files must be complete. A failure follows the name of the archive.
 */
export function readTar(archive: Buffer): Result<ReadonlyMap<string, Buffer>, string> {
  const files = new Map<string, Buffer>();
  let named: string | undefined;
  let entries = 0;
  for (let at = 0; at + BLOCK <= archive.length; ) {
    const header = archive.subarray(at, at + BLOCK);
    if (header.every((byte) => byte === 0)) break;
    if (!hasChecksum(header)) return failure(at === 0 ? "is not a tar archive" : "is a damaged tar archive");
    entries += 1;
    if (entries > MAX_ENTRIES) return failure(`contains more than ${MAX_ENTRIES} entries`);
    const size = octal(header, 124, 12);
    if (size === undefined) return failure("is a damaged tar archive: an entry has no size");
    const end = at + BLOCK + size;
    if (end > archive.length) return failure("is a truncated tar archive; export it again");
    const content = archive.subarray(at + BLOCK, end);
    const type = String.fromCharCode(header[156] ?? 0);
    if (type === "x") named = paxPath(content) ?? named;
    else if (type === "L") named = text(content);
    else {
      const path = cleaned(named ?? headerPath(header));
      named = undefined;
      if (type === "0" || type === "\0") {
        if (files.has(path)) return failure("is a tar archive that contains a file twice");
        files.set(path, content);
      }
    }
    at += BLOCK + Math.ceil(size / BLOCK) * BLOCK;
  }
  if (entries === 0) return failure("is empty or not a tar archive");
  return success(files);
}

/** Verifies the sum of the header's bytes, in which the checksum itself counts as spaces. */
function hasChecksum(header: Buffer): boolean {
  let sum = 0;
  for (const [index, byte] of header.entries()) sum += index >= 148 && index < 156 ? 0x20 : byte;
  return octal(header, 148, 8) === sum;
}

/** Also returns undefined for GNU's binary numbers, which only sizes of 8 GiB and more need. */
function octal(header: Buffer, start: number, length: number): number | undefined {
  const digits = /^ *([0-7]+)[ \0]*$/.exec(header.toString("latin1", start, start + length))?.[1];
  return digits === undefined ? undefined : Number.parseInt(digits, 8);
}

function headerPath(header: Buffer): string {
  const name = text(header.subarray(0, 100));
  const prefix = header.toString("latin1", 257, 262) === "ustar" ? text(header.subarray(345, 500)) : "";
  return prefix === "" ? name : `${prefix}/${name}`;
}

/** Finds the `path` in PAX records, each of which is `LENGTH KEY=VALUE\
`. */
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

/** Normalizes a path for look-ups: `./meta.json` becomes `meta.json`. */
function cleaned(path: string): string {
  return path.replace(/^(\.\/)+/, "");
}
