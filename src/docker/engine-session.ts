import type { LookupFunction } from "node:net";
import type { PeerCertificate } from "node:tls";
import Docker from "dockerode";
import type { z } from "zod";
import { type Failure, failed, type Outcome } from "../api/failure.ts";
import { success } from "../common/result.ts";
import type { ContainerFacts, ImageFacts } from "../updates/facts.ts";
import { classifyError } from "./classify.ts";
import { type Endpoint, formatEndpoint } from "./endpoint.ts";
import { createEngineAgent, type EngineAgent, type TlsSettings } from "./engine-agent.ts";
import type { EngineFacts, HostFacts } from "./engine-facts.ts";
import * as replies from "./engine-facts.ts";
import { exchange, parseJson } from "./exchange.ts";
import { EngineError, FleetModem } from "./fleet-modem.ts";
import { compareVersions, isApiVersion, negotiate } from "./negotiate.ts";

/** Everything that a connection needs to know; nothing is taken from the environment. */
export interface EngineTarget {
  readonly endpoint: Endpoint;
  /** Only with a TLS endpoint. */
  readonly tls?: TlsSettings;
  /** Where names are resolved otherwise than by the system. */
  readonly lookup?: LookupFunction;
}

/**
 * One attempt's connection to a daemon: every request goes over the same socket, which ends with the session.
 * All calls end when the session's signal fires, and settle in every case.
 */
export class EngineSession implements Disposable {
  readonly #target: EngineTarget;
  readonly #agent: EngineAgent;
  readonly #signal: AbortSignal;

  constructor(target: EngineTarget, signal: AbortSignal) {
    this.#target = target;
    this.#signal = signal;
    this.#agent = createEngineAgent(target.endpoint, target.tls, target.lookup);
  }

  [Symbol.dispose](): void {
    this.#agent.agent.destroy();
  }

  /** The server's chain as it was verified, leaf first; undefined before the first answer and in plaintext. */
  peerCertificate(): PeerCertificate | undefined {
    return this.#agent.peerCertificate();
  }

  /** Pings, asks for the version, and agrees on one. */
  async connect(pinned: string | undefined): Promise<Outcome<EngineFacts>> {
    const ping = await this.#attempt(async () => {
      const reply = await this.#get("/_ping");
      // A proxy or another service may well answer 200: only Docker names its API version here.
      if (reply.status !== 200 || !isApiVersion(reply.headers["api-version"])) throw new EngineError("/_ping", reply);
      return reply;
    });
    if (!ping.ok) return ping;
    const version = await this.#attempt(async () => {
      const reply = await this.#get("/version");
      if (reply.status !== 200) throw new EngineError("/version", reply);
      return parseJson(reply.body);
    });
    if (!version.ok) return version;
    const server = this.#read(replies.VersionReply, version.value, "/version");
    if (!server.ok) return server;
    const { Version, ApiVersion, MinAPIVersion, Os, Arch } = server.value;
    const agreed = negotiate({ apiVersion: ApiVersion, minAPIVersion: MinAPIVersion }, pinned, this.#label);
    if (!agreed.ok) return agreed;
    return success({
      version: Version,
      apiVersion: agreed.value,
      ...(MinAPIVersion === undefined ? {} : { minAPIVersion: MinAPIVersion }),
      os: Os,
      arch: Arch,
    });
  }

  /** Who the daemon is. */
  async describe(apiVersion: string): Promise<Outcome<HostFacts>> {
    const reply = await this.#call(replies.InfoReply, "/info", this.#docker(apiVersion).info());
    if (!reply.ok) return reply;
    const { ID, Name, DriverStatus } = reply.value;
    // The containerd image store shows itself by the type of its driver.
    const snapshotter = DriverStatus?.some(
      ([key, value]) => key === "driver-type" && value === "io.containerd.snapshotter.v1",
    );
    return success({
      ...(ID === undefined ? {} : { id: ID }),
      ...(Name === undefined ? {} : { name: Name }),
      imageStore: snapshotter === true ? "containerd" : "graphdriver",
    });
  }

  /** The running containers. Those whose image lost its name in the list are inspected one by one. */
  async listContainers(apiVersion: string): Promise<Outcome<readonly ContainerFacts[]>> {
    const docker = this.#docker(apiVersion);
    const reply = await this.#call(
      replies.ContainerListReply,
      "/containers/json",
      docker.listContainers({ filters: { status: ["running"] } }),
    );
    if (!reply.ok) return reply;
    const containers: ContainerFacts[] = [];
    for (const entry of reply.value) {
      let image = entry.Image;
      // The list shows the bare id once the tag has moved on; what the container was created with is in its inspect.
      if (image.startsWith("sha256:") || image === entry.ImageID) {
        const inspected = await this.#call(
          replies.ContainerReply,
          "/containers/{id}/json",
          docker.getContainer(entry.Id).inspect(),
        );
        if (!inspected.ok) {
          // It went away between the two requests: that is no failure of the listing.
          if (isNotFound(inspected.failure)) continue;
          return inspected;
        }
        image = inspected.value.Config.Image;
      }
      containers.push({
        id: entry.Id,
        name: ownName(entry.Names ?? []) ?? entry.Id,
        image,
        imageId: entry.ImageID,
        ...(entry.ImageManifestDescriptor == null ? {} : { manifestDigest: entry.ImageManifestDescriptor.digest }),
        state: entry.State ?? "running",
        labels: entry.Labels ?? {},
      });
    }
    return success(containers);
  }

  /** All images with their digests and, where the API tells it, whether they were pulled; in one request. */
  async listImages(apiVersion: string): Promise<Outcome<readonly ImageFacts[]>> {
    const origin = compareVersions(apiVersion, TELLS_ORIGIN) < 0 ? {} : { manifests: true, identity: true };
    const reply = await this.#call(
      replies.ImageListReply,
      "/images/json",
      this.#docker(apiVersion).listImages({ digests: true, ...origin }),
    );
    return reply.ok ? success(reply.value.map(toImageFacts)) : reply;
  }

  /** One image by its id, where the list does not show it; undefined when the daemon has it no more. */
  async inspectImage(apiVersion: string, id: string): Promise<Outcome<ImageFacts | undefined>> {
    const reply = await this.#call(
      replies.ImageReply,
      "/images/{id}/json",
      this.#docker(apiVersion).getImage(id).inspect(),
    );
    if (reply.ok) return success(toImageFacts(reply.value));
    return isNotFound(reply.failure) ? success(undefined) : reply;
  }

  get #label(): string {
    return formatEndpoint(this.#target.endpoint);
  }

  #get(path: string) {
    return exchange({
      endpoint: this.#target.endpoint,
      agent: this.#agent.agent,
      path,
      signal: this.#signal,
    });
  }

  #docker(apiVersion: string): Docker {
    const options: Docker.DockerOptions & { modem: FleetModem } = {
      modem: new FleetModem(apiVersion, (path) => this.#get(path)),
    };
    return new Docker(options);
  }

  async #call<T>(schema: z.ZodType<T>, path: string, call: Promise<unknown>): Promise<Outcome<T>> {
    const reply = await this.#attempt(() => call);
    return reply.ok ? this.#read(schema, reply.value, path) : reply;
  }

  #read<T>(schema: z.ZodType<T>, value: unknown, path: string): Outcome<T> {
    const parsed = schema.safeParse(value);
    if (parsed.success) return success(parsed.data);
    const field = parsed.error.issues[0]?.path.join(".") ?? "";
    return failed(
      "InvalidResponse",
      `The daemon at ${this.#label} answered ${path} in a form that its API does not have${field === "" ? "" : ` (field ${field.slice(0, 100)})`}; look for a proxy between`,
      parsed.error,
    );
  }

  async #attempt<T>(work: () => Promise<T>): Promise<Outcome<T>> {
    try {
      return success(await work());
    } catch (error) {
      return {
        ok: false,
        failure: classifyError(error, {
          endpoint: this.#label,
          phase: this.#agent.phase(),
          clientCertificate: this.#target.tls?.credentials.client !== undefined,
        }),
      };
    }
  }
}

/** From here on the list of images can tell their origin. 1.53 tells it for single images only, verifying signatures. */
const TELLS_ORIGIN = "1.54";

/** Other names are those under which linked containers know it: `/web/db`. */
function ownName(names: readonly string[]): string | undefined {
  return names.find((name) => name.lastIndexOf("/") === 0)?.slice(1);
}

function toImageFacts(image: z.output<typeof replies.ImageReply>): ImageFacts {
  return {
    id: image.Id,
    repoTags: image.RepoTags?.filter((tag) => !tag.includes("<none>")) ?? [],
    repoDigests: image.RepoDigests?.filter((digest) => !digest.includes("<none>")) ?? [],
    ...(image.Descriptor == null ? {} : { descriptorDigest: image.Descriptor.digest }),
    ...pulled(image.Manifests ?? []),
  };
}

/** The daemon counts a push as well: it then knows that a registry has the image. Graph drivers tell nothing. */
function pulled(manifests: NonNullable<z.output<typeof replies.ImageReply>["Manifests"]>): Pick<ImageFacts, "pulled"> {
  const images = manifests.filter(({ Available, ImageData }) => Available && ImageData != null);
  if (images.length === 0) return {};
  return { pulled: images.some(({ ImageData }) => (ImageData?.Identity?.Pull ?? []).length > 0) };
}

function isNotFound(failure: Failure): boolean {
  return failure.cause instanceof EngineError && failure.cause.reply.status === 404;
}
