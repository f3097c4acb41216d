import * as z from "zod";
import type { Outcome } from "../api/failure.ts";
import type { Clock } from "../common/clock.ts";
import { DeadlineExceeded } from "../common/deadline.ts";
import { failure, success } from "../common/result.ts";
import { classifyChange } from "./classify-change.ts";
import { pullFailure } from "./classify-pull.ts";
import type { EngineLine, LineRequest } from "./engine-line.ts";
import type { HeldReply } from "./exchange.ts";
import type { JsonObject } from "./json-object.ts";
import { type PullEvent, readPullItem } from "./pull-event.ts";

/**
 * This file contains every request of the product that changes something. Requests that only read, even for an update,
 * are in other files.
 */

/** For changes that only store a name, a setting or a new container. */
const QUICK_MS = 60_000;
/** For a start, which may have to mount volumes, and for a removal, which deletes layers. */
const SLOW_MS = 180_000;
/** Added to the stop timeout of the container. */
const STOP_MARGIN_MS = 30_000;
/** How long a pull may go without progress. */
const PULL_MS = 2 * 3_600_000;
const PULL_SILENCE_MS = 300_000;

export interface PullOptions {
  /** The registry and the repository. */
  readonly repository: string;
  readonly digest: string;
  /** The platform, such as `linux/arm64/v8`, if it differs from the daemon's. */
  readonly platform?: string;
  /** The value of X-Registry-Auth; without one, the pull is anonymous. */
  readonly auth?: string;
  readonly onEvent?: (event: PullEvent) => void;
  /** Ends the pull; the daemon keeps the layers that it already has. */
  readonly signal?: AbortSignal;
}

export interface RestartPolicy {
  readonly Name: string;
  readonly MaximumRetryCount?: number | undefined;
}

const CreatedReply = z.object({
  Id: z.string().regex(/^[0-9a-f]{64}$/),
  Warnings: z.array(z.string().max(4096)).max(100).nullish(),
});
const ExecReply = z.object({ Id: z.string().regex(/^[0-9a-f]{1,128}$/) });

/**
 * The only way in which the product changes a daemon. Each method sends one request with a deadline. A failure whose
 * cause is an EngineError means that the daemon answered and did not make the change. After any other failure, it is
 * unknown whether the change was made.
 */
export class EngineChanges {
  readonly #line: EngineLine;
  readonly #clock: Clock;

  constructor(line: EngineLine, clock: Clock) {
    this.#line = line;
    this.#clock = clock;
  }

  /** Pulls exactly this digest. The stream of an answer that began with 200 may also contain an error. */
  async pull({ repository, digest, platform, auth, onEvent, signal }: PullOptions): Promise<Outcome<void>> {
    const query = new URLSearchParams({ fromImage: repository, tag: digest, ...(platform && { platform }) });
    const silence = new SilenceDeadline(this.#clock, PULL_SILENCE_MS);
    let problem: string | undefined;
    const onLine = (line: Buffer) => {
      silence.heard();
      const item = readPullItem(line);
      if (item?.error !== undefined) problem = item.error;
      else if (item?.event !== undefined) onEvent?.(item.event);
    };
    try {
      const reply = await this.#line.request({
        path: `/images/create?${query}`,
        change: { method: "POST" },
        headers: auth === undefined ? {} : { "X-Registry-Auth": auth },
        onLine,
        deadlineMs: PULL_MS,
        signal: signal === undefined ? silence.signal : AbortSignal.any([signal, silence.signal]),
      });
      const image = `${repository}@${digest}`;
      if (!reply.ok) return failure(pullFailure(reply.failure, image, auth === undefined));
      reply.value[Symbol.dispose]();
      return problem === undefined ? success(undefined) : failure(pullFailure(problem, image, auth === undefined));
    } finally {
      silence[Symbol.dispose]();
    }
  }

  /** Gives an image another name. */
  tag(image: string, repository: string, tag: string): Promise<Outcome<void>> {
    const query = new URLSearchParams({ repo: repository, tag });
    return this.#post(`/images/${encodeURI(image)}/tag?${query}`, { expected: [201] });
  }

  /**
   * Removes a name from an image, and deletes the image if it was the last name. A missing image counts as success; an
   * image in use stays.
   * @param isInUse removes one of several names although a container runs the image, which the daemon otherwise refuses
   */
  async removeImage(image: string, isInUse = false): Promise<Outcome<void>> {
    const path = `/images/${encodeURI(image)}${isInUse ? "?force=1" : ""}`;
    return await this.#change(path, "DELETE", { expected: [200, 404, 409], deadlineMs: SLOW_MS, limit: "single" });
  }

  /** Returns the id of the new container, which is not started, and the daemon's warnings. */
  async create(
    name: string,
    body: JsonObject,
    platform?: string,
  ): Promise<Outcome<{ readonly id: string; readonly warnings: readonly string[] }>> {
    const query = new URLSearchParams({ name, ...(platform && { platform }) });
    const created = await this.#ask(CreatedReply, `/containers/create?${query}`, body);
    return created.ok ? success({ id: created.value.Id, warnings: created.value.Warnings ?? [] }) : created;
  }

  connect(network: string, container: string, endpoint: JsonObject): Promise<Outcome<void>> {
    const body = { Container: container, EndpointConfig: endpoint };
    return this.#post(`/networks/${encodeURIComponent(network)}/connect`, { body, expected: [200] });
  }

  setRestartPolicy(container: string, policy: RestartPolicy): Promise<Outcome<void>> {
    return this.#post(`/containers/${container}/update`, { body: { RestartPolicy: policy }, expected: [200] });
  }

  /** @param stopMs the container's own stop timeout, which the daemon respects */
  stop(container: string, stopMs: number): Promise<Outcome<void>> {
    return this.#post(`/containers/${container}/stop`, {
      expected: [204, 304],
      deadlineMs: stopMs + STOP_MARGIN_MS,
    });
  }

  rename(container: string, name: string): Promise<Outcome<void>> {
    return this.#post(`/containers/${container}/rename?${new URLSearchParams({ name })}`, { expected: [204] });
  }

  start(container: string): Promise<Outcome<void>> {
    return this.#post(`/containers/${container}/start`, { expected: [204, 304], deadlineMs: SLOW_MS });
  }

  restart(container: string, stopMs: number): Promise<Outcome<void>> {
    return this.#post(`/containers/${container}/restart`, {
      expected: [204],
      deadlineMs: stopMs + STOP_MARGIN_MS + SLOW_MS,
    });
  }

  /**
   * Never removes volumes, and never a running container. A container that is gone or is being removed counts as
   * success.
   */
  async remove(container: string): Promise<Outcome<void>> {
    const path = `/containers/${container}?v=false&force=false`;
    const removed = await this.#change(path, "DELETE", { expected: [204, 404], deadlineMs: SLOW_MS });
    return removed.ok || removed.failure.reason !== "ContainerInTransition" ? removed : success(undefined);
  }

  /** Prepares a command in a running container and returns its id. */
  async prepareExec(container: string, command: readonly string[], user: string): Promise<Outcome<string>> {
    const body = { Cmd: command, ...(user !== "" && { User: user }) };
    const made = await this.#ask(ExecReply, `/containers/${container}/exec`, body);
    return made.ok ? success(made.value.Id) : made;
  }

  /** Starts the command and discards its output. */
  runExec(exec: string): Promise<Outcome<void>> {
    return this.#post(`/exec/${exec}/start`, { body: { Detach: true }, expected: [200] });
  }

  async #ask<T>(schema: z.ZodType<T>, path: string, body: JsonObject): Promise<Outcome<T>> {
    const reply = await this.#send(path, "POST", { body, expected: [201] });
    return reply.ok ? await this.#line.read(schema, reply.value, nameOf(path)) : reply;
  }

  #post(path: string, options: ChangeOptions): Promise<Outcome<void>> {
    return this.#change(path, "POST", options);
  }

  async #change(path: string, method: "POST" | "DELETE", options: ChangeOptions): Promise<Outcome<void>> {
    const reply = await this.#send(path, method, options);
    if (!reply.ok) return reply;
    reply.value[Symbol.dispose]();
    return success(undefined);
  }

  async #send(
    path: string,
    method: "POST" | "DELETE",
    { body, deadlineMs = QUICK_MS, ...options }: ChangeOptions,
  ): Promise<Outcome<HeldReply>> {
    const change = { method, ...(body !== undefined && { body: JSON.stringify(body) }) };
    const reply = await this.#line.request({ path, change, deadlineMs, ...options });
    return reply.ok ? reply : failure(classifyChange(reply.failure, this.#line.label));
  }
}

interface ChangeOptions extends Pick<LineRequest, "expected" | "limit"> {
  readonly body?: JsonObject;
  readonly deadlineMs?: number;
}

function nameOf(path: string): string {
  return path.replace(/\?.*$/, "").replace(/[0-9a-f]{64}/, "{id}");
}

/** Fires when nothing was received for this long. */
class SilenceDeadline implements Disposable {
  readonly #controller = new AbortController();
  readonly #clock: Clock;
  readonly #ms: number;
  #cancel: () => void;

  constructor(clock: Clock, ms: number) {
    this.#clock = clock;
    this.#ms = ms;
    this.#cancel = this.#arm();
  }

  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  heard(): void {
    this.#cancel();
    this.#cancel = this.#arm();
  }

  #arm(): () => void {
    return this.#clock.after(this.#ms, () => this.#controller.abort(new DeadlineExceeded("the pull", this.#ms)));
  }

  [Symbol.dispose](): void {
    this.#cancel();
  }
}
