import { subscribe, unsubscribe } from "node:diagnostics_channel";
import { Agent, request } from "node:http";
import { hostname } from "node:os";
import { systemClock } from "../src/common/clock.ts";
import { openGuard } from "../src/common/dial-guard.ts";
import { success } from "../src/common/result.ts";
import { replyBudget } from "../src/docker/exchange.ts";
import { openAccess } from "../src/replacement/open-access.ts";
import { replace } from "../src/replacement/replace.ts";
import type { ReplacementPorts } from "../src/replacement/request.ts";
import { TiesCache } from "../src/replacement/ties.ts";
import type { Docker } from "../test/env/docker.ts";
import { startEnvironment } from "../test/env/environment.ts";
import { percentile } from "../test/support/summary.ts";
import { formatTargets } from "./report.ts";
import type { TargetResult } from "./targets.ts";

const MAX_RATIO = 1.2;
const MAX_REQUESTS = 14;
const NAME = "bench-replaced";
const NETWORK = "bench-net";
/** Process 1 that ends as soon as it is asked to. */
const IDLE = `CMD ["/bin/busybox", "sh", "-c", "trap 'exit 0' TERM; /bin/busybox sleep infinity & wait"]`;

interface Round {
  /** Milliseconds from the stop of the old container to the start of the new one. */
  readonly productMs: number;
  readonly bareMs: number;
  readonly requests: number;
}

/**
 * Measures the downtime of an update, and that of the same container when it is only stopped, renamed and started on
 * the same daemon. Both take turns, so that other work of the machine affects them equally.
 */
export async function benchReplacement(rounds: number): Promise<boolean> {
  await using stack = new AsyncDisposableStack();
  const environment = await startEnvironment({ log: (line) => console.error(line) });
  stack.defer(() => environment.stop());
  const engines = [
    { label: "Docker 20.10", docker: environment.dockers.old, apiVersion: "1.41", subnet: "172.31.131.0/24" },
    { label: "Docker 29", docker: environment.dockers.new, apiVersion: "1.56", subnet: "172.31.132.0/24" },
  ];
  const results: TargetResult[] = [];
  const rows = [row("stop to start, ms", ["update", "bare loop", "requests"])];
  for (const { label, docker, apiVersion, subnet } of engines) {
    const repository = `${environment.registry.facts.host}/bench/${label.replace(/\W/g, "-").toLowerCase()}`;
    await docker.cli(["network", "create", "--subnet", subnet, NETWORK]);
    const measured: Round[] = [];
    // The first one warms up.
    for (let number = 0; number <= rounds; number++) {
      const measure = await measureRound(docker, apiVersion, `${repository}:1`);
      if (number > 0) measured.push(measure);
    }
    await docker.cli(["network", "rm", NETWORK]);
    const product = percentile(
      measured.map(({ productMs }) => productMs),
      50,
    );
    const bare = percentile(
      measured.map(({ bareMs }) => bareMs),
      50,
    );
    const requests = Math.max(...measured.map((round) => round.requests));
    rows.push(row(label, [product.toFixed(0), bare.toFixed(0), String(requests)]));
    results.push(...compare(label, product / bare, requests));
  }
  console.log(`\n${rows.join("\n")}\n\n${formatTargets(results)}`);
  return results.every(({ met }) => met);
}

function compare(label: string, ratio: number, requests: number): readonly TargetResult[] {
  return [
    {
      target: `${label}: downtime at most ${MAX_RATIO} times the bare loop's`,
      measured: ratio.toFixed(2),
      met: ratio <= MAX_RATIO,
    },
    { target: `${label}: at most ${MAX_REQUESTS} requests`, measured: String(requests), met: requests <= MAX_REQUESTS },
  ];
}

async function measureRound(docker: Docker, apiVersion: string, image: string): Promise<Round> {
  const digest = await publishTwo(docker, image);
  await docker.cli(["run", "--detach", "--pull=never", "--network", NETWORK, "--name", NAME, image]);
  try {
    const bareMs = await bareDowntime(docker);
    const { downtimeMs, requests } = await update(docker, apiVersion, image, digest);
    return { productMs: downtimeMs, bareMs, requests };
  } finally {
    await docker.cli(["rm", "--force", NAME]);
    await docker.cli(["image", "rm", "--force", image]);
  }
}

/** Two versions of an image, of which the host has only the first. Returns the digest of the second. */
async function publishTwo(docker: Docker, image: string): Promise<string> {
  const version = async () => {
    await docker.cli(["import", "--change", IDLE, docker.facts.rootfs, image]);
    return await docker.push(image);
  };
  const second = await version();
  await docker.cli(["image", "rm", image]);
  await version();
  return second;
}

async function update(docker: Docker, apiVersion: string, image: string, digest: string) {
  const guard = openGuard();
  const endpoint = { kind: "unix", path: docker.facts.socket } as const;
  const target = { endpoint, guard, replies: replyBudget(systemClock) };
  const { signal } = new AbortController();
  const ports: ReplacementPorts = {
    open: () => openAccess(target, apiVersion, systemClock, signal),
    engine: { name: "Docker", apiVersion, os: "linux", arch: "amd64", hostname: hostname() },
    writer: { owner: "bench", term: 0 },
    clock: systemClock,
    random: () => 0.5,
    mayChange: () => true,
    record: async () => success(undefined),
    signal,
    ties: await tiesOfOthers(docker, apiVersion),
  };
  const health = { timeoutMs: 10_000, stableForMs: 0 };
  const wanted = { container: NAME, image, digest, health, removeOldImage: false } as const;
  let requests = 0;
  const count = () => requests++;
  subscribe("http.client.request.start", count);
  try {
    const result = await replace({ ...wanted, onFailure: "RollBack", hooks: "Disabled" }, ports);
    if (result.kind !== "Succeeded" || result.downtimeMs === undefined) throw new Error(JSON.stringify(result));
    return { downtimeMs: result.downtimeMs, requests };
  } finally {
    unsubscribe("http.client.request.start", count);
  }
}

/** As after an earlier update of this host, which has looked at the containers that stay. */
async function tiesOfOthers(docker: Docker, apiVersion: string): Promise<TiesCache> {
  const endpoint = { kind: "unix", path: docker.facts.socket } as const;
  const target = { endpoint, guard: openGuard(), replies: replyBudget(systemClock) };
  using access = openAccess(target, apiVersion, systemClock, new AbortController().signal);
  const listed = await access.details.listContainers();
  if (!listed.ok) throw new Error(listed.failure.message);
  const ties = new TiesCache();
  await ties.of(access, listed.value);
  return ties;
}

/** Stops, renames and starts the container with nothing but node:http, and gives it its name back. */
async function bareDowntime(docker: Docker): Promise<number> {
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  const post = (path: string) =>
    new Promise<void>((resolve, reject) => {
      const sent = request({ socketPath: docker.facts.socket, agent, method: "POST", path }, (reply) => {
        reply.resume().once("end", () => (reply.statusCode === 204 ? resolve() : reject(new Error(path))));
      });
      sent.once("error", reject).end();
    });
  try {
    const began = performance.now();
    await post(`/containers/${NAME}/stop`);
    await post(`/containers/${NAME}/rename?name=${NAME}-old`);
    await post(`/containers/${NAME}-old/start`);
    const took = performance.now() - began;
    await post(`/containers/${NAME}-old/rename?name=${NAME}`);
    return took;
  } finally {
    agent.destroy();
  }
}

function row(name: string, cells: readonly string[]): string {
  return name.padEnd(24) + cells.map((cell) => cell.padStart(12)).join("");
}
