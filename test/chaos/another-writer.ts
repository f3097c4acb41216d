import type { DockerHostObject } from "../../src/api/docker-host.ts";
import type { Kube } from "../env/kube.ts";
import { LOOPBACK, Program } from "../integration/program.ts";
import { formatTimes, type SummaryRow } from "../support/summary.ts";
import { ChaosFleet, whyUnsettled } from "./chaos-fleet.ts";
import { ForeignWriter, Pace } from "./foreign-writer.ts";
import { settle } from "./settle.ts";

export interface AnotherWriterOptions {
  readonly kube: Kube;
  readonly hosts: number;
  /** Of each host, one after the other. */
  readonly generations: number;
  /** How often the other writes to a host amid each of its generations, at least. */
  readonly writesEach: number;
  /** How often the other writes, to all hosts together, at most. */
  readonly perSecond: number;
  /** Whether writing more slowly than that breaks a promise. */
  readonly isRateJudged: boolean;
}

const SETTLE_MS = 60_000;
/** The other aims higher than what is promised: the machine has other work at times. */
const HASTE = 1.25;

/** Hosts change while another writes to the same objects all the time, by every way that there is to write. */
export async function runAnotherWriter(options: AnotherWriterOptions): Promise<readonly SummaryRow[]> {
  const { kube, hosts, generations, writesEach, perSecond, isRateJudged } = options;
  const fleet = await ChaosFleet.start(kube, hosts);
  const controller = await Program.controller(kube, fleet.namespace.name, LOOPBACK);
  const [late, times]: [string[], number[]] = [[], []];
  const writers: ForeignWriter[] = [];
  try {
    late.push(...(await settle(() => fleet.unsettled(), SETTLE_MS)));
    const pace = new Pace(perSecond * HASTE);
    const began = performance.now();
    const disturb = async (name: string) => {
      const writer = new ForeignWriter(fleet, name, pace);
      writers.push(writer);
      for (let round = 0; round < generations; round++) {
        const already = writer.writes;
        const bumped = performance.now();
        const generation = await fleet.bump(name);
        late.push(...(await settle(async () => notLanded(generation, writer.last), SETTLE_MS, 5)));
        times.push(performance.now() - bumped);
        late.push(...(await settle(async () => missing(name, writesEach - (writer.writes - already)), SETTLE_MS, 5)));
      }
      await writer.stop();
    };
    await Promise.all(fleet.hosts.map(({ name }) => disturb(name)));
    const writes = writers.reduce((sum, each) => sum + each.writes, 0);
    const refused = writers.reduce((sum, each) => sum + each.refused, 0);
    const rate = (writes * 1_000) / (performance.now() - began);
    late.push(...(await fleet.unsettled()));
    const losses = writers.flatMap((each) => each.losses);
    return [
      {
        promise: `our status of ${times.length} generations lands, each amid ${writesEach} writes of another or more`,
        seen: late.slice(0, 5).join("; ") || formatTimes(times),
        kept: late.length === 0,
      },
      {
        promise: isRateJudged ? `the other writes ${perSecond} times a second` : "the other writes",
        seen: `${writes} writes to ${hosts} objects, ${rate.toFixed(1)} a second; ${refused} more refused as conflicts`,
        kept: !isRateJudged || rate >= perSecond,
      },
      {
        promise: "the other's condition, label and annotation are untouched in every answer",
        seen: losses.slice(0, 5).join("; ") || `0 losses in ${writes} answers`,
        kept: losses.length === 0,
      },
    ];
  } finally {
    await Promise.all(writers.map((each) => each.stop()));
    await controller.stop();
    await fleet.stop();
  }
}

/** As the other's next look shows it, so that nobody else need ask. */
function notLanded(generation: number, host: DockerHostObject | undefined): readonly string[] {
  const isOld = host === undefined || host.metadata.generation < generation;
  return isOld ? [`generation ${generation} was not seen`] : whyUnsettled(host);
}

function missing(name: string, writes: number): readonly string[] {
  return writes > 0 ? [`${name}: ${writes} writes of the other are missing`] : [];
}
