import type { CliContext, CliStream } from "./context.ts";

/** The escape codes that the program itself writes: the colours of a line, and the codes that draw lines in place. */
const OWN = /^\[(?:(?:1|22|3[0-9]|39|90)m|[HJK]|[1-9][0-9]?A)/;
const ESCAPE = "\u001b";
const STEERING = /(?![\n\t])[\p{Cc}\p{Cf}\u2028\u2029]/gu;

/**
 * A stream that removes everything that could control the terminal from text of files, daemons and other programs:
 * escape sequences, bells and changes of the writing direction.
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

  /** Writes lines that keep the program's own colours. Their cells were cleaned before they were coloured. */
  writePainted(text: string): unknown {
    const [first = "", ...rest] = text.split(ESCAPE);
    const parts = rest.map((part) => {
      const own = OWN.exec(part)?.[0];
      return own === undefined ? harmless(`${ESCAPE}${part}`) : `${ESCAPE}${own}${harmless(part.slice(own.length))}`;
    });
    return this.#stream.write(harmless(first) + parts.join(""));
  }
}

/** Returns the context with streams on which no foreign text can control the terminal. */
export function withSafeStreams(context: CliContext): CliContext {
  return { ...context, stdout: new SafeStream(context.stdout), stderr: new SafeStream(context.stderr) };
}

/** Writes lines with colours. A stream of another class is a plain one of a test, and gets the text unchanged. */
export function writePainted(stream: CliStream, text: string): void {
  if (stream instanceof SafeStream) stream.writePainted(text);
  else stream.write(text);
}

export function harmless(text: string): string {
  return text.replace(STEERING, "\ufffd");
}
