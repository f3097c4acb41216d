import type { Clock } from "../common/clock.ts";
import type { Logger } from "../common/logger.ts";
import type { Random } from "../common/random.ts";
import type { ApiClient } from "./api-client.ts";
import type { KubeObject } from "./kube-object.ts";
import type { ReflectorObserver } from "./observers.ts";
import type { Store } from "./store.ts";

export interface ReflectorOptions<T extends KubeObject> {
  readonly client: ApiClient;
  readonly store: Store<T>;
  /** A collection's URL path, of all namespaces or of one. */
  readonly path: string;
  /** Given where the path is one namespace's: the store may hold other namespaces' objects as well. */
  readonly namespace?: string | undefined;
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Logger;
  /** Ask only for metadata. */
  readonly accept?: "metadata";
  readonly labelSelector?: string | undefined;
  /**
   * The program can work without it: if the API server forbids the list, the store stays as it is, nobody waits for it,
   * and it is tried again at increasing intervals.
   */
  readonly isDispensable?: boolean;
  /**
   * Turns what the server sent into what the store holds; leave out what nobody reads. By default, it is kept as it is.
   * If it throws, the object keeps its previous state (or stays unknown), and a log line says so.
   */
  readonly transform?: (raw: KubeObject) => T;
  /**
   * A watch without a byte for this long is reopened from the last version, because its connection may be dead; default
   * 30 s. Bookmarks come about once a minute, so this also ends a quiet watch; resuming costs next to nothing.
   */
  readonly inactivityMs?: number;
  readonly observer?: ReflectorObserver | undefined;
}
