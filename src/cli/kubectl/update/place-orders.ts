import type { ContainerUpdateObject } from "../../../api/container-update.ts";
import type { DockerHostObject } from "../../../api/docker-host.ts";
import type { CliContext } from "../../context.ts";
import { writeMessage } from "../../wrap.ts";
import type { Order, OrderTerms, UpdateObjects } from "./update-objects.ts";

export interface PlacedOrders {
  readonly updates: readonly ContainerUpdateObject[];
  /** Whether there is an update for each order. */
  readonly isComplete: boolean;
}

/**
 * Creates the updates one after the other, and says so. One that the cluster refuses, for example by an admission policy,
 * does not prevent the others. If the cluster does not answer, or accepts none, the rest is not tried.
 */
export async function placeOrders(
  host: DockerHostObject,
  orders: readonly Order[],
  objects: UpdateObjects,
  terms: OrderTerms,
  { clock, stderr, signal }: Pick<CliContext, "clock" | "stderr" | "signal">,
): Promise<PlacedOrders> {
  const updates: ContainerUpdateObject[] = [];
  const waiting = [...orders];
  for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) {
    const created = await objects.create(host, next, terms, String(clock.now()));
    if (created.ok) {
      const { update, isNew } = created.value;
      writeMessage(stderr, `containerupdate/${update.metadata.name} ${isNew ? "created" : "is already in progress"}`);
      updates.push(update);
      continue;
    }
    writeMessage(stderr, `error: ${next.container}: no update was created: ${created.failure.message}`);
    if (!created.failure.concernsAll && !signal.aborted) continue;
    const names = waiting.map(({ container }) => container);
    if (names.length > 0) writeMessage(stderr, `error: Not tried: ${names.join(", ")}`);
    break;
  }
  return { updates, isComplete: updates.length === orders.length };
}
