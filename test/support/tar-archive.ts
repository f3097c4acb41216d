export interface TarEntry {
  readonly path: string;
  /** Default: nothing. */
  readonly content?: string;
  /** Default `0`, a regular file. */
  readonly type?: string;
}

const BLOCK = 512;

/** A ustar archive; `end: false` leaves out the final blocks. */
export function tarArchive(entries: readonly TarEntry[], { end = true }: { end?: boolean } = {}): Buffer {
  const parts = entries.flatMap(({ path, content = "", type = "0" }) => {
    const body = Buffer.from(content);
    const padded = Buffer.alloc(Math.ceil(body.length / BLOCK) * BLOCK);
    body.copy(padded);
    return [header(path, body.length, type), padded];
  });
  return Buffer.concat([...parts, ...(end ? [Buffer.alloc(2 * BLOCK)] : [])]);
}

function header(path: string, size: number, type: string): Buffer {
  const block = Buffer.alloc(BLOCK);
  block.write(path, 0, 100);
  block.write("0000600\0", 100);
  block.write(`${size.toString(8).padStart(11, "0")}\0`, 124);
  block.write("        ", 148);
  block.write(type, 156);
  block.write("ustar\x0000", 257);
  const sum = block.reduce((total, byte) => total + byte, 0);
  block.write(`${sum.toString(8).padStart(6, "0")}\0 `, 148);
  return block;
}
