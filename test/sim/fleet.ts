import { createHash } from "node:crypto";
import { type Authority, createAuthority, type KeyPair } from "../support/pki.ts";
import type { ImageStore, SimContainer, SimImage } from "./contents.ts";
import { type SimDaemon, startSimDaemon } from "./daemon.ts";
import { pullImage } from "./pull.ts";
import { type SimRegistry, startSimRegistry } from "./registry.ts";

export interface FleetOptions {
  readonly hosts: number;
  readonly containersPerHost: number;
  /** Repositories on the registry; the containers of a host take them in turn. */
  readonly images: number;
  /** This many of the images get a newer push after the hosts have pulled them; default 0. */
  readonly outdatedImages?: number;
  /** Default: containerd and graphdriver in turn. */
  readonly imageStore?: ImageStore;
  readonly latencyMs?: number;
}

export interface FleetHost {
  readonly name: string;
  /** `tcp://127.0.0.1:PORT` */
  readonly endpoint: string;
  readonly daemon: SimDaemon;
}

export type FleetTag = readonly [repository: string, tag: string];

/** A fleet of simulated hosts over mutual TLS, with one registry that holds all their images. */
export interface SimFleet {
  readonly authority: Authority;
  /** What the daemons accept from a client. */
  readonly client: KeyPair;
  readonly registry: SimRegistry;
  /** What the registry holds: repositories with their tag. */
  readonly tags: readonly FleetTag[];
  readonly hosts: readonly FleetHost[];
  close(): Promise<void>;
}

export async function startSimFleet(options: FleetOptions): Promise<SimFleet> {
  const authority = await createAuthority({ commonName: "simulated fleet CA" });
  const client = await authority.issue({ commonName: "operator", usages: ["clientAuth"] });
  const registry = await startSimRegistry({
    tls: await serverTls(authority, "registry"),
    latencyMs: options.latencyMs ?? 0,
  });
  const tags = Array.from({ length: options.images }, (_, index): FleetTag => [`team/app-${index}`, "1"]);
  const images = pushImages(registry, tags, options.outdatedImages ?? 0);
  const hosts: FleetHost[] = [];
  for (let index = 0; index < options.hosts; index++) {
    hosts.push(await startHost(authority, `sim-${index}`, images, options, index));
  }
  return {
    authority,
    client,
    registry,
    tags,
    hosts,
    async close() {
      await Promise.all([registry.close(), ...hosts.map(({ daemon }) => daemon.close())]);
    },
  };
}

async function serverTls(authority: Authority, commonName: string, clientCa?: string) {
  const { certPem, keyPem } = await authority.issue({
    commonName,
    dnsNames: ["localhost"],
    ipAddresses: ["127.0.0.1"],
    usages: ["serverAuth"],
  });
  return { cert: certPem, key: keyPem, ...(clientCa === undefined ? {} : { clientCa }) };
}

/** Half of the images are indexes of two platforms, the other half single manifests. */
function pushImages(registry: SimRegistry, tags: readonly FleetTag[], outdated: number): readonly SimImage[] {
  const platforms = ["amd64", "arm64"].map((architecture) => ({ os: "linux", architecture }));
  return tags.map(([repository, tag], index) => {
    const push = () => registry.push(repository, tag, index % 2 === 0 ? { platforms } : {});
    push();
    const pulled = pullImage(registry, repository, tag);
    if (index < outdated) push();
    return pulled;
  });
}

async function startHost(
  authority: Authority,
  name: string,
  images: readonly SimImage[],
  options: FleetOptions,
  index: number,
): Promise<FleetHost> {
  const daemon = await startSimDaemon({
    tls: await serverTls(authority, name, authority.certPem),
    engine: { id: `engine-of-${name}`, name },
    imageStore: options.imageStore ?? (index % 2 === 0 ? "containerd" : "graphdriver"),
    images,
    containers: containersOf(name, images, options.containersPerHost),
    latencyMs: options.latencyMs ?? 0,
  });
  return { name, endpoint: `tcp://127.0.0.1:${daemon.port}`, daemon };
}

function containersOf(host: string, images: readonly SimImage[], count: number): readonly SimContainer[] {
  return Array.from({ length: count }, (_, index) => {
    const runs = images[index % images.length];
    if (runs === undefined) throw new Error("a fleet with containers needs images");
    const name = `app-${index}`;
    const id = createHash("sha256").update(`${host}/${name}`).digest("hex");
    return { id, name, image: runs.tags[0] ?? runs.target.digest, runs };
  });
}
