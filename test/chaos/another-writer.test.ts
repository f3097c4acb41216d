import { setTimeout as sleep } from "node:timers/promises";
import { expect, inject, it } from "vitest";
import { findCondition } from "../../src/api/conditions.ts";
import type { DockerHostObject } from "../../src/api/docker-host.ts";
import { connectEnvironment } from "../env/environment.ts";
import { LOOPBACK, Program } from "../integration/program.ts";
import type { SituatedCondition } from "../support/situated.ts";
import { ChaosFleet } from "./chaos-fleet.ts";
import { settle } from "./settle.ts";
import { formatSummary } from "./summary.ts";

const { kube } = connectEnvironment(inject("environment"));

const TYPE = "audit.example.com/Seen";
const GENERATIONS = 10;
/** 50 writes a second, by turns of the object's metadata and of its status. */
const BETWEEN_WRITES_MS = 20;

it("our status lands however often another writes to the same object, and what the other writes stays", async () => {
  const fleet = await ChaosFleet.start(kube, 1);
  const controller = await Program.controller(kube, fleet.namespace.name, LOOPBACK);
  const path = `${fleet.dockerHosts}/sim-0`;
  const writing = new AbortController();
  let writes = 0;
  const write = async () => {
    for (; !writing.signal.aborted; writes++) {
      if (writes % 2 === 0)
        await fleet.api.patch(path, { metadata: { labels: { "audit.example.com/n": `${writes}` } } });
      else await fleet.api.apply(`${path}/status`, audited(writes), "auditor");
      await sleep(BETWEEN_WRITES_MS);
    }
  };
  try {
    expect(await settle(() => fleet.unsettled(), 30_000)).toEqual([]);
    const busy = write();
    const late: string[] = [];
    for (let generation = 0; generation < GENERATIONS; generation++) {
      await fleet.bump("sim-0");
      late.push(...(await settle(() => fleet.unsettled(), 20_000)));
    }
    writing.abort();
    await busy;
    const { status } = (await fleet.api.get(path)).body as DockerHostObject;
    const conditions: readonly SituatedCondition[] = status?.conditions ?? [];
    const foreign = conditions.find(({ type }) => type === TYPE);
    const last = writes % 2 === 0 ? writes - 1 : writes - 2;
    console.log(
      formatSummary("another writer", [
        {
          promise: `our status of ${GENERATIONS} generations lands`,
          seen: late.join("; ") || `amid ${writes} writes`,
          kept: late.length === 0,
        },
        {
          promise: "the other's condition is untouched",
          seen: `${foreign?.message}`,
          kept: foreign?.message === `Write ${last}`,
        },
      ]),
    );
    expect(late).toEqual([]);
    expect(foreign?.message).toBe(`Write ${last}`);
    expect(findCondition(status?.conditions, "Ready")?.status).toBe("True");
  } finally {
    writing.abort();
    await controller.stop();
    await fleet.stop();
  }
});

function audited(write: number): object {
  const condition = {
    type: TYPE,
    status: "True",
    observedGeneration: 1,
    lastTransitionTime: "2026-01-01T00:00:00Z",
    reason: "Audited",
    message: `Write ${write}`,
  };
  return {
    apiVersion: "dockerhost.dev/v1alpha1",
    kind: "DockerHost",
    metadata: { name: "sim-0" },
    status: { conditions: [condition] },
  };
}
