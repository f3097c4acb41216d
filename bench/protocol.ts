/** The messages between the benchmark's processes, which are plain values. */

export interface FleetShape {
  readonly hosts: number;
  readonly containersPerHost: number;
  readonly images: number;
  /** The delay of each answer of daemons and registry; default none. */
  readonly latencyMs?: number;
  /** How many of the hosts refuse connections; default none. */
  readonly failing?: number;
}

/** How to reach the simulated fleet. Certificates and keys are PEM. */
export interface FleetFacts {
  readonly ports: readonly number[];
  readonly ca: string;
  readonly clientCert: string;
  readonly clientKey: string;
  /** `127.0.0.1:PORT` */
  readonly registry: string;
  /** The repositories and tags with which manifests are requested from the registry. */
  readonly tags: readonly (readonly [repository: string, tag: string])[];
}

/** The total traffic of all servers of one kind. */
export interface Traffic {
  readonly handshakes: number;
  /** The number of requests by method and route, such as `GET /containers/{id}/json`. */
  readonly requests: Readonly<Record<string, number>>;
}

export interface FleetTraffic {
  readonly daemons: Traffic;
  readonly registry: Traffic;
}

export type ContenderName = "product" | "bare" | "bare-once";

export interface ContenderTask {
  readonly contender: ContenderName;
  readonly facts: FleetFacts;
  /** How many hosts are checked in parallel. */
  readonly concurrency: number;
}

/** The cost of one round, or of several. */
export interface Measurement {
  readonly checks: number;
  readonly seconds: number;
  /** The user and system time of the process. */
  readonly cpuMs: number;
  /** The largest resident set since the process started. */
  readonly peakMiB: number;
  readonly traffic: FleetTraffic;
}

/** A way to check the hosts of a fleet. */
export interface Contender {
  /** Forgets the answers of registries, so that every round asks them again. */
  beginRound(): Promise<void>;
  /** Runs a connection pass and an update check of one host, and rejects if either fails. */
  check(index: number): Promise<void>;
}

export type StartContender = (facts: FleetFacts) => Contender;
