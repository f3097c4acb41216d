import type { z } from "zod";
import { advised, type Outcome } from "../api/failure.ts";
import type { Clock } from "../common/clock.ts";
import { startDeadline } from "../common/deadline.ts";
import { failure, success } from "../common/result.ts";
import { WorkSlices } from "../common/work-slices.ts";
import { classifyError } from "./classify.ts";
import { formatEndpoint } from "./endpoint.ts";
import { createEngineAgent, type EngineAgent } from "./engine-agent.ts";
import type { EngineTarget } from "./engine-target.ts";
import { type ExchangeOptions, exchange, type HeldReply, parseJson } from "./exchange.ts";
import { EngineError } from "./fleet-modem.ts";
import { fieldProblem, readList, UNITS_PER_BYTE } from "./reply-list.ts";
import { createSshAgent } from "./ssh-agent.ts";
import { offerOf } from "./tls-options.ts";

/** One request on a line: what `exchange` takes, how long the request may take, and which answers are expected. */
export interface LineRequest extends Pick<ExchangeOptions, "headers" | "change" | "onLine" | "limit"> {
  /** The path with its query, without the version of the API. */
  readonly path: string;
  readonly deadlineMs: number;
  /** Statuses that are not errors; default 200. */
  readonly expected?: readonly number[];
  /** Ends only this request. */
  readonly signal?: AbortSignal;
}

/**
 * A connection to a daemon with an agreed version of the API. The two sides of a replacement share it: the one that
 * reads and the one that makes changes.
 */
export class EngineLine implements Disposable {
  readonly apiVersion: string;
  readonly label: string;
  readonly #target: EngineTarget;
  readonly #agent: EngineAgent;
  readonly #signal: AbortSignal;
  readonly #clock: Clock;
  readonly #slices: WorkSlices;

  constructor(target: EngineTarget, apiVersion: string, clock: Clock, signal: AbortSignal) {
    this.#target = target;
    this.apiVersion = apiVersion;
    this.label = formatEndpoint(target.endpoint);
    this.#clock = clock;
    this.#signal = signal;
    this.#slices = new WorkSlices(signal);
    this.#agent = openAgent(target, signal);
  }

  [Symbol.dispose](): void {
    this.#agent.agent.destroy();
  }

  /** Always settles. A failure whose cause is an EngineError is an answer of the daemon or of a proxy. */
  async request(request: LineRequest, apiVersion = this.apiVersion): Promise<Outcome<HeldReply>> {
    const { path, deadlineMs, expected = [200], signal: own, ...options } = request;
    const signal = own === undefined ? this.#signal : AbortSignal.any([this.#signal, own]);
    const versioned = `/v${apiVersion}${path}`;
    const { endpoint, owner = "", replies: budget } = this.#target;
    const { agent, mayRetry } = this.#agent;
    using deadline = startDeadline(signal, `the request to ${this.label}`, deadlineMs, this.#clock);
    const send = () =>
      exchange({ endpoint, agent, path: versioned, owner, budget, signal: deadline.signal, ...options });
    return await this.#attempt(async () => {
      const reply = await send().catch(async (error) => {
        // The handshake failed before anything was sent.
        if (!mayRetry(error)) throw error;
        return await send();
      });
      if (expected.includes(reply.status)) return reply;
      reply[Symbol.dispose]();
      throw new EngineError(versioned, reply, options.change?.method);
    });
  }

  /**
   * Parses an answer in a slice of its own.
   * @param name the request, for messages
   */
  async read<T>(schema: z.ZodType<T>, held: HeldReply, name: string): Promise<Outcome<T>> {
    using reply = held;
    const parsed = await this.#attempt(async () => {
      await this.#slices.spend(reply.body.length * UNITS_PER_BYTE);
      return schema.safeParse(parseJson(reply.body));
    });
    if (!parsed.ok) return parsed;
    if (parsed.value.success) return success(parsed.value.data);
    return this.#invalid(name, fieldProblem(parsed.value.error), parsed.value.error);
  }

  async readList<T>(schema: z.ZodType<T>, held: HeldReply, name: string): Promise<Outcome<readonly T[]>> {
    using reply = held;
    const read = await this.#attempt(() => readList(reply.body, schema, this.#slices));
    if (!read.ok) return read;
    const list = read.value;
    return "problem" in list ? this.#invalid(name, list.problem, list.cause) : success(list.items);
  }

  #invalid(name: string, what: string, cause?: Error): Outcome<never> {
    const problem = `The daemon at ${this.label} answered ${name} in a form that its API does not have${what}`;
    return failure(advised("InvalidResponse", problem, cause));
  }

  async #attempt<T>(work: () => Promise<T>): Promise<Outcome<T>> {
    try {
      return success(await work());
    } catch (error) {
      const { phase, refused } = this.#agent;
      const context = { endpoint: this.label, phase: phase(), ...offerOf(this.#target), server: refused() };
      return failure(classifyError(error, context));
    }
  }
}

export function openAgent({ endpoint, tls, ssh, guard }: EngineTarget, signal: AbortSignal): EngineAgent {
  if (endpoint.kind !== "ssh") return createEngineAgent(endpoint, tls, guard);
  if (ssh === undefined) throw new Error("an SSH endpoint needs a key");
  return createSshAgent(endpoint, ssh, guard, signal);
}
