import { failure, success } from "../../src/common/result.ts";
import type { ApiResult } from "../../src/runtime/api-error.ts";
import type { Lease, LeaseSpec } from "../../src/runtime/leader-election/lease.ts";

/** A Lease in memory, as the API server keeps it: written only by who knows its version. */
export class FakeLeaseLock {
  lease: Lease | undefined;
  #version = 0;

  /** As somebody else would, whatever the version. */
  set(spec: LeaseSpec | undefined): void {
    const resourceVersion = String(++this.#version);
    const uid = this.lease?.metadata.uid ?? `created as ${resourceVersion}`;
    this.lease = spec === undefined ? undefined : { metadata: { name: "lock", uid, resourceVersion }, spec };
  }

  /** One process' way to it. */
  connection(): LeaseConnection {
    return new LeaseConnection(this);
  }
}

export class LeaseConnection {
  reads = 0;
  /** What happens to each call: nothing reaches the server, or nothing comes back from it. */
  fail: "dead" | "answer lost" | undefined;
  /** Calls back once the answer may come. */
  delay: (go: () => void) => void = (go) => go();
  readonly #server: FakeLeaseLock;

  constructor(server: FakeLeaseLock) {
    this.#server = server;
  }

  read(): Promise<ApiResult<Lease>> {
    this.reads++;
    return this.#call(() => {
      const { lease } = this.#server;
      return lease === undefined ? failure({ kind: "NotFound", message: "not found" }) : success(lease);
    });
  }

  write(before: Lease | undefined, spec: LeaseSpec): Promise<ApiResult<Lease>> {
    return this.#call(() => {
      const { lease } = this.#server;
      if (before?.metadata.resourceVersion !== lease?.metadata.resourceVersion)
        return failure({ kind: "Conflict", message: "conflict" });
      this.#server.set(spec);
      return success(this.#server.lease as Lease);
    });
  }

  async #call(act: () => ApiResult<Lease>): Promise<ApiResult<Lease>> {
    const { fail } = this;
    const result = fail === "dead" ? undefined : act();
    await new Promise<void>((resolve) => this.delay(resolve));
    return result === undefined || fail !== undefined ? failure({ kind: "Timeout", message: "no answer" }) : result;
  }
}
