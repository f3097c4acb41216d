import type { Socket } from "node:net";
import { Duplex } from "node:stream";

/** At most a few hundred of the smallest packets, so that processing them does not block the event loop for long. */
const SLICE_BYTES = 4 * 1024;

/**
 * A connected socket that passes on its bytes in small slices, one per turn of the event loop. Node itself passes on up
 * to two megabytes in one turn, which may contain tens of thousands of packets from a hostile server.
 */
export class PacedStream extends Duplex {
  readonly #socket: Socket;
  readonly #check: (bytes: number) => Error | undefined;
  #rest: Buffer = Buffer.alloc(0);
  #turn: NodeJS.Immediate | undefined;
  #end: (() => void) | undefined;

  /** @param check returns why that many bytes must not be passed on, which ends the stream and the socket */
  constructor(socket: Socket, check: (bytes: number) => Error | undefined) {
    super({ allowHalfOpen: false });
    this.#socket = socket;
    this.#check = check;
    socket.on("data", (bytes: Buffer) => {
      socket.pause();
      this.#rest = bytes;
      this.#inNextTurn();
    });
    // What arrived before the end is still passed on.
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
    // If the socket accepts it, this is written immediately. Otherwise the final message would wait behind earlier data
    // and be lost.
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
    const refused = this.#check(slice.length);
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
