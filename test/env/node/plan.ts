import { mkdir, writeFile } from "node:fs/promises";
import { basename, join } from "node:path";
import type { Binaries } from "../binaries.ts";
import { type KubeFacts, kubeconfig } from "../kube.ts";
import type { ServerFacts } from "../processes/server.ts";
import { networkConfiguration, type PodNetwork } from "./network.ts";
import { privateMounts } from "./private-mounts.ts";

export interface NodePlan {
  readonly runFolder: string;
  readonly binaries: Binaries;
  readonly kube: KubeFacts;
  readonly name: string;
  /** Of the kubelet. */
  readonly token: string;
  readonly network: PodNetwork;
  readonly ports: {
    readonly kubelet: number;
    readonly kubeletServer: number;
    readonly scheduler: number;
    readonly controllerManager: number;
  };
  /** Whether overlay file systems can be mounted in the run folder. */
  readonly overlay: boolean;
  /** Reference of the image whose container holds a pod's namespaces. */
  readonly sandboxImage: string;
}

/** How to run what runs pods, in addition to an API server. */
export interface NodeFacts {
  readonly containerd: ServerFacts;
  readonly containerdSocket: string;
  readonly kubelet: ServerFacts;
  readonly scheduler: ServerFacts;
  readonly controllerManager: ServerFacts;
  readonly ports: NodePlan["ports"];
  /** Path of the program that brings images in. */
  readonly ctr: string;
  /** The folder of the containers' logs. */
  readonly podLogs: string;
}

/** Writes the settings of a node below the run folder and returns how to run it. */
export async function planNode(plan: NodePlan): Promise<NodeFacts> {
  const { runFolder, binaries, kube, token, network, ports } = plan;
  const programs = binaries.node;
  const folder = join(runFolder, "node");
  const path = (...parts: string[]) => join(folder, ...parts);
  const containerdSocket = path("containerd.sock");
  await mkdir(path("cni"), { recursive: true });
  const files = {
    [path("kubeconfig")]: kubeconfig(kube.url, kube.ca, token),
    [path("kubelet.json")]: JSON.stringify(kubeletConfiguration(plan, folder, containerdSocket)),
    [path("containerd.toml")]: containerdConfiguration(plan, folder, containerdSocket),
    [path("cni", "pods.conflist")]: JSON.stringify(networkConfiguration(network, path("addresses"))),
  };
  await Promise.all(Object.entries(files).map(([file, text]) => writeFile(file, text, { mode: 0o600 })));
  const server = (name: string, program: string, args: readonly string[]): ServerFacts => ({
    ...{ name, runFolder, program, args, graceMs: 5_000 },
    environment: { ...programs.environment, HOME: runFolder },
  });
  const kubeFile = (name: string) => join(runFolder, "kube", name);
  const component = (port: number) => [
    `--kubeconfig=${kube.kubeconfig}`,
    "--leader-elect=false",
    "--bind-address=127.0.0.1",
    `--secure-port=${port}`,
    `--tls-cert-file=${kubeFile("serving.crt")}`,
    `--tls-private-key-file=${kubeFile("serving.key")}`,
  ];
  const mounts = await privateMounts(path("private"));
  return {
    containerd: server("containerd-node", "unshare", [
      ...["--mount", "--", "sh", "-ec", `${mounts}\nexec "$@"`, "sh"],
      ...[programs.containerd, `--config=${path("containerd.toml")}`],
    ]),
    containerdSocket,
    kubelet: server("kubelet", programs.kubelet, [
      `--config=${path("kubelet.json")}`,
      `--kubeconfig=${path("kubeconfig")}`,
      `--hostname-override=${plan.name}`,
      `--node-ip=${network.address}`,
      `--root-dir=${path("kubelet")}`,
      `--cert-dir=${path("kubelet-pki")}`,
    ]),
    scheduler: server("kube-scheduler", programs.scheduler, component(ports.scheduler)),
    controllerManager: server("kube-controller-manager", programs.controllerManager, [
      ...component(ports.controllerManager),
      `--service-account-private-key-file=${kubeFile("service-accounts.key")}`,
      `--root-ca-file=${kubeFile("ca.crt")}`,
    ]),
    ports,
    ctr: programs.ctr,
    podLogs: path("pod-logs"),
  };
}

function kubeletConfiguration(
  { runFolder, ports, network }: NodePlan,
  folder: string,
  containerdSocket: string,
): object {
  return {
    apiVersion: "kubelet.config.k8s.io/v1beta1",
    kind: "KubeletConfiguration",
    // Only the API server may ask it, for kubectl exec and port-forward.
    address: network.address,
    port: ports.kubeletServer,
    authentication: {
      anonymous: { enabled: false },
      webhook: { enabled: false },
      x509: { clientCAFile: join(runFolder, "kube", "ca.crt") },
    },
    authorization: { mode: "AlwaysAllow" },
    healthzBindAddress: "127.0.0.1",
    healthzPort: ports.kubelet,
    containerRuntimeEndpoint: `unix://${containerdSocket}`,
    podLogsDir: join(folder, "pod-logs"),
    volumePluginDir: join(folder, "volume-plugins"),
    failSwapOn: false,
    failCgroupV1: false,
    cgroupDriver: "cgroupfs",
    // What it leaves when it is killed can be found by this name.
    cgroupRoot: `/${basename(runFolder)}`,
    cgroupsPerQOS: false,
    enforceNodeAllocatable: [],
    makeIPTablesUtilChains: false,
    // However full the machine's disk is.
    evictionHard: { "memory.available": "1Mi", "nodefs.available": "0%", "imagefs.available": "0%" },
    imageGCHighThresholdPercent: 100,
    localStorageCapacityIsolation: false,
  };
}

/** JSON strings are TOML. */
function containerdConfiguration(plan: NodePlan, folder: string, socket: string): string {
  const { overlay, sandboxImage, binaries } = plan;
  const text = (...parts: string[]) => JSON.stringify(join(...parts));
  return `version = 3
root = ${text(folder, "containerd")}
state = ${text(folder, "containerd-state")}
disabled_plugins = ["io.containerd.internal.v1.opt", "io.containerd.nri.v1.nri"]
[grpc]
address = ${text(socket)}
[plugins."io.containerd.cri.v1.images"]
snapshotter = "${overlay ? "overlayfs" : "native"}"
[plugins."io.containerd.cri.v1.images".pinned_images]
sandbox = "docker.io/library/${sandboxImage}"
[plugins."io.containerd.cri.v1.runtime"]
# Not every root may lower it.
restrict_oom_score_adj = true
netns_mounts_under_state_dir = true
[plugins."io.containerd.cri.v1.runtime".cni]
bin_dirs = [${text(binaries.node.cni)}]
conf_dir = ${text(folder, "cni")}
use_internal_loopback = true
[plugins."io.containerd.cri.v1.runtime".containerd.runtimes.runc]
runtime_type = "io.containerd.runc.v2"
[plugins."io.containerd.cri.v1.runtime".containerd.runtimes.runc.options]
BinaryName = ${text(binaries.node.runc)}
`;
}
