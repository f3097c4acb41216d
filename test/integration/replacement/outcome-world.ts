import { expect } from "vitest";
import { success } from "../../../src/common/result.ts";
import type {
  Progress,
  ReplacementPorts,
  ReplacementRequest,
  ReplacementResult,
} from "../../../src/replacement/request.ts";
import { type engines, IDLE_COMMAND, ReplacementWorld, type VersionedImage } from "./world.ts";

export const NAME = "outcome";
export const OFF = "--network=none";
/** How long a busy machine may take until a container has failed its first health check. */
export const FIRST_HEALTH_CHECK_MS = 15_000;
const shell = (script: string) => `CMD ${JSON.stringify(["/bin/sh", "-c", script])}`;
const idle = "trap 'exit 0' TERM INT; /bin/busybox sleep infinity & wait";
/** The command of a container that always ends with an error, until its image is repaired. */
export const BROKEN = ["/bin/sh", "-c", `[ "$REPAIRED" = 1 ] || exit 1; ${idle}`];
const health = (script: string, flags = "--interval=200ms --retries=1") => `HEALTHCHECK ${flags} CMD ${script}`;

/** Second versions of an image whose first one just idles. */
export const SECOND = {
  good: [IDLE_COMMAND],
  late: [shell(`(/bin/busybox sleep 1; > /ready) & ${idle}`), health("/bin/busybox test -f /ready")],
  unhealthy: [IDLE_COMMAND, health("/bin/busybox false")],
  starting: [IDLE_COMMAND, health("/bin/busybox false", "--interval=200ms --start-period=1h")],
  exiting: [shell("exit 7")],
  done: [shell("exit 0")],
  flapping: [IDLE_COMMAND, health("/bin/busybox test -f /seen || { > /seen; exit 1; }")],
  greedy: ['CMD ["/bin/busybox", "dd", "if=/dev/zero", "of=/dev/null", "bs=256M", "count=1000"]'],
  missing: ['CMD ["/bin/no-such-program"]'],
  repaired: ["ENV REPAIRED=1", IDLE_COMMAND],
} as const;
export type Second = keyof typeof SECOND;

/** A daemon with containers that idle, and images with second versions that do not all. */
export class OutcomeWorld extends ReplacementWorld {
  readonly #seconds: readonly Second[];
  readonly #images = new Map<Second, VersionedImage>();

  constructor(engine: (typeof engines)[number], seconds: readonly Second[]) {
    super(engine);
    this.#seconds = seconds;
  }

  async setUp(): Promise<void> {
    await this.removeAll(NAME);
    for (const second of this.#seconds) {
      this.#images.set(second, await this.versions(`outcome-${second}`, [], [IDLE_COMMAND], SECOND[second]));
    }
  }

  async reset(): Promise<void> {
    await this.removeAll(NAME);
    await this.restoreTags(this.#images.values());
  }

  image(second: Second): VersionedImage {
    const found = this.#images.get(second);
    if (found === undefined) throw new Error(`no image ${second}`);
    return found;
  }

  updateTo(
    second: Second,
    overrides: Partial<ReplacementRequest> = {},
    ports: Partial<ReplacementPorts> & { readonly socket?: string } = {},
  ): Promise<ReplacementResult> {
    const { name, second: digest } = this.image(second);
    return this.update(this.request(NAME, name, digest, overrides), this.ports(ports));
  }

  /** Starts the container; the result checks that it is the same one, running, and that nothing else is left. */
  async started(second: Second, ...args: readonly string[]): Promise<() => Promise<void>> {
    const id = await this.run(NAME, [OFF, ...args], this.image(second).name);
    return async () => {
      expect(await this.containers(NAME)).toEqual([`${NAME} running`]);
      expect((await this.inspect(NAME)).Id).toBe(id);
    };
  }

  /** Starts the container; the result checks that nothing on the daemon has changed since. */
  async unchanging(second: Second, ...args: readonly string[]): Promise<() => Promise<void>> {
    await this.started(second, ...args);
    return await this.unchanged();
  }
}

/** Does something right before a step is taken. */
export function rightBefore(wanted: Progress["step"], act: () => Promise<unknown>): Pick<ReplacementPorts, "record"> {
  let isDone = false;
  return {
    record: async ({ step }) => {
      if (step === wanted && !isDone) {
        isDone = true;
        await act();
      }
      return success(undefined);
    },
  };
}
