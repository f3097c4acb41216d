import type { Socket } from "node:net";
import { Duplex } from "node:stream";

/** Hundreds of the smallest packets at most: what reads them all at once must not block the event loop for long. */
const SLICE_BYTES = 4 * 1024;

/**
 * A connected socket whose bytes are handed on in small slices, one in each turn of the event loop. Node itself hands on
 * up to two megabytes in one turn, in which a hostile server can put tens of thousands of packets.
 */
export class PacedStream extends Duplex {
  readonly #socket: Socket;
  readonly #judge: (bytes: number) => Error | undefined;
  #rest: Buffer = Buffer.alloc(0);
  #turn: NodeJS.Immediate | undefined;
  #end: (() => void) | undefined;

  /** @param judge why that many bytes must not be handed on; it ends the stream and the socket */
  constructor(socket: Socket, judge: (bytes: number) => Error | undefined) {
    super({ allowHalfOpen: false });
    this.#socket = socket;
    this.#judge = judge;
    socket.on("data", (bytes: Buffer) => {
      socket.pause();
      this.#rest = bytes;
      this.#inNextTurn();
    });
    // What came before the end is still handed on.
    socket.on("error", (error) => this.#endAfterRest(() => this.destroy(error)));
    socket.on("end", () => this.#endAfterRest(() => this.push(null)));
    socket.on("close", () => this.#endAfterRest(() => this.push(null)));
    socket.pause();
  }

  override _read(): void {
    if (this.#rest.length === 0) this.#socket.resume();
    else this.#inNextTurn();
  }

  override _write(chunk: Buffer, _encoding: BufferEncoding, done: (error?: Error | null) => void): void {
    // Handed over at once where the socket takes it: a farewell would else wait for what was written before it, and be lost.
    if (this.#socket.write(chunk)) done();
    else this.#socket.once("drain", done);
  }

  override _final(done: () => void): void {
    this.#socket.end();
    done();
  }

  override _destroy(error: Error | null, done: (error: Error | null) => void): void {
    clearImmediate(this.#turn);
    this.#socket.destroy();
    done(error);
  }

  #inNextTurn(): void {
    this.#turn ??= setImmediate(() => this.#handOn());
  }

  #handOn(): void {
    this.#turn = undefined;
    if (this.destroyed) return;
    const slice = this.#rest.subarray(0, SLICE_BYTES);
    this.#rest = this.#rest.subarray(slice.length);
    const refused = this.#judge(slice.length);
    if (refused !== undefined) {
      this.destroy(refused);
      return;
    }
    // The answers to one slice leave together.
    this.#socket.cork();
    this.push(slice);
    this.#socket.uncork();
    if (this.#rest.length === 0) this.#end?.();
  }

  #endAfterRest(end: () => void): void {
    if (this.#end !== undefined) return;
    this.#end = end;
    if (this.#rest.length === 0) end();
  }
}
