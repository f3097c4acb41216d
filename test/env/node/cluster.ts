import { randomBytes } from "node:crypto";
import { join } from "node:path";
import { run } from "../binaries/run-command.ts";
import { type Log, seconds } from "../binaries/timed.ts";
import type { Binaries } from "../binaries.ts";
import { containerdServer, Docker } from "../docker.ts";
import { planDocker, planDockerSupplies } from "../docker-plan.ts";
import { etcdServer, planEtcd } from "../etcd.ts";
import { Kube, planKube } from "../kube.ts";
import { clearOnExit } from "../processes/clear-on-exit.ts";
import { freePorts } from "../processes/ports.ts";
import { accepts, answersOk } from "../processes/probe.ts";
import { clearRunFolder, createRunFolder, readRecord } from "../processes/run-folder.ts";
import { Server, type ServerFacts } from "../processes/server.ts";
import { waitUntil } from "../processes/wait-until.ts";
import { addPodNetwork } from "./network.ts";
import { type NodeFacts, planNode } from "./plan.ts";

const NODE = "node-1";
const SANDBOX_IMAGE = "sandbox:local";
const READY_WITHIN_MS = 180_000;

/** A cluster of one node that runs pods, and a Docker daemon that they reach, apart from the other test servers. */
export interface NodeCluster {
  readonly kube: Kube;
  readonly docker: Docker;
  /** Where pods reach the API server and the daemon; there is no proxy that would make Services work. */
  readonly address: string;
  /** The folder of the containers' logs. */
  readonly podLogs: string;
  /** Brings an image of a daemon to the node. */
  importImage(from: Docker, reference: string): Promise<void>;
  /** Stops all servers and takes away what they left. */
  stop(): Promise<void>;
}

export interface StartOptions {
  readonly log: Log;
  readonly binaries: Binaries;
}

/** Starts one in a run folder of its own; it ends with this process at the latest. */
export async function startNodeCluster({ log, binaries }: StartOptions): Promise<NodeCluster> {
  const started = performance.now();
  const runFolder = createRunFolder();
  const forget = clearOnExit(runFolder);
  const servers: Server[] = [];
  const start = async (server: Server) => {
    servers.unshift(server);
    await server.start();
  };
  /** Services that depend on another come first. */
  const stop = async () => {
    try {
      for (const server of servers) await server.stop();
    } finally {
      clearRunFolder(runFolder);
      forget();
    }
  };
  try {
    const cluster = await startServers(runFolder, binaries, start);
    log(`started a cluster of one node in ${seconds(performance.now() - started)}`);
    return { ...cluster, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

async function startServers(
  runFolder: string,
  binaries: Binaries,
  start: (server: Server) => Promise<void>,
): Promise<Omit<NodeCluster, "stop">> {
  const shared = { runFolder, binaries };
  const network = await addPodNetwork(runFolder);
  const { address } = network;
  const ports = await freePorts([
    "etcd",
    "etcdPeers",
    "kube",
    "docker",
    "kubelet",
    "kubeletServer",
    "scheduler",
    "controllerManager",
  ]);
  const etcd = planEtcd({ ...shared, clientPort: ports.etcd, peerPort: ports.etcdPeers });
  const token = randomBytes(24).toString("hex");
  const pods = { address, nodeName: NODE, nodeToken: token };
  const kube = new Kube(await planKube({ ...shared, port: ports.kube, etcd, pods }));
  const supplies = await planDockerSupplies(runFolder, binaries, address);
  const docker = new Docker(
    await planDocker({ name: "new", runFolder, binaries: binaries.newDocker, port: ports.docker, supplies }),
  );
  const node = await planNode({
    ...shared,
    kube: kube.facts,
    name: NODE,
    token,
    network,
    ports,
    overlay: supplies.overlay,
    sandboxImage: SANDBOX_IMAGE,
  });
  const importImage = (from: Docker, reference: string) => importInto(node, from, reference);

  await start(etcdServer(etcd));
  await start(kube.server);
  await start(containerdServer(docker.facts));
  await start(docker.server);
  await start(new Server(node.containerd, () => accepts(node.containerdSocket)));
  await docker.importImage(SANDBOX_IMAGE);
  await importImage(docker, SANDBOX_IMAGE);
  const { ca } = kube.facts;
  const healthy = (port: number) => answersOk(`https://127.0.0.1:${port}/healthz`, { ca });
  await start(new Server(node.scheduler, () => healthy(ports.scheduler)));
  await start(new Server(node.controllerManager, () => healthy(ports.controllerManager)));
  await start(kubeletServer(node));
  await waitUntil("the node to be ready", READY_WITHIN_MS, () => isReady(kube));
  return { kube, docker, address, podLogs: node.podLogs, importImage };
}

function kubeletServer({ containerd, kubelet, ports }: NodeFacts): Server {
  const args = inNamespaceOf(containerd, [kubelet.program, ...kubelet.args]);
  return new Server({ ...kubelet, program: "nsenter", args }, () =>
    answersOk(`http://127.0.0.1:${ports.kubelet}/healthz`),
  );
}

/** The arguments of nsenter for a command that sees the mounts of a server that runs. */
function inNamespaceOf({ runFolder, name }: ServerFacts, command: readonly string[]): string[] {
  return [`--mount=/proc/${readRecord(runFolder, name)?.pid}/ns/mnt`, "--", ...command];
}

async function isReady(kube: Kube): Promise<boolean> {
  const path = `{.items[*].status.conditions[?(@.type=="Ready")].status}`;
  return (await kube.kubectl(["get", "nodes", "-o", `jsonpath=${path}`])) === "True";
}

async function importInto(
  { ctr, containerdSocket, containerd }: NodeFacts,
  from: Docker,
  reference: string,
): Promise<void> {
  const archive = join(containerd.runFolder, "image.tar");
  await from.cli(["save", `--output=${archive}`, reference]);
  const command = [ctr, `--address=${containerdSocket}`, "--namespace=k8s.io", "images", "import", "--local", archive];
  await run("nsenter", inNamespaceOf(containerd, command));
}
