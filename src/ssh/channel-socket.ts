import { Duplex } from "node:stream";
import type { ClientChannel } from "ssh2";

const MAX_STDERR_BYTES = 4096;

/** How a remote command ended. */
export interface CommandEnd {
  /** Undefined if a signal ended it, or the host did not say. */
  readonly code: number | undefined;
  /** The beginning of what it wrote to standard error. */
  readonly stderr: string;
}

export interface ChannelSocketOptions {
  readonly channel: ClientChannel;
  /** Calls back when the SSH connection below has ended; returns what takes it back. */
  readonly onLost: (callback: (error: Error) => void) => () => void;
  /** Of a command, that its first bytes are what is expected. */
  readonly accepts?: (begin: Buffer) => Error | undefined;
  /** Of a command, why its end is a failure; undefined where it is none. */
  readonly judgeEnd?: (end: CommandEnd) => Promise<Error | undefined>;
}

/**
 * A channel in the form of a socket, as node:http wants it: with the methods of one that have no meaning here, and with
 * an end that is always told, which the channel of ssh2 owes once its connection is gone.
 */
export class ChannelSocket extends Duplex {
  readonly #channel: ClientChannel;
  readonly #judgeEnd: ChannelSocketOptions["judgeEnd"];
  readonly #forget: () => void;
  #accepts: ChannelSocketOptions["accepts"];
  #stderr = "";
  /** What happened before anybody listened; undefined from then on. */
  #early: (() => void)[] | undefined = [];

  constructor({ channel, onLost, accepts, judgeEnd }: ChannelSocketOptions) {
    super();
    this.#channel = channel;
    this.#accepts = accepts;
    this.#judgeEnd = judgeEnd;
    this.#forget = onLost((error) => this.#whenHeard(() => this.destroy(error)));
    channel.on("data", (bytes: Buffer) => this.#whenHeard(() => this.#take(bytes)));
    // A command may end its output before it tells how it ended.
    channel.on("end", () => this.#whenHeard(() => judgeEnd === undefined && !this.destroyed && this.push(null)));
    channel.on("close", (code: unknown) =>
      this.#whenHeard(() => this.#closed(typeof code === "number" ? code : undefined)),
    );
    channel.stderr.on("data", (bytes: Buffer) => {
      if (this.#stderr.length < MAX_STDERR_BYTES) this.#stderr += bytes.toString("utf8", 0, MAX_STDERR_BYTES);
    });
  }

  setTimeout(): this {
    return this;
  }

  setNoDelay(): this {
    return this;
  }

  setKeepAlive(): this {
    return this;
  }

  ref(): this {
    return this;
  }

  unref(): this {
    return this;
  }

  override _read(): void {
    if (!this.destroyed) this.#channel.resume();
  }

  override _write(chunk: Buffer, _encoding: BufferEncoding, done: (error?: Error | null) => void): void {
    if (this.#early !== undefined) process.nextTick(() => this.#heard());
    try {
      // A channel that takes no more has ended, or is about to: its end tells why.
      this.#channel.write(chunk, () => done());
    } catch {
      done();
    }
  }

  override _final(done: () => void): void {
    this.#quietly(() => this.#channel.end());
    done();
  }

  override _destroy(error: Error | null, done: (error: Error | null) => void): void {
    this.#forget();
    this.#accepts = undefined;
    this.#quietly(() => this.#channel.close());
    done(error);
  }

  /**
   * node:http listens to a socket some time after it was handed over, and at the latest when it writes. An error before
   * that would be nobody's, an end before that be missed.
   */
  #whenHeard(happened: () => void): void {
    if (this.#early === undefined) happened();
    else this.#early.push(happened);
  }

  #heard(): void {
    const early = this.#early ?? [];
    this.#early = undefined;
    for (const happened of early) happened();
  }

  #take(bytes: Buffer): void {
    if (this.destroyed) return;
    const refused = this.#accepts?.(bytes);
    this.#accepts = undefined;
    if (refused !== undefined) this.destroy(refused);
    else if (!this.push(bytes)) this.#channel.pause();
  }

  #closed(code: number | undefined): void {
    if (this.destroyed) return;
    const judged = this.#judgeEnd?.({ code, stderr: this.#stderr }) ?? Promise.resolve(undefined);
    judged.then(
      (failed) => this.#finish(failed),
      (error: Error) => this.destroy(error),
    );
  }

  #finish(failed: Error | undefined): void {
    if (this.destroyed) return;
    if (failed !== undefined) {
      this.destroy(failed);
      return;
    }
    if (!this.readableEnded) this.push(null);
    this.end();
  }

  /** ssh2 throws where its connection has ended meanwhile. */
  #quietly(act: () => void): void {
    try {
      act();
    } catch {
      // There is nothing left to be told.
    }
  }
}
