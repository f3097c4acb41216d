import type { Server as HttpServer } from "node:http";
import { Server as HttpsServer } from "node:https";
import type { Socket } from "node:net";
import { Duplex } from "node:stream";

/**
 * Node's HTTP parser makes a request and a response of everything that it is given, and a packet can hold thousands of
 * requests. A slice holds at most 16 of them.
 */
const SLICE_BYTES = 256;
/** One request is answered at a time. Reading on meanwhile is what shows that a client has left. */
const MOST_UNANSWERED = 8;

/** Makes the server read each of its connections no faster than it answers their requests. */
export function paceConnections(server: HttpServer | HttpsServer): void {
  const event = server instanceof HttpsServer ? "secureConnection" : "connection";
  const serve = server.listeners(event);
  server.removeAllListeners(event);
  server.on(event, (socket: Socket) => {
    const connection = new PacedConnection(socket);
    for (const listener of serve) listener.call(server, connection);
  });
}

/** A client's connection that gives its bytes to the HTTP parser in slices, as long as few requests are unanswered. */
export class PacedConnection extends Duplex {
  readonly #socket: Socket;
  #received: Buffer = Buffer.alloc(0);
  #hasEnded = false;
  #isWanted = false;
  #unanswered = 0;
  #lastAnswer: Promise<void> = Promise.resolve();

  constructor(socket: Socket) {
    super({ readableHighWaterMark: SLICE_BYTES, writableHighWaterMark: socket.writableHighWaterMark });
    this.#socket = socket;
    socket.on("data", (bytes: Buffer) => {
      socket.pause();
      this.#received = this.#received.length === 0 ? bytes : Buffer.concat([this.#received, bytes]);
      this.#pushSlice();
    });
    socket.on("end", () => {
      this.#hasEnded = true;
      this.#pushSlice();
    });
    socket.on("timeout", () => this.emit("timeout"));
    socket.on("error", (error) => this.destroy(error));
    socket.on("close", () => this.destroy());
    socket.pause();
  }

  /** Calls `answer` after the requests in front of this one have been answered, unless the client has left by then. */
  async answerInOrder(answer: () => Promise<void>): Promise<void> {
    this.#unanswered++;
    const answered = this.#lastAnswer.then(() => (this.destroyed ? undefined : answer()));
    this.#lastAnswer = answered;
    await answered;
    this.#unanswered--;
    this.#pushSlice();
  }

  /** Closes the connection after this time without traffic, in milliseconds; Node's HTTP server decides when. */
  setTimeout(milliseconds: number): this {
    this.#socket.setTimeout(milliseconds);
    return this;
  }

  override _read(): void {
    this.#isWanted = true;
    this.#pushSlice();
  }

  override _write(bytes: Buffer, _encoding: BufferEncoding, done: (error?: Error | null) => void): void {
    this.#socket.write(bytes, done);
  }

  override _writev(chunks: { chunk: Buffer }[], done: (error?: Error | null) => void): void {
    // Headers and body leave in one packet.
    this.#socket.cork();
    for (const [at, { chunk }] of chunks.entries())
      this.#socket.write(chunk, at === chunks.length - 1 ? done : undefined);
    this.#socket.uncork();
  }

  override _final(done: () => void): void {
    this.#socket.end(done);
  }

  override _destroy(error: Error | null, done: (error: Error | null) => void): void {
    this.#socket.destroy();
    done(error);
  }

  #pushSlice(): void {
    if (!this.#isWanted || this.destroyed || this.#unanswered >= MOST_UNANSWERED) return;
    const slice = this.#received.subarray(0, SLICE_BYTES);
    if (slice.length === 0 && !this.#hasEnded) {
      this.#socket.resume();
      return;
    }
    this.#isWanted = false;
    this.#received = this.#received.subarray(SLICE_BYTES);
    this.push(slice.length === 0 ? null : slice);
  }
}
