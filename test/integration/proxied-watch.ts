import type { IncomingMessage, ServerResponse } from "node:http";
import type { SeenRequest } from "./api-proxy.ts";

/** How an open watch goes wrong. */
export type WatchFault =
  /** The connection breaks. */
  | "reset"
  /** The server ends the watch in good order. */
  | "end"
  /** The connection stays, and no byte comes any more. */
  | "half-open"
  /** Of what comes next only the first half arrives; then the watch ends. */
  | "truncate";

/** A watch on its way through a proxy. */
export class ProxiedWatch {
  readonly request: SeenRequest;
  readonly #response: ServerResponse;
  #fault: WatchFault | undefined;

  constructor(request: SeenRequest, answer: IncomingMessage, response: ServerResponse) {
    this.request = request;
    this.#response = response;
    answer.on("data", (chunk: Buffer) => this.#pass(chunk));
    answer.on("end", () => {
      if (this.#fault !== "half-open") response.end();
    });
  }

  /** Whether it is as it should be. */
  get isOpen(): boolean {
    return this.#fault === undefined && !this.isOver;
  }

  /** Whether nothing more can strike it. */
  get isOver(): boolean {
    return this.#response.writableEnded || this.#response.destroyed;
  }

  strike(fault: WatchFault): void {
    this.#fault = fault;
    if (fault === "reset") this.#response.destroy();
    else if (fault === "end") this.#response.end();
  }

  #pass(chunk: Buffer): void {
    if (this.#fault === undefined) this.#response.write(chunk);
    else if (this.#fault === "truncate") this.#response.end(chunk.subarray(0, chunk.length / 2));
    // What a half-open connection carries is lost.
    if (this.#fault === "truncate") this.#fault = "end";
  }
}
