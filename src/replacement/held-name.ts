import type { Change } from "./arrival.ts";
import type { LostName } from "./lost-name.ts";
import { returnTag } from "./moved-tag.ts";
import type { Transaction } from "./transaction.ts";

/** Creates a container while the name of its image stands for this image again. */
export async function createWithName<T>(
  transaction: Transaction,
  { name, tag, now }: LostName,
  imageId: string,
  create: () => Promise<Change<T>>,
): Promise<Change<T>> {
  const held = await transaction.change("Replacing", "Tag", ({ changes }) => changes.tag(imageId, name, tag));
  if (held.kind !== "done") return held;
  const created = await create();
  if (now !== undefined) await returnTag(transaction, { name, tag }, { from: imageId, to: now });
  return created;
}
