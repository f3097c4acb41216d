import type { z } from "zod";
import type { Outcome } from "../api/failure.ts";
import type { Clock } from "../common/clock.ts";
import { startDeadline } from "../common/deadline.ts";
import { type ChannelRequest, EngineChannel } from "./engine-channel.ts";
import type { EngineTarget } from "./engine-target.ts";
import type { HeldReply } from "./exchange.ts";
import { EngineError } from "./fleet-modem.ts";

/** One request on a line: what `exchange` takes, how long the request may take, and which answers are expected. */
export interface LineRequest extends Pick<ChannelRequest, "headers" | "change" | "onLine" | "limit" | "signal"> {
  /** The path with its query, without the version of the API. */
  readonly path: string;
  readonly deadlineMs: number;
  /** Statuses that are not errors; default 200. */
  readonly expected?: readonly number[];
}

/**
 * A connection to a daemon with an agreed version of the API. The two sides of a replacement share it: the one that
 * reads and the one that makes changes.
 */
export class EngineLine implements Disposable {
  readonly apiVersion: string;
  readonly #channel: EngineChannel;
  readonly #signal: AbortSignal;
  readonly #clock: Clock;

  constructor(target: EngineTarget, apiVersion: string, clock: Clock, signal: AbortSignal) {
    this.apiVersion = apiVersion;
    this.#channel = new EngineChannel(target, signal);
    this.#clock = clock;
    this.#signal = signal;
  }

  [Symbol.dispose](): void {
    this.#channel[Symbol.dispose]();
  }

  get label(): string {
    return this.#channel.label;
  }

  /** Always settles. A failure whose cause is an EngineError is an answer of the daemon or of a proxy. */
  async request(request: LineRequest, apiVersion = this.apiVersion): Promise<Outcome<HeldReply>> {
    const { path, deadlineMs, expected = [200], signal: own, ...options } = request;
    const signal = own === undefined ? this.#signal : AbortSignal.any([this.#signal, own]);
    const versioned = `/v${apiVersion}${path}`;
    using deadline = startDeadline(signal, `the request to ${this.label}`, deadlineMs, this.#clock);
    return await this.#channel.attempt(async () => {
      const reply = await this.#channel.send({ ...options, path: versioned, signal: deadline.signal });
      if (expected.includes(reply.status)) return reply;
      reply[Symbol.dispose]();
      throw new EngineError(versioned, reply, options.change?.method);
    });
  }

  /** @param name the request, for messages */
  read<T>(schema: z.ZodType<T>, held: HeldReply, name: string): Promise<Outcome<T>> {
    return this.#channel.read(schema, held, name);
  }

  readList<T>(item: z.ZodType<T>, held: HeldReply, name: string): Promise<Outcome<readonly T[]>> {
    return this.#channel.readList(item, held, name);
  }
}
