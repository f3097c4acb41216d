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
/** As fast as the API server takes them; at 50 a second, for five seconds. */
const WRITES = 250;
/** More of them only wait for each other: the API server writes an object once at a time. */
const LABEL_WRITERS = 2;

it("our status lands however often another writes to the same object, and what the other writes stays", async () => {
  const fleet = await ChaosFleet.start(kube, 1);
  const controller = await Program.controller(kube, fleet.namespace.name, LOOPBACK);
  const path = `${fleet.dockerHosts}/sim-0`;
  const writing = new AbortController();
  const written = { labels: 0, conditions: 0 };
  const label = async () => {
    while (!writing.signal.aborted) {
      await fleet.api.patch(path, { metadata: { labels: { "audit.example.com/n": `${written.labels++}` } } });
    }
  };
  const condition = async () => {
    while (!writing.signal.aborted) await fleet.api.apply(`${path}/status`, audited(++written.conditions), "auditor");
  };
  try {
    expect(await settle(() => fleet.unsettled(), 30_000)).toEqual([]);
    const began = performance.now();
    const busy = Promise.all([condition(), ...Array.from({ length: LABEL_WRITERS }, label)]);
    const late: string[] = [];
    const writes = () => written.labels + written.conditions;
    for (let generation = 0; generation < GENERATIONS || writes() < WRITES; generation++) {
      await fleet.bump("sim-0");
      late.push(...(await settle(() => fleet.unsettled(), 20_000)));
    }
    writing.abort();
    await busy;
    const rate = (writes() / (performance.now() - began)) * 1_000;
    const { metadata, status } = (await fleet.api.get(path)).body as DockerHostObject;
    const conditions: readonly SituatedCondition[] = status?.conditions ?? [];
    const foreign = conditions.find(({ type }) => type === TYPE);
    const untouched = foreign?.message === `Write ${written.conditions}`;
    console.log(
      formatSummary("another writer", [
        {
          promise: `our status of ${metadata.generation} generations lands`,
          seen: late.join("; ") || `amid ${writes()} writes, ${rate.toFixed(0)} a second`,
          kept: late.length === 0,
        },
        { promise: "the other's condition is untouched", seen: `${foreign?.message}`, kept: untouched },
      ]),
    );
    expect(late).toEqual([]);
    expect(untouched).toBe(true);
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
