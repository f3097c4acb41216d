import { advised, type Outcome } from "../api/failure.ts";
import { failure, success } from "../common/result.ts";
import type { ContainerDetails, ImageDetails } from "../docker/engine-details.ts";
import type { JsonObject } from "../docker/json-object.ts";
import { recreateConfig } from "./recreate-config.ts";
import { type NewIds, recreateHost } from "./recreate-host.ts";
import { versionWarnings } from "./recreate-losses.ts";
import { recreateNetworks } from "./recreate-networks.ts";

/** Everything else that affects how a container is created again. */
export interface RecreateContext {
  /** The image that the old container runs; undefined if the daemon no longer has it. */
  readonly oldImage: ImageDetails | undefined;
  /** The name from which the new container is created. */
  readonly image: string;
  readonly apiVersion: string;
  /** The daemon's platform. */
  readonly engine: { readonly hostname?: string; readonly os?: string; readonly arch?: string };
  /** The ids of containers that are replaced in the same transaction. */
  readonly newIds: NewIds;
  /** Names and ids of all containers. */
  readonly containers: ReadonlySet<string>;
}

/** How the same container is created on another image. */
export interface Recreation {
  readonly body: JsonObject;
  readonly platform?: string;
  /** Networks to connect before the container is started. */
  readonly networks: readonly { readonly network: string; readonly endpoint: JsonObject }[];
  /** What will be different, by name. */
  readonly warnings: readonly string[];
}

/** Fails with CannotCarryOver. */
export function recreate(old: ContainerDetails, context: RecreateContext): Outcome<Recreation> {
  const { apiVersion, engine, oldImage } = context;
  const networks = recreateNetworks(old, apiVersion);
  const name = old.Name.replace(/^\//, "");
  if (networks.problem !== undefined) {
    return failure(advised("CannotCarryOver", `Container ${name} cannot be created again: ${networks.problem}`));
  }
  const host = recreateHost(old, apiVersion, context.newIds, context.containers);
  const config = recreateConfig(old, oldImage, engine.hostname);
  const platform = foreignPlatform(old, oldImage, engine);
  return success({
    body: {
      ...config,
      Image: context.image,
      ...(networks.macAddress !== undefined && { MacAddress: networks.macAddress }),
      HostConfig: { ...host.body, ...(networks.networkMode !== undefined && { NetworkMode: networks.networkMode }) },
      NetworkingConfig: { EndpointsConfig: networks.endpoints },
    },
    ...(platform !== undefined && { platform }),
    networks: networks.later,
    warnings: [
      ...(oldImage === undefined
        ? ["Its present image is gone from the host, so everything that it had from it is kept as a setting of its own"]
        : []),
      ...networks.warnings,
      ...host.warnings,
      ...versionWarnings(old, apiVersion),
    ],
  });
}

/** Returns the platform if the container runs by emulation, for another platform than the daemon's own. */
export function foreignPlatform(
  { ImageManifestDescriptor }: ContainerDetails,
  image: ImageDetails | undefined,
  { os, arch }: RecreateContext["engine"],
): string | undefined {
  const reported = ImageManifestDescriptor?.platform;
  const platform = reported ?? {
    os: image?.Os ?? "",
    architecture: image?.Architecture ?? "",
    variant: image?.Variant,
  };
  if (platform.os === "" || platform.architecture === "" || os === undefined || arch === undefined) return undefined;
  if (platform.os === os && platform.architecture === arch) return undefined;
  return [platform.os, platform.architecture, ...(platform.variant ? [platform.variant] : [])].join("/");
}
