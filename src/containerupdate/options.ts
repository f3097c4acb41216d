import type { ChangeKind } from "../api/changes.ts";
import type { DockerHostObject } from "../api/docker-host.ts";
import type { Outcome } from "../api/failure.ts";
import type { DockerHostSpec } from "../api/spec.ts";
import type { Clock } from "../common/clock.ts";
import type { Random } from "../common/random.ts";
import type { Resources } from "../dockerhost/ports.ts";
import type { ReplacementEngine } from "./carry-out.ts";
import type { HostDaemon } from "./host-daemon.ts";
import type { ContainerUpdateObserver, ContainerUpdates } from "./update-ports.ts";

/** What the reconciler and its runs have in common. */
export interface ContainerUpdateOptions {
  readonly updates: ContainerUpdates;
  readonly hosts: Pick<Resources, "getHost" | "recordEvent">;
  readonly openDaemon: (
    host: DockerHostObject,
    spec: DockerHostSpec,
    signal: AbortSignal,
  ) => Promise<Outcome<Pick<HostDaemon, "open" | "engine" | "loginFor">>>;
  readonly engine?: ReplacementEngine | undefined;
  /** Whether another update of this controller has begun this transaction. It is then run, and finishes it itself. */
  readonly isOfAnother: (txn: string) => boolean;
  /** Whether there is a DockerHost with this uid, or may be one that this controller does not process. */
  readonly mayHaveHost: (uid: string) => boolean;
  /** Asks for a check of the host's images now. */
  readonly checkHost: (key: string) => void;
  readonly clock: Clock;
  readonly random: Random;
  readonly observer?: ContainerUpdateObserver | undefined;
  readonly hidesNetworkDetails?: boolean | undefined;
  /** Which changes are recorded for the receiver of notifications; none if there is no receiver. */
  readonly notifies?: ReadonlySet<ChangeKind> | undefined;
}
