import { spawnSync } from "node:child_process";
import { mkdir, rm, writeFile } from "node:fs/promises";
import { basename, join } from "node:path";
import { createAuthority } from "../support/pki.ts";
import { run } from "./binaries/run-command.ts";
import type { Binaries, DockerBinaries } from "./binaries.ts";
import type { ClientCertificates, DockerFacts } from "./docker.ts";

const LOOPBACK = "127.0.0.1";

/** What both daemons share. */
export interface DockerSupplies {
  /** For which the certificate is. */
  readonly address: string;
  readonly docker: string;
  readonly rootfs: string;
  readonly client: ClientCertificates;
  readonly authorityKey: string;
  readonly certPath: string;
  /** Flags that make a daemon ask its clients for certificates. */
  readonly tlsFlags: readonly string[];
  /** Whether overlay file systems can be mounted in the run folder. */
  readonly overlay: boolean;
}

/** Writes certificates and the contents of the images below the run folder; `address` is where the daemons listen. */
export async function planDockerSupplies(
  runFolder: string,
  binaries: Binaries,
  address = LOOPBACK,
): Promise<DockerSupplies> {
  const folder = join(runFolder, "docker");
  const certPath = join(folder, "client");
  const rootfs = join(folder, "rootfs.tar");
  await mkdir(certPath, { recursive: true });
  const authority = await createAuthority({ commonName: "Docker CA of the tests" });
  const server = await authority.issue({
    commonName: "dockerd",
    dnsNames: ["localhost"],
    ipAddresses: [address],
    usages: ["serverAuth"],
  });
  const clientPair = await authority.issue({ commonName: "client", usages: ["clientAuth"] });
  const client = { "ca.pem": authority.certPem, "cert.pem": clientPair.certPem, "key.pem": clientPair.keyPem };
  const files = {
    ...Object.fromEntries(Object.entries(client).map(([name, text]) => [join(certPath, name), text])),
    [join(folder, "server-cert.pem")]: server.certPem,
    [join(folder, "server-key.pem")]: server.keyPem,
  };
  await Promise.all(Object.entries(files).map(([path, text]) => writeFile(path, text, { mode: 0o600 })));
  await run("tar", ["-cf", rootfs, "-C", join(binaries.busybox, "../.."), "bin/busybox"]);
  return {
    address,
    docker: binaries.docker,
    rootfs,
    client,
    authorityKey: authority.keyPem,
    certPath,
    tlsFlags: [
      "--tlsverify",
      `--tlscacert=${join(certPath, "ca.pem")}`,
      `--tlscert=${join(folder, "server-cert.pem")}`,
      `--tlskey=${join(folder, "server-key.pem")}`,
    ],
    overlay: await canMountOverlay(join(folder, "overlay-trial")),
  };
}

/** Not where the run folder is on an overlay itself, as in many containers. */
async function canMountOverlay(folder: string): Promise<boolean> {
  const [lower, upper, work, merged] = ["lower", "upper", "work", "merged"].map((name) => join(folder, name));
  for (const path of [lower, upper, work, merged]) await mkdir(path ?? "", { recursive: true });
  const options = `lowerdir=${lower},upperdir=${upper},workdir=${work}`;
  const mounted = spawnSync("mount", ["-t", "overlay", "overlay", "-o", options, merged ?? ""]).status === 0;
  if (mounted) spawnSync("umount", [merged ?? ""]);
  await rm(folder, { recursive: true });
  return mounted;
}

export interface DockerPlan {
  /** `old` keeps images in a graph driver, `new` in containerd's store. */
  readonly name: "old" | "new";
  readonly runFolder: string;
  readonly binaries: DockerBinaries;
  readonly port: number;
  readonly supplies: DockerSupplies;
}

/** Writes a daemon's settings below the run folder and returns how to run it. */
export async function planDocker({ name, runFolder, binaries, port, supplies }: DockerPlan): Promise<DockerFacts> {
  const { tlsFlags, overlay, address, ...shared } = supplies;
  const folder = join(runFolder, `docker-${name}`);
  const path = (...parts: string[]) => join(folder, ...parts);
  await mkdir(folder);
  // The machine's own settings and folders stay out of it; cri, which serves a kubelet, and opt would use some.
  const disabled = ["io.containerd.grpc.v1.cri", "io.containerd.internal.v1.opt"];
  await writeFile(path("containerd.toml"), `version = 2\ndisabled_plugins = ${JSON.stringify(disabled)}\n`);
  // Docker 20.10 generates a key for itself, in /etc/docker by default.
  const settings = name === "old" ? { "deprecated-key-path": path("key.json") } : {};
  await writeFile(path("daemon.json"), JSON.stringify(settings));
  // Debian's package has none. As a file of a container, it uses the busybox of our images.
  await writeFile(path("docker-init"), '#!/bin/busybox sh\nshift\nexec "$@"\n', { mode: 0o755 });
  const host = `tcp://${address}:${port}`;
  const socket = path("docker.sock");
  const containerdSocket = path("containerd.sock");
  const drivers = { old: overlay ? "overlay2" : "vfs", new: overlay ? "overlayfs" : "native" };
  const environment = { ...binaries.environment, HOME: runFolder };
  return {
    ...shared,
    host,
    socket,
    containerdSocket,
    containerd: {
      name: `containerd-${name}`,
      runFolder,
      program: binaries.containerd,
      args: [
        `--config=${path("containerd.toml")}`,
        `--root=${path("containerd")}`,
        `--state=${path("containerd-state")}`,
        `--address=${containerdSocket}`,
      ],
      environment,
      graceMs: 5_000,
    },
    dockerd: {
      name: `dockerd-${name}`,
      runFolder,
      program: binaries.dockerd,
      args: [
        `--config-file=${path("daemon.json")}`,
        `--data-root=${path("data")}`,
        `--exec-root=${path("exec")}`,
        `--pidfile=${path("dockerd.pid")}`,
        `--host=unix://${socket}`,
        `--host=${host}`,
        ...tlsFlags,
        `--containerd=${containerdSocket}`,
        `--storage-driver=${drivers[name]}`,
        // The machine's network stays as it is: containers have none.
        `--init-path=${path("docker-init")}`,
        "--bridge=none",
        "--userland-proxy=false",
        "--iptables=false",
        "--ip6tables=false",
        // What it leaves when it is killed can be found by this name.
        "--exec-opt=native.cgroupdriver=cgroupfs",
        `--cgroup-parent=/${basename(runFolder)}`,
        // Our runc is built without seccomp, and the images are our own.
        ...(name === "new" ? ["--seccomp-profile=unconfined"] : []),
      ],
      environment,
      graceMs: 15_000,
    },
  };
}
