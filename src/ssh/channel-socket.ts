import { Duplex } from "node:stream";
import type { ClientChannel } from "ssh2";

const MAX_STDERR_BYTES = 4096;

/** How a remote command ended. */
export interface CommandEnd {
  /** Undefined if a signal ended it, or the host did not report it. */
  readonly code: number | undefined;
  /** The beginning of what it wrote to standard error. */
  readonly stderr: string;
}

export interface ChannelSocketOptions {
  readonly channel: ClientChannel;
  /** Calls back when the SSH connection below has ended; the result removes the callback. */
  readonly onLost: (callback: (error: Error) => void) => () => void;
  /** For a command: whether its first bytes are as expected. */
  readonly accepts?: (begin: Buffer) => Error | undefined;
  /** For a command: why its end is a failure; undefined if it is not one. */
  readonly explainEnd?: (end: CommandEnd) => Promise<Error | undefined>;
}

/**
 * A channel with the interface of a socket, which node:http needs. It has methods that are meaningless here, and it
 * always reports its end, which the channel of ssh2 does not do if its connection is gone.
 */
export class ChannelSocket extends Duplex {
  readonly #channel: ClientChannel;
  readonly #explainEnd: ChannelSocketOptions["explainEnd"];
  readonly #forget: () => void;
  #accepts: ChannelSocketOptions["accepts"];
  #stderr = "";
  /** What happened before there was a listener; undefined after that. */
  #early: (() => void)[] | undefined = [];

  constructor({ channel, onLost, accepts, explainEnd }: ChannelSocketOptions) {
    super();
    this.#channel = channel;
    this.#accepts = accepts;
    this.#explainEnd = explainEnd;
    this.#forget = onLost((error) => this.#whenHeard(() => this.destroy(error)));
    channel.on("data", (bytes: Buffer) => this.#whenHeard(() => this.#take(bytes)));
    // A command may end its output before it reports how it ended.
    channel.on("end", () => this.#whenHeard(() => explainEnd === undefined && !this.destroyed && this.push(null)));
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
      // A channel that does not accept data has ended or is about to; its end shows why.
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
   * node:http starts to listen to a socket some time after it gets it, and at the latest when it writes. Without a
   * queue, an error before that would be unhandled, and an end would be missed.
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
    const checked = this.#explainEnd?.({ code, stderr: this.#stderr }) ?? Promise.resolve(undefined);
    checked.then(
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

  /** ssh2 throws if its connection has ended in the meantime. */
  #quietly(act: () => void): void {
    try {
      act();
    } catch {
      // There is nothing left to report.
    }
  }
}
