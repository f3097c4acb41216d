import { silentLogger } from "../common/logger.ts";
import type { FileResources } from "../files/file-resources.ts";
import { keyOf } from "../runtime/object.ts";
import type { Reconcilers } from "./reconcilers.ts";

/** Hosts that are looked at at once: more only makes each slower. */
const CONCURRENCY = 10;

/** Connects to every host once, and checks the images of those that are connected. */
export async function onePass(
  resources: FileResources,
  { connection, updates }: Reconcilers,
  signal: AbortSignal,
): Promise<void> {
  const keys = resources.hosts.list().map(keyOf);
  const work = async () => {
    for (let key = keys.shift(); key !== undefined; key = keys.shift()) {
      await connection.reconcile(key, signal, silentLogger);
      await updates.reconcile(key, signal, silentLogger);
    }
  };
  await Promise.all(Array.from({ length: CONCURRENCY }, work));
}
