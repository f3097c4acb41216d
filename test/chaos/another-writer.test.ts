import { expect, inject, it } from "vitest";
import type { DockerHostObject } from "../../src/api/docker-host.ts";
import { connectEnvironment } from "../env/environment.ts";
import { LOOPBACK, Program } from "../integration/program.ts";
import type { SituatedCondition } from "../support/situated.ts";
import { ChaosFleet } from "./chaos-fleet.ts";
import { settle } from "./settle.ts";
import { formatSummary } from "./summary.ts";

const { kube } = connectEnvironment(inject("environment"));

const TYPE = "audit.example.com/Seen";
const HOSTS = 5;
const GENERATIONS = 5;
/** At 50 a second: for five seconds. */
const WRITES = 250;

it("our status lands however often another writes to the same objects, and what the other writes stays", async () => {
  const fleet = await ChaosFleet.start(kube, HOSTS);
  const controller = await Program.controller(kube, fleet.namespace.name, LOOPBACK);
  const writing = new AbortController();
  /** By host: how often the other has written to it. */
  const written = new Map(fleet.hosts.map(({ name }) => [name, 0]));
  const total = () => [...written.values()].reduce((sum, count) => sum + count, 0);
  const audit = async (name: string) => {
    for (let count = 1; !writing.signal.aborted; count++) {
      const path = `${fleet.dockerHosts}/${name}`;
      await fleet.api.patch(path, { metadata: { labels: { "audit.example.com/n": `${count}` } } });
      await fleet.api.apply(`${path}/status`, audited(name, count), "auditor");
      written.set(name, count);
    }
  };
  try {
    expect(await settle(() => fleet.unsettled(), 30_000)).toEqual([]);
    const began = performance.now();
    const busy = Promise.all(fleet.hosts.map(({ name }) => audit(name)));
    const late: string[] = [];
    for (let generation = 0; generation < GENERATIONS || 2 * total() < WRITES; generation++) {
      for (const { name } of fleet.hosts) await fleet.bump(name);
      late.push(...(await settle(() => fleet.unsettled(), 30_000)));
    }
    writing.abort();
    await busy;
    const rate = (2 * total() * 1_000) / (performance.now() - began);
    const lost = (await fleet.list<DockerHostObject>(fleet.dockerHosts)).flatMap(({ metadata, status }) => {
      const conditions: readonly SituatedCondition[] = status?.conditions ?? [];
      const seen = conditions.find(({ type }) => type === TYPE)?.message;
      const wrote = `Write ${written.get(metadata.name)}`;
      return seen === wrote ? [] : [`${metadata.name}: ${wrote} is ${seen}`];
    });
    const amid = `amid ${2 * total()} writes, ${rate.toFixed(0)} a second`;
    console.log(
      formatSummary("another writer", [
        { promise: "our status of each generation lands", seen: late.join("; ") || amid, kept: late.length === 0 },
        { promise: "the other's conditions are untouched", seen: lost.join("; ") || "0 lost", kept: lost.length === 0 },
      ]),
    );
    expect(late).toEqual([]);
    expect(lost).toEqual([]);
    expect(await fleet.unsettled()).toEqual([]);
  } finally {
    writing.abort();
    await controller.stop();
    await fleet.stop();
  }
});

function audited(name: string, count: number): object {
  const condition = {
    type: TYPE,
    status: "True",
    observedGeneration: 1,
    lastTransitionTime: "2026-01-01T00:00:00Z",
    reason: "Audited",
    message: `Write ${count}`,
  };
  return {
    apiVersion: "dockerhost.dev/v1alpha1",
    kind: "DockerHost",
    metadata: { name },
    status: { conditions: [condition] },
  };
}
