import { parseArgs } from "node:util";

export const FLEET_USAGE = `Usage: npm run bench -- fleet [options]

Measures the bundled controller, with the flags of the image, on a real API server with a simulated fleet over mutual TLS.
Prints a table in which each figure has its limit or its peer next to it, and exits with 1 if a limit is exceeded. The parts:

  1  a cold start until all hosts are Ready and checked
  2  the steady state with an interval of 1 minute
  3  growth in hosts, and in containers
  4  a restart when every status is current
  5  three shards, and hosts that move from one to another
  6  one real daemon, compared with the docker command line

  --part N           only this part; can be repeated
  --hosts N          hosts of parts 1, 2 and 4, and a third of those of part 5 (default 1000)
  --containers N     containers of each host (default 50)
  --images N         images of the fleet (default 20)
  --latency MS       delay of each answer of daemons and registry (default 0)
  --failing SHARE    share of the hosts that refuse connections, such as 0.1 (default 0)
  --minutes N        duration of part 2 (default 10)
  --sizes N,N,...    fleet sizes of part 3, each with 20 containers (default 100,300,1000,3000)
  --densities N,...  containers per host of part 3, each with 100 hosts (default 2,20,200)
  --rounds N         rounds of part 6 (default 10)
  --short            small sizes, to try the benchmark itself; the limits are for the defaults
  --json             prints the rows as JSON
`;

export interface FleetShapeOptions {
  readonly hosts: number;
  readonly containers: number;
  readonly images: number;
  readonly latencyMs: number;
  readonly failing: number;
}

export interface FleetBenchOptions extends FleetShapeOptions {
  readonly parts: ReadonlySet<number>;
  readonly minutes: number;
  readonly sizes: readonly number[];
  readonly densities: readonly number[];
  readonly rounds: number;
  readonly json: boolean;
}

const ALL_PARTS = ["1", "2", "3", "4", "5", "6"];

/** Reads the flags after `fleet`; undefined if help was asked for. Throws on flags that do not exist. */
export function parseFleetOptions(args: readonly string[]): FleetBenchOptions | undefined {
  const text = { type: "string" } as const;
  const { values } = parseArgs({
    args: [...args],
    options: {
      part: { type: "string", multiple: true },
      ...{ hosts: text, containers: text, images: text, latency: text, failing: text },
      ...{ minutes: text, sizes: text, densities: text, rounds: text },
      short: { type: "boolean", default: false },
      json: { type: "boolean", default: false },
      help: { type: "boolean", default: false },
    },
  });
  if (values.help) return undefined;
  const number = (value: string | undefined, usual: number, short: number) =>
    value === undefined ? (values.short ? short : usual) : Number(value);
  const numbers = (value: string | undefined, usual: string, short: string) =>
    (value ?? (values.short ? short : usual)).split(",").map(Number);
  return {
    parts: new Set((values.part ?? ALL_PARTS).map(Number)),
    hosts: number(values.hosts, 1_000, 30),
    containers: number(values.containers, 50, 5),
    images: number(values.images, 20, 5),
    latencyMs: number(values.latency, 0, 0),
    failing: number(values.failing, 0, 0),
    minutes: number(values.minutes, 10, 1.5),
    sizes: numbers(values.sizes, "100,300,1000,3000", "10,20,40"),
    densities: numbers(values.densities, "2,20,200", "2,20"),
    rounds: number(values.rounds, 10, 3),
    json: values.json,
  };
}
