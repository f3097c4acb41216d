/** What the benchmark's processes tell each other: plain values. */

export interface FleetShape {
  readonly hosts: number;
  readonly containersPerHost: number;
  readonly images: number;
}

/** How to reach the simulated fleet. All PEM. */
export interface FleetFacts {
  readonly ports: readonly number[];
  readonly ca: string;
  readonly clientCert: string;
  readonly clientKey: string;
  /** `127.0.0.1:PORT` */
  readonly registry: string;
  /** As manifests are asked for on the registry: repository and tag. */
  readonly tags: readonly (readonly [repository: string, tag: string])[];
}

/** What servers of one kind were asked, all together. */
export interface Traffic {
  readonly handshakes: number;
  /** By method and route: `GET /containers/{id}/json`. */
  readonly requests: Readonly<Record<string, number>>;
}

export interface FleetTraffic {
  readonly daemons: Traffic;
  readonly registry: Traffic;
}

export type ContenderName = "product" | "bare";

export interface ContenderTask {
  readonly contender: ContenderName;
  readonly facts: FleetFacts;
  /** So many hosts are checked at the same time. */
  readonly concurrency: number;
}

/** What one round, or several, took. */
export interface Measurement {
  readonly checks: number;
  readonly seconds: number;
  /** User and system time of the process. */
  readonly cpuMs: number;
  /** Largest resident set since the process began. */
  readonly peakMiB: number;
  readonly traffic: FleetTraffic;
}

/** A way to check the hosts of a fleet. */
export interface Contender {
  /** Forgets what registries answered: every round asks them anew. */
  beginRound(): Promise<void>;
  /** Connection pass and update check of one host; rejects when either did not succeed. */
  check(index: number): Promise<void>;
}

export type StartContender = (facts: FleetFacts) => Contender;
