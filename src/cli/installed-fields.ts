import { setImmediate } from "node:timers/promises";
import { KINDS } from "../api/kinds.ts";
import type { Logger } from "../common/logger.ts";
import { APPLY_CRD, installedSchema, namedFields, readPublishedSchemas } from "../dockerhost/installed-schema.ts";
import type { ApiClient } from "../runtime/api-client.ts";
import type { ProbeCheck } from "../runtime/probes.ts";
import { UsageError } from "./exit-codes.ts";

/** Whether the installed definitions have all fields of this version: the API server would drop the others silently. */
export class InstalledFields {
  #isExamined = false;

  /** A process that will refuse to work must not become ready, or a rollout would replace those that work. */
  readonly check: ProbeCheck = {
    name: "definitions",
    check: () => (this.#isExamined ? undefined : "the installed definitions have not been examined yet"),
  };

  /**
   * Rejects if an installed definition lacks fields. A missing definition may still be installed, and an unreachable API
   * server may come back, so neither is an error.
   */
  async require(client: Pick<ApiClient, "raw">, signal: AbortSignal, logger: Logger): Promise<void> {
    const published = await readPublishedSchemas(client, signal);
    if (!published.ok) {
      logger.warn("Cannot read the fields of the installed CustomResourceDefinition", {
        detail: published.failure.message,
      });
    } else {
      for (const kind of KINDS) {
        const schema = installedSchema(kind, published.value);
        if (schema.kind === "older") throw tooOld(schema.missing);
        // The comparison takes a while, in which lists arrive.
        await setImmediate();
      }
    }
    this.#isExamined = true;
  }
}

function tooOld(missing: readonly string[]): UsageError {
  return new UsageError(
    `the cluster's CustomResourceDefinition is older than this program and lacks ${namedFields(missing)}; update it the way it was installed: with helm upgrade, in Git, or with ${APPLY_CRD}`,
  );
}
