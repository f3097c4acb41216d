/** `npm run soak`: the promises of the controller under faults, with the timings of production. */
import { parseArgs } from "node:util";
import { parseDuration } from "../../src/common/duration.ts";
import { type RunningEnvironment, startEnvironment } from "../env/environment.ts";
import type { Kube } from "../env/kube.ts";
import { reportRights } from "../integration/rights-report.ts";
import { StatusWatch } from "../integration/status-watch.ts";
import { formatSummary, type SummaryRow } from "../support/summary.ts";
import { runAnotherWriter } from "./another-writer.ts";
import { runFailover } from "./failover.ts";
import { runForeignSecrets } from "./foreign-secrets.ts";
import { runHostile } from "./hostile.ts";
import { runOutage } from "./outage.ts";
import { DEFAULT_TIMINGS } from "./replicas.ts";
import { runRotations } from "./rotations.ts";
import { chosenSeed } from "./seeded-random.ts";
import { runTwoFaults } from "./two-faults.ts";
import { runWatchFaults } from "./watch-faults.ts";

const USAGE = `Usage: npm run soak -- [options]

Breaks things around a controller on a real API server, with the timings of production, and tells which promises were
kept. The last line is the verdict; exits with 1 when a promise was broken. All of it takes about three hours.

  --scenario NAME   only this one: watch-faults, failover, rotations, outage, foreign-secrets, another-writer,
                    hostile or two-faults; may be repeated
  --faults N        watches that are struck (default 500)
  --kills N         leaders that are killed with kill -9 (default 20); a quarter as many are stopped in good order
  --rotations N     Secrets that get a new certificate (default 1000)
  --outage TIME     how long the API server is away (default 5m)
  --attack TIME     how long hostile daemons, registries, SSH servers and manifests go on (default 10m)
  --triples N       updates with three faults each, after all of those with two (default 5000)
  --seed N          repeats the faults of an earlier run
`;

/** The limit that the controller has by default. */
const INACTIVITY_MS = 30_000;

const { values } = parseArgs({
  options: {
    scenario: { type: "string", multiple: true },
    faults: { type: "string", default: "500" },
    kills: { type: "string", default: "20" },
    rotations: { type: "string", default: "1000" },
    outage: { type: "string", default: "5m" },
    attack: { type: "string", default: "10m" },
    triples: { type: "string", default: "5000" },
    seed: { type: "string" },
    help: { type: "boolean", default: false },
  },
});

if (values.help) console.log(USAGE);
else process.exitCode = (await soak()) ? 0 : 1;

async function soak(): Promise<boolean> {
  const seed = Number(values.seed ?? chosenSeed());
  const counts = [values.faults, values.kills, values.rotations, values.triples];
  const [faults, kills, rotations, triples] = counts.map(Number);
  const awayMs = parseDuration(values.outage);
  const attackMs = parseDuration(values.attack);
  if (!attackMs || !faults || !kills || !rotations || !triples || !awayMs || Number.isNaN(seed))
    throw new Error(`a number is none\n\n${USAGE}`);
  const environment = await startEnvironment({ log: console.error });
  const { kube, facts } = environment;
  const scenarios: Readonly<Record<string, () => Promise<readonly SummaryRow[]>>> = {
    "watch-faults": () =>
      runWatchFaults({
        kube,
        etcd: facts.etcd,
        faults,
        seed,
        inactivityMs: INACTIVITY_MS,
        withinMs: INACTIVITY_MS + 5_000,
      }),
    failover: () =>
      runFailover({ kube, hosts: 10, kills, stops: Math.ceil(kills / 4), timings: DEFAULT_TIMINGS, patience: 1 }),
    rotations: () => runRotations({ kube, hosts: 50, rotations, inactivityMs: INACTIVITY_MS, withinMs: 2_000 }),
    outage: () => runOutage({ kube, hosts: 50, awayMs }),
    "foreign-secrets": () => runForeignSecrets({ kube, large: 300, small: 3_000 }),
    "another-writer": () => runWriters(kube),
    hostile: () => runHostile({ kube, seed, forMs: attackMs }),
    "two-faults": () => runTwoFaults({ seed, triples }),
  };
  const chosen = values.scenario ?? Object.keys(scenarios);
  const unknown = chosen.filter((name) => scenarios[name] === undefined);
  try {
    if (unknown.length > 0) throw new Error(`there is no scenario ${unknown.join(", ")}\n\n${USAGE}`);
    return await runAll(environment, chosen, scenarios, seed);
  } finally {
    await environment.stop();
  }
}

/** Four objects share the promised rate; then one takes as many writes as the API server makes of it. */
async function runWriters(kube: Kube): Promise<readonly SummaryRow[]> {
  const shared = { kube, hosts: 4, generations: 15, writesEach: 50, perSecond: 50, isRateJudged: true };
  const one = { kube, hosts: 1, generations: 40, writesEach: 25, perSecond: 1_000, isRateJudged: false };
  return [...(await runAnotherWriter(shared)), ...(await runAnotherWriter(one))];
}

async function runAll(
  { kube }: RunningEnvironment,
  chosen: readonly string[],
  scenarios: Readonly<Record<string, () => Promise<readonly SummaryRow[]>>>,
  seed: number,
): Promise<boolean> {
  await kube.kubectl(["apply", "--server-side", "-f", "crds/"]);
  await kube.untilEstablished("dockerhosts.dockerhost.dev");
  const statuses = new StatusWatch(kube.facts);
  const rows: SummaryRow[] = [];
  const tell = (title: string, added: readonly SummaryRow[]) => {
    rows.push(...added);
    console.log(`${formatSummary(title, added)}\n`);
  };
  console.log(`seed ${seed}\n`);
  for (const name of chosen) {
    const began = performance.now();
    const outcome = await scenarios[name]?.().catch((error: Error) => [
      { promise: "the scenario runs to its end", seen: error.stack ?? error.message, kept: false },
    ]);
    tell(`${name}, ${((performance.now() - began) / 60_000).toFixed(1)} min`, outcome ?? []);
  }
  const { checked, problems } = await statuses.stop();
  const seen = `${checked} statuses, ${problems.length} violations ${problems.slice(0, 5).join("; ")}`;
  tell("statuses", [{ promise: "each keeps the table of conditions", seen, kept: problems.length === 0 }]);
  const rights = await reportRights(kube.facts, false);
  tell("rights", rights.rows);
  const broken = rows.filter(({ kept }) => !kept).length;
  console.log(broken === 0 ? `KEPT: all ${rows.length} promises` : `BROKEN: ${broken} of ${rows.length} promises`);
  return broken === 0;
}
