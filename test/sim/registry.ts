import type { Counters } from "./counters.ts";
import type { Fault } from "./faults.ts";
import { Listener, type SimTls } from "./listener.ts";
import type { StoredManifest } from "./manifests.ts";
import { type RegistryAuth, RegistryGuard } from "./registry-auth.ts";
import { answerRegistry } from "./registry-routes.ts";
import { type PushOptions, Repositories } from "./repositories.ts";

export interface SimRegistryOptions {
  /** Absent: plain HTTP. */
  readonly tls?: SimTls;
  /** Default none. */
  readonly auth?: RegistryAuth;
  readonly latencyMs?: number;
  /** The number of tags per page; if absent, there is only one page, as in docker-registry 2.8. */
  readonly tagsPerPage?: number;
}

/** A registry that is not there: a real listener with the answers of the distribution API that we use. */
export interface SimRegistry {
  /** `127.0.0.1:PORT`, as in front of a repository. */
  readonly host: string;
  readonly port: number;
  readonly counters: Counters;
  /** Connections that are open. */
  readonly connections: number;
  /** Replaces all faults; none means healthy. A fault with the `path` `/team/app/` affects only that repository. */
  setFaults(...faults: readonly Fault[]): Promise<void>;
  /** Pushes a new image under the tag and returns its digest: that of the index, if platforms are given. */
  push(repository: string, tag: string, options?: PushOptions): string;
  /** By tag or by digest. */
  find(repository: string, reference: string): StoredManifest | undefined;
  /** From now on no token that was given out is valid. */
  revokeTokens(): void;
  close(): Promise<void>;
}

export async function startSimRegistry(options: SimRegistryOptions = {}): Promise<SimRegistry> {
  const repositories = new Repositories();
  const guard = new RegistryGuard(options.auth ?? { mode: "none" });
  const scheme = options.tls === undefined ? "http" : "https";
  const listener = await Listener.start({
    ...options,
    answer: (request) =>
      answerRegistry(request, {
        repositories,
        guard,
        origin: `${scheme}://${request.headers.host}`,
        tagsPerPage: options.tagsPerPage,
      }),
  });
  return {
    host: `127.0.0.1:${listener.port}`,
    port: listener.port,
    counters: listener.counters,
    get connections() {
      return listener.connections;
    },
    setFaults: (...faults) => listener.setFaults(faults),
    push: (repository, tag, pushed) => repositories.push(repository, tag, pushed).digest,
    find: (repository, reference) => repositories.find(repository, reference),
    revokeTokens: () => guard.revokeTokens(),
    close: () => listener.close(),
  };
}
