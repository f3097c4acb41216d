import { silentLogger } from "../common/logger.ts";
import type { FileResources } from "../files/file-resources.ts";
import { keyOf } from "../runtime/kube-object.ts";
import type { Reconcilers } from "./reconcilers.ts";

/** The part of the reconcilers that a pass calls. */
export type PassReconcilers = {
  readonly [Name in "connection" | "updates"]: Pick<Reconcilers[Name], "reconcile">;
};

/** How many hosts are checked in parallel. More would only make each of them slower. */
const CONCURRENCY = 10;

/**
 * Connects to every host once, and checks the images of those that are connected. An error that a reconciler throws
 * affects only its host; the others are still checked.
 */
export async function onePass(
  resources: FileResources,
  { connection, updates }: PassReconcilers,
  signal: AbortSignal,
  onThrow: (key: string, error: unknown) => void,
  onDone: (key: string) => void = () => undefined,
): Promise<void> {
  const keys = resources.hosts.list().map(keyOf);
  const work = async () => {
    for (let key = keys.shift(); key !== undefined; key = keys.shift()) {
      try {
        await connection.reconcile(key, signal, silentLogger);
        await updates.reconcile(key, signal, silentLogger);
      } catch (error) {
        signal.throwIfAborted();
        onThrow(key, error);
      }
      onDone(key);
    }
  };
  await Promise.all(Array.from({ length: CONCURRENCY }, work));
}
