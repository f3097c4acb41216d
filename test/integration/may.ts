import type { Kube } from "../env/kube.ts";
import { waitUntil } from "../env/processes/wait-until.ts";

/** Whether a user may do something, in the words of `kubectl auth can-i`. */
export function may(kube: Kube, user: string, ...what: readonly string[]): Promise<boolean> {
  return kube.kubectl(["auth", "can-i", ...what, `--as=${user}`]).then(
    () => true,
    () => false,
  );
}

/** The authorizer learns of roles and bindings a moment after they were written. */
export async function untilMay(kube: Kube, user: string, ...what: readonly string[]): Promise<void> {
  await waitUntil(`${user} to have the right to ${what.join(" ")}`, 60_000, () => may(kube, user, ...what));
}

export async function untilMayNot(kube: Kube, user: string, ...what: readonly string[]): Promise<void> {
  const mayNot = async () => !(await may(kube, user, ...what));
  await waitUntil(`${user} to lose the right to ${what.join(" ")}`, 60_000, mayNot);
}
