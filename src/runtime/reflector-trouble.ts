import type { Clock } from "../common/clock.ts";
import type { ApiFailure } from "./api-error.ts";

export interface ReflectorTrouble {
  readonly failure: ApiFailure;
  /** How long the server has refused the credentials or the permissions, or has failed for another reason. */
  readonly forMs: number;
}

/** Whether the server answers, but does not accept who we are or does not let us. */
export function isRefusal({ kind }: ApiFailure): boolean {
  return kind === "Unauthorized" || kind === "Forbidden";
}

/** Why a collection cannot be followed at the moment, and since when. */
export class TroubleTracker {
  readonly #clock: Clock;
  #last: { readonly failure: ApiFailure; readonly since: number } | undefined;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  failed(failure: ApiFailure): void {
    const isSame = this.#last !== undefined && isRefusal(this.#last.failure) === isRefusal(failure);
    this.#last = { failure, since: isSame && this.#last !== undefined ? this.#last.since : this.#clock.monotonic() };
  }

  succeeded(): void {
    this.#last = undefined;
  }

  get current(): ReflectorTrouble | undefined {
    if (this.#last === undefined) return undefined;
    const { failure, since } = this.#last;
    return { failure, forMs: this.#clock.monotonic() - since };
  }
}
