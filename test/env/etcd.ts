import { join } from "node:path";
import type { Binaries } from "./binaries.ts";
import { answersOk } from "./processes/probe.ts";
import { Server, type ServerFacts } from "./processes/server.ts";

export interface EtcdFacts {
  readonly server: ServerFacts;
  readonly url: string;
}

export interface EtcdPlan {
  readonly runFolder: string;
  readonly binaries: Binaries;
  readonly clientPort: number;
  readonly peerPort: number;
}

export function planEtcd({ runFolder, binaries, clientPort, peerPort }: EtcdPlan): EtcdFacts {
  const url = `http://127.0.0.1:${clientPort}`;
  const peerUrl = `http://127.0.0.1:${peerPort}`;
  const args = [
    `--data-dir=${join(runFolder, "etcd")}`,
    `--listen-client-urls=${url}`,
    `--advertise-client-urls=${url}`,
    `--listen-peer-urls=${peerUrl}`,
    `--initial-advertise-peer-urls=${peerUrl}`,
    `--initial-cluster=default=${peerUrl}`,
    // Its data does not outlive the run.
    "--unsafe-no-fsync",
  ];
  const server = { name: "etcd", runFolder, program: binaries.etcd, args, environment: {}, graceMs: 5_000 };
  return { server, url };
}

export function etcdServer({ server, url }: EtcdFacts): Server {
  return new Server(server, () => answersOk(`${url}/health`));
}
