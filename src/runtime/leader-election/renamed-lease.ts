import type { ApiResult } from "../api-error.ts";
import type { Lease, LeaseLock, LeaseSpec } from "./lease.ts";

type Lock = Pick<LeaseLock, "read" | "write">;

/** A pod's name as a Deployment makes it: DEPLOYMENT-HASH-SUFFIX. */
const POD = /^(.+)-[bcdfghjklmnpqrstvwxz2456789]{6,10}-[bcdfghjklmnpqrstvwxz2456789]{5}$/;

/**
 * A Lease under a new name. While an upgrade is rolled out, processes that know only the former name still run: where a
 * Lease of that name exists, a leader holds both, so that an old and a new process of one Deployment never lead together.
 * If another Deployment holds the former one, its processes have nothing to do with ours, and neither has its Lease.
 */
export class RenamedLeaseLock {
  readonly #current: Lock;
  readonly #former: Lock;
  readonly #identity: string;
  /** As they were last read or written. `former` is only there while it is to be held too. */
  #held: { current: Lease | undefined; former: Lease | undefined } = { current: undefined, former: undefined };

  constructor(current: Lock, former: Lock, identity: string) {
    this.#current = current;
    this.#former = former;
    this.#identity = identity;
  }

  /** Returns the Lease that keeps this process from leading, if one does. */
  async read(signal: AbortSignal): Promise<ApiResult<Lease>> {
    const former = await this.#former.read(signal);
    // A process without permission to read it belongs to an installation that never used it.
    if (!former.ok && former.failure.kind !== "NotFound" && former.failure.kind !== "Forbidden") return former;
    const holder = former.ok ? (former.value.spec?.holderIdentity ?? "") : "";
    const isOurs = former.ok && (holder === "" || isSibling(holder, this.#identity));
    const current = await this.#current.read(signal);
    this.#held = { current: current.ok ? current.value : undefined, former: isOurs ? former.value : undefined };
    return isOurs && holder !== "" && holder !== this.#identity ? former : current;
  }

  /** Writes the former one first: it decides between an old and a new process. */
  async write(_before: Lease | undefined, spec: LeaseSpec, signal: AbortSignal): Promise<ApiResult<Lease>> {
    if (this.#held.former !== undefined) {
      const former = await this.#former.write(this.#held.former, spec, signal);
      if (!former.ok && former.failure.kind !== "NotFound") return former;
      this.#held.former = former.ok ? former.value : undefined;
    }
    const current = await this.#current.write(this.#held.current, spec, signal);
    if (current.ok) this.#held.current = current.value;
    return current;
  }
}

/** Whether two processes may belong to one Deployment. Only two pods' names can show that they do not. */
function isSibling(holder: string, identity: string): boolean {
  const [theirs, ours] = [holder, identity].map((text) => POD.exec(text.split("_")[0] ?? "")?.[1]);
  return theirs === undefined || ours === undefined || theirs === ours;
}
