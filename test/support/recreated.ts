import { ContainerDetails, ImageDetails } from "../../src/docker/engine-details.ts";
import { recreate } from "../../src/replacement/recreate.ts";

const ID = "a".repeat(64);
export const SHORT = ID.slice(0, 12);

/** Parts of what `docker inspect` shows of a container, and how it is created again. */
export interface Given {
  readonly config?: object;
  readonly host?: object;
  readonly networks?: object;
  readonly mounts?: readonly object[];
  readonly image?: object | null;
  readonly apiVersion?: string;
  readonly newIds?: ReadonlyMap<string, string>;
  readonly containers?: readonly string[];
}

/** Creates a container again, of which only what matters is given. */
export function recreated({
  config,
  host,
  networks = { bridge: {} },
  mounts = [],
  image = {},
  apiVersion = "1.44",
  newIds,
  containers,
}: Given) {
  const old = ContainerDetails.parse({
    Id: ID,
    Name: "/web",
    Image: "sha256:1",
    State: { Status: "running" },
    Config: { Image: "web:1", Hostname: SHORT, ...config },
    HostConfig: { NetworkMode: "default", ...host },
    Mounts: mounts,
    NetworkSettings: { Networks: networks },
  });
  return recreate(old, {
    oldImage: image === null ? undefined : ImageDetails.parse({ Id: "sha256:1", Config: image }),
    image: "web:2",
    apiVersion,
    engine: { os: "linux", arch: "amd64", hostname: "machine" },
    newIds: newIds ?? new Map(),
    containers: new Set(containers ?? []),
  });
}

/** The parts of the request that creates it. */
export function bodyOf(given: Given) {
  const result = recreated(given);
  if (!result.ok) throw new Error(result.failure.message);
  const { HostConfig, NetworkingConfig, ...config } = result.value.body as Record<string, Record<string, unknown>>;
  const endpoints = (NetworkingConfig?.EndpointsConfig ?? {}) as Record<string, Record<string, unknown>>;
  return { config: config as Record<string, unknown>, host: HostConfig ?? {}, endpoints, ...result.value };
}
