import type { Failure, Outcome } from "../api/failure.ts";
import { connectionReasons } from "../api/reasons/connection.ts";
import { reasonEntry } from "../api/reasons.ts";
import { failure } from "../common/result.ts";
import { OUT_OF_REACH, type RegistryReason } from "../registry/registry-failure.ts";

/**
 * Reasons whose details come only from the network: about a registry, or about anything else that listens in the
 * controller's network.
 */
const OF_REGISTRIES: readonly RegistryReason[] = [...OUT_OF_REACH, "RegistryServerError", "RegistryBadResponse"];

const HIDDEN: ReadonlySet<string> = new Set([
  ...OF_REGISTRIES,
  ...Object.entries(connectionReasons)
    .filter(([, { condition, outcome }]) => condition === "Connected" && outcome === "failed")
    .map(([reason]) => reason),
]);

/**
 * What one pass met in the network. Otherwise, any user who may write a DockerHost could find out which addresses names
 * have and what listens where. Users see the reason and the next step; the controller's log has the full text.
 */
export class NetworkDetails {
  readonly #isHidden: boolean;
  /** The full text for each replacement; the first counts. */
  readonly #full = new Map<string, string>();

  constructor(isHidden: boolean) {
    this.#isHidden = isHidden;
  }

  /** The failure in the form that the object's status and events may show. */
  hide(met: Failure): Failure {
    if (!this.#isHidden || !HIDDEN.has(met.reason)) return met;
    const { meaning, fix } = reasonEntry(met.reason);
    const message = `${meaning} ${fix} The controller's log says more.`;
    if (!this.#full.has(message)) this.#full.set(message, met.message);
    const { problem: _, messageByFlags: __, ...rest } = met;
    return { ...rest, message };
  }

  hideIn<T>(outcome: Outcome<T>): Outcome<T> {
    return outcome.ok ? outcome : failure(this.hide(outcome.failure));
  }

  /** A text for the log, with the full text of what is hidden in it. */
  reveal(text: string): string {
    let revealed = text;
    for (const [shown, full] of this.#full) revealed = revealed.replaceAll(shown, () => full);
    return revealed;
  }
}
