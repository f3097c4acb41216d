import { findCondition } from "../api/conditions.ts";
import type { DockerHostObject } from "../api/docker-host.ts";
import type { DockerHostSpec } from "../api/spec.ts";
import type { Clock } from "../common/clock.ts";
import type { SeenContainers } from "../docker/seen-containers.ts";
import { keyOf } from "../runtime/kube-object.ts";
import { checkFollows, isSuspended } from "./check-follows.ts";

/**
 * The shortest time between a check and the next one that follows because containers changed. It is shorter than the
 * default interval of the connection with its jitter, so that each such pass may start a check. It bounds what a host
 * costs whose containers come and go all the time.
 */
export const FOLLOW_GAP_MS = 4 * 60_000;

interface Followed {
  /** A host of the same name that was created later starts from the beginning. */
  readonly uid: string | undefined;
  /** When the last check began, in wall-clock milliseconds. */
  checkedAt: number;
  /** The containers that the last check saw. */
  fingerprint?: string;
  changed: boolean;
}

/**
 * Notices in connection passes that the containers of a host are no longer those that the last check saw. Kept in
 * memory; after a restart, the status provides the number of containers, so that a start causes no checks of
 * hosts that did not change.
 */
export class FollowedContainers {
  readonly #clock: Clock;
  readonly #hosts = new Map<string, Followed>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Whether a connection pass should list the containers, because a change of them could start a check. */
  isDue(host: DockerHostObject, spec: DockerHostSpec): boolean {
    const { conditions, updates, capabilities, engine } = host.status ?? {};
    const connected = findCondition(conditions, "Connected");
    if (isSuspended(spec) || capabilities?.list === false) return false;
    // A proxy that denies /version makes the ping necessary, whose place the list would take.
    if (engine?.arch === undefined) return false;
    if (connected?.status !== "True" || connected.observedGeneration !== host.metadata.generation) return false;
    const now = this.#clock.now();
    // Otherwise, the check is due without this.
    if (checkFollows(host, spec, now) || updates?.lastCheckTime === undefined) return false;
    const checkedAt = Math.max(Date.parse(updates.lastCheckTime), this.#of(host).checkedAt);
    return now - checkedAt >= FOLLOW_GAP_MS || now < checkedAt;
  }

  /** A connection pass has listed the containers. */
  seen(host: DockerHostObject, seen: SeenContainers): void {
    const followed = this.#of(host);
    if (this.areOthers(host, seen)) followed.changed = true;
    followed.fingerprint ??= seen.fingerprint;
  }

  /** Whether these are other containers than those that the last check saw. */
  areOthers(host: DockerHostObject, { count, fingerprint }: SeenContainers): boolean {
    const checked = this.#of(host).fingerprint;
    return checked === undefined ? count !== host.status?.updates?.total : fingerprint !== checked;
  }

  /** A check begins. */
  checking(host: DockerHostObject): void {
    const followed = this.#of(host);
    followed.checkedAt = this.#clock.now();
    followed.changed = false;
  }

  /** A check has compared these containers. */
  checked(host: DockerHostObject, { fingerprint }: SeenContainers): void {
    this.#of(host).fingerprint = fingerprint;
  }

  /** Whether the last connection pass found other containers than the last check. */
  takeChanged(key: string): boolean {
    const followed = this.#hosts.get(key);
    if (followed?.changed !== true) return false;
    followed.changed = false;
    return true;
  }

  forget(key: string): void {
    this.#hosts.delete(key);
  }

  #of(host: DockerHostObject): Followed {
    const { uid } = host.metadata;
    let followed = this.#hosts.get(keyOf(host));
    if (followed === undefined || followed.uid !== uid) {
      followed = { uid, checkedAt: 0, changed: false };
      this.#hosts.set(keyOf(host), followed);
    }
    return followed;
  }
}
