import { spawn } from "node:child_process";
import { once } from "node:events";
import { rm } from "node:fs/promises";
import { connect, createServer, type Socket } from "node:net";
import { join } from "node:path";
import type { Docker } from "../../test/env/docker.ts";
import { SEED_IMAGE } from "../../test/env/environment.ts";
import { BUNDLE, NODE_ENVIRONMENT, NODE_FLAGS } from "./bundled-controller.ts";
import { rowsOf } from "./parts.ts";
import type { FleetRow } from "./rows.ts";

const CONTAINERS = 50;
/** The least that answers the same: which version runs there, which containers, and which images. */
const BARE_COMMANDS = [["version"], ["ps", "--no-trunc"], ["images", "--digests"]];

interface Cost {
  readonly seconds: number;
  readonly cpuSeconds: number;
}

/** Part 6: `dockerhost check` of one daemon, compared with `docker` commands that ask for the same, both over its socket. */
export async function realDaemon(docker: Docker, rounds: number): Promise<readonly FleetRow[]> {
  const names = Array.from({ length: CONTAINERS }, (_, index) => `bench-${index}`);
  for (const name of names) await docker.runContainer({ name, image: SEED_IMAGE });
  const path = join(docker.facts.dockerd.runFolder, "bench-count.sock");
  const proxy = await countRequests(path, docker.facts.socket);
  const host = `unix://${path}`;
  const product: Cost[] = [];
  const bare: Cost[] = [];
  const requests = { product: 0, bare: 0 };
  const env = { PATH: process.env.PATH, HOME: "/nonexistent" };
  for (let round = 0; round < rounds; round++) {
    proxy.take();
    const check = [...NODE_FLAGS, BUNDLE, "check", "--host", host, "--no-registry-config"];
    product.push(await timed(process.execPath, check, { ...env, ...NODE_ENVIRONMENT }));
    requests.product += proxy.take();
    const costs: Cost[] = [];
    for (const args of BARE_COMMANDS) costs.push(await timed(docker.facts.docker, args, { ...env, DOCKER_HOST: host }));
    bare.push({ seconds: total(costs, "seconds"), cpuSeconds: total(costs, "cpuSeconds") });
    requests.bare += proxy.take();
  }
  await proxy[Symbol.asyncDispose]();
  for (const name of names) await docker.removeContainer(name);
  const row = rowsOf(6);
  const beside = (name: string, field: keyof Cost): FleetRow => ({
    ...row(name, total(product, field) / rounds, "s"),
    peer: `docker: ${(total(bare, field) / rounds).toFixed(2)} s`,
  });
  return [
    beside(`check of a daemon with ${CONTAINERS} containers`, "seconds"),
    beside("CPU of the check", "cpuSeconds"),
    { ...row("requests to the daemon", requests.product / rounds, ""), peer: `docker: ${requests.bare / rounds}` },
  ];
}

function total(costs: readonly Cost[], field: keyof Cost): number {
  return costs.reduce((sum, cost) => sum + cost[field], 0);
}

/** The shell reports the CPU time of what it ran. */
async function timed(command: string, args: readonly string[], env: NodeJS.ProcessEnv): Promise<Cost> {
  const began = performance.now();
  const script = '"$@" > /dev/null 2>&1; times';
  const child = spawn("bash", ["-c", script, "bash", command, ...args], { env, stdio: ["ignore", "pipe", "inherit"] });
  let times = "";
  child.stdout.on("data", (chunk: Buffer) => {
    times += chunk.toString();
  });
  await once(child, "close");
  const children = times.trim().split("\n").at(-1) ?? "";
  const cpuSeconds = [...children.matchAll(/(\d+)m([\d.]+)s/g)].reduce(
    (sum, [, minutes, seconds]) => sum + Number(minutes) * 60 + Number(seconds),
    0,
  );
  return { seconds: (performance.now() - began) / 1_000, cpuSeconds };
}

interface RequestCount extends AsyncDisposable {
  /** The requests since the last call. */
  take(): number;
}

/** Passes connections on to a daemon's socket, and counts the requests. */
async function countRequests(path: string, socket: string): Promise<RequestCount> {
  let count = 0;
  const open = new Set<Socket>();
  const server = createServer((client) => {
    const daemon = connect(socket);
    for (const end of [client, daemon]) {
      open.add(end);
      end.on("error", () => end.destroy()).once("close", () => open.delete(end));
    }
    client.on("data", (chunk) => {
      count += chunk.toString("latin1").match(/^[A-Z]+ \/\S* HTTP\/1\.1\r$/gm)?.length ?? 0;
    });
    client.pipe(daemon).pipe(client);
  });
  server.listen(path);
  await once(server, "listening");
  return {
    take() {
      const taken = count;
      count = 0;
      return taken;
    },
    async [Symbol.asyncDispose]() {
      for (const end of open) end.destroy();
      server.close();
      await rm(path, { force: true });
    },
  };
}
