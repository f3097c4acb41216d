import type { CliContext, CliStream } from "./context.ts";

/** The codes of our own: colours of a line, and those by which a table is drawn in place. */
const OWN = /^\[(?:(?:1|22|3[0-9]|39|90)m|[HJK])/;
const ESCAPE = "\u001b";
const STEERING = /(?![\n\t])[\p{Cc}\p{Cf}\u2028\u2029]/gu;

/**
 * A stream on which nothing steers the terminal, whatever files, daemons and other programs brought into the text: no
 * escape sequence, no bell, no other direction of writing.
 */
export class SafeStream implements CliStream {
  readonly #stream: CliStream;

  constructor(stream: CliStream) {
    this.#stream = stream;
  }

  get isTTY(): boolean | undefined {
    return this.#stream.isTTY;
  }

  get columns(): number | undefined {
    return this.#stream.columns;
  }

  get rows(): number | undefined {
    return this.#stream.rows;
  }

  write(text: string): unknown {
    return this.#stream.write(harmless(text));
  }

  /** For lines with colours of our own, whose cells were cleaned before they were painted. */
  writePainted(text: string): unknown {
    const [first = "", ...rest] = text.split(ESCAPE);
    const parts = rest.map((part) => {
      const own = OWN.exec(part)?.[0];
      return own === undefined ? harmless(`${ESCAPE}${part}`) : `${ESCAPE}${own}${harmless(part.slice(own.length))}`;
    });
    return this.#stream.write(harmless(first) + parts.join(""));
  }
}

/** The same context with streams that nothing steers the terminal on. */
export function withSafeStreams(context: CliContext): CliContext {
  return { ...context, stdout: new SafeStream(context.stdout), stderr: new SafeStream(context.stderr) };
}

/** Writes lines with colours; where the stream knows nothing of them it is a plain one of a test. */
export function writePainted(stream: CliStream, text: string): void {
  if (stream instanceof SafeStream) stream.writePainted(text);
  else stream.write(text);
}

export function harmless(text: string): string {
  return text.replace(STEERING, "\ufffd");
}
