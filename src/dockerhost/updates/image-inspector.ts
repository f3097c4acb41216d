import type { Outcome } from "../../api/failure.ts";
import type { Platform } from "../../common/platform.ts";
import { success } from "../../common/result.ts";
import { isDenial } from "../../docker/denial.ts";
import { EngineSession } from "../../docker/engine-session.ts";
import type { EngineTarget } from "../../docker/engine-target.ts";

/**
 * Asks the daemon for the platform of single images, which a graph driver does not list. The first request opens its
 * connection, because most checks do not need one.
 */
export class ImageInspector implements Disposable {
  readonly #target: EngineTarget;
  readonly #apiVersion: string;
  readonly #signal: AbortSignal;
  #session: EngineSession | undefined;

  constructor(target: EngineTarget, apiVersion: string, signal: AbortSignal) {
    this.#target = target;
    this.#apiVersion = apiVersion;
    this.#signal = signal;
  }

  [Symbol.dispose](): void {
    this.#session?.[Symbol.dispose]();
  }

  /** Undefined if the image is gone, or a proxy forbids the request. */
  async platformOf(imageId: string): Promise<Outcome<Platform | undefined>> {
    this.#session ??= new EngineSession(this.#target, this.#signal);
    const image = await this.#session.inspectImage(this.#apiVersion, imageId);
    this.#signal.throwIfAborted();
    if (image.ok) return success(image.value?.platform);
    return isDenial(image.failure) ? success(undefined) : image;
  }
}
