import { mkdtemp, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { stringify } from "yaml";
import { freePorts } from "./processes/ports.ts";
import { Server } from "./processes/server.ts";

/** How a target is scraped, as in Prometheus' configuration. */
export interface ScrapeJob {
  readonly job_name: string;
  readonly honor_labels: boolean;
  readonly static_configs: readonly { readonly targets: readonly string[]; readonly labels: object }[];
}

export interface PrometheusOptions {
  readonly program: string;
  readonly runFolder: string;
  readonly jobs: readonly ScrapeJob[];
}

interface Sample {
  readonly metric: Readonly<Record<string, string>>;
  readonly value: readonly [time: number, value: string];
}

/** A real Prometheus, which scrapes every second. */
export class Prometheus {
  readonly #port: number;
  readonly #server: Server;

  private constructor(port: number, server: Server) {
    this.#port = port;
    this.#server = server;
  }

  static async start({ program, runFolder, jobs }: PrometheusOptions): Promise<Prometheus> {
    const { port } = await freePorts(["port"]);
    const folder = await mkdtemp(join(runFolder, "prometheus-"));
    const configuration = join(folder, "prometheus.yml");
    await writeFile(configuration, stringify({ global: { scrape_interval: "1s" }, scrape_configs: jobs }));
    const server = new Server(
      {
        name: `prometheus-${port}`,
        runFolder,
        program,
        args: [
          `--config.file=${configuration}`,
          `--storage.tsdb.path=${join(folder, "data")}`,
          `--web.listen-address=127.0.0.1:${port}`,
        ],
        environment: {},
        graceMs: 5_000,
      },
      () => isReady(port),
    );
    await server.start();
    return new Prometheus(port, server);
  }

  /** What a query gives now. Throws Prometheus' own words if it is not a query. */
  async query(query: string): Promise<readonly Sample[]> {
    const answer = await fetch(`http://127.0.0.1:${this.#port}/api/v1/query`, {
      method: "POST",
      body: new URLSearchParams({ query }),
    });
    const { data, error } = (await answer.json()) as { data?: { result: readonly Sample[] }; error?: string };
    if (data === undefined) throw new Error(`${error}: ${query}`);
    return data.result;
  }

  stop(): Promise<void> {
    return this.#server.stop();
  }
}

async function isReady(port: number): Promise<boolean> {
  return await fetch(`http://127.0.0.1:${port}/-/ready`).then(
    ({ ok }) => ok,
    () => false,
  );
}
