import type { z } from "zod";
import { advised, type Outcome } from "../api/failure.ts";
import { failure, success } from "../common/result.ts";
import { WorkSlices } from "../common/work-slices.ts";
import { classifyError } from "./classify-error.ts";
import { formatEndpoint } from "./endpoint.ts";
import { createEngineAgent, type EngineAgent } from "./engine-agent.ts";
import type { EngineTarget } from "./engine-target.ts";
import { type ExchangeOptions, exchange, type HeldReply, parseJson } from "./exchange.ts";
import type { PeerChain } from "./peer-chain.ts";
import { fieldProblem, readList, UNITS_PER_BYTE } from "./reply-list.ts";
import { createSshAgent } from "./ssh-agent.ts";
import { offerOf } from "./tls-options.ts";

/** What one request adds to the connection. */
export type ChannelRequest = Omit<ExchangeOptions, "endpoint" | "agent" | "owner" | "budget" | "signal"> & {
  /** Ends only this request; default the signal of the channel. */
  readonly signal?: AbortSignal;
};

/**
 * The connection of one attempt to a daemon: every request uses the same socket, which closes with the channel. It
 * sends requests, reads answers in slices, and turns errors into failures with a reason.
 */
export class EngineChannel implements Disposable {
  /** The endpoint, for messages. */
  readonly label: string;
  readonly #target: EngineTarget;
  readonly #agent: EngineAgent;
  readonly #signal: AbortSignal;
  readonly #slices: WorkSlices;
  #isReleased = false;

  /** @param agent a connection to the same target that is open already */
  constructor(target: EngineTarget, signal: AbortSignal, agent?: EngineAgent) {
    this.label = formatEndpoint(target.endpoint);
    this.#target = target;
    this.#signal = signal;
    this.#slices = new WorkSlices(signal);
    this.#agent = agent ?? openAgent(target, signal);
  }

  [Symbol.dispose](): void {
    if (!this.#isReleased) this.#agent.agent.destroy();
  }

  /** Hands over the connection, which then no longer closes with the channel. Nothing may be sent afterwards. */
  release(): EngineAgent {
    this.#isReleased = true;
    return this.#agent;
  }

  /** What the server showed, even if it was refused; undefined before the handshake and for plaintext. */
  peerChain(): PeerChain | undefined {
    return this.#agent.peerChain();
  }

  /** Throws what `exchange` throws; `attempt` makes a failure of it. */
  async send(request: ChannelRequest): Promise<HeldReply> {
    const { endpoint, owner = "", replies: budget } = this.#target;
    const { agent, mayRetry } = this.#agent;
    const send = () => exchange({ endpoint, agent, owner, budget, signal: this.#signal, ...request });
    try {
      return await send();
    } catch (error) {
      // The handshake failed before anything was sent.
      if (!mayRetry(error)) throw error;
      return await send();
    }
  }

  /**
   * Parses an answer in a slice of its own.
   * @param name the request, for messages
   */
  async read<T>(schema: z.ZodType<T>, held: HeldReply, name: string): Promise<Outcome<T>> {
    using reply = held;
    const parsed = await this.attempt(async () => {
      await this.#slices.spend(reply.body.length * UNITS_PER_BYTE);
      return schema.safeParse(parseJson(reply.body));
    });
    if (!parsed.ok) return parsed;
    if (parsed.value.success) return success(parsed.value.data);
    return this.#invalid(name, fieldProblem(parsed.value.error), parsed.value.error);
  }

  /** Reads a list item by item, so that a long list does not block everything else. */
  async readList<T>(item: z.ZodType<T>, held: HeldReply, name: string): Promise<Outcome<readonly T[]>> {
    using reply = held;
    const read = await this.attempt(() => readList(reply.body, item, this.#slices));
    if (!read.ok) return read;
    const list = read.value;
    return "problem" in list ? this.#invalid(name, list.problem, list.cause) : success(list.items);
  }

  /** Turns what is thrown into a failure that says how far the connection came. */
  async attempt<T>(work: () => Promise<T>): Promise<Outcome<T>> {
    try {
      return success(await work());
    } catch (error) {
      const { phase, refused } = this.#agent;
      const context = { endpoint: this.label, phase: phase(), ...offerOf(this.#target), server: refused() };
      return failure(classifyError(error, context));
    }
  }

  #invalid(name: string, what: string, cause?: Error): Outcome<never> {
    const problem = `The daemon at ${this.label} answered ${name} in a form that its API does not have${what}`;
    return failure(advised("InvalidResponse", problem, cause));
  }
}

function openAgent({ endpoint, tls, ssh, guard, owner }: EngineTarget, signal: AbortSignal): EngineAgent {
  if (endpoint.kind !== "ssh") return createEngineAgent(endpoint, tls, guard, owner);
  if (ssh === undefined) throw new Error("an SSH endpoint needs a key");
  return createSshAgent(endpoint, ssh, guard, signal);
}
