import Docker from "dockerode";
import type { z } from "zod";
import type { Failure, Outcome } from "../api/failure.ts";
import { failure, success } from "../common/result.ts";
import { type Probe, probeCapabilities } from "./capabilities.ts";
import { classifyDistribution, isRegistrysAnswer } from "./classify-distribution.ts";
import { isDenial } from "./denial.ts";
import type { EngineAgent } from "./engine-agent.ts";
import { EngineChannel } from "./engine-channel.ts";
import * as replies from "./engine-facts.ts";
import type { EngineTarget } from "./engine-target.ts";
import type { BodyLimit, HeldReply } from "./exchange.ts";
import type { ContainerFacts, ImageFacts } from "./facts.ts";
import { EngineError, FleetModem } from "./fleet-modem.ts";
import { compareVersions, isApiVersion, negotiate } from "./negotiate.ts";
import type { PeerChain } from "./peer-chain.ts";
import { type SeenContainers, seenContainers } from "./seen-containers.ts";

/**
 * From this version on, the list of images can report their origin. 1.53 does so only for single images, and verifies
 * signatures for it.
 */
const REPORTS_ORIGIN = "1.54";
/** From this version on, the list can report the content of an image's index. */
const REPORTS_MANIFESTS = "1.48";

const SEEN_CONTAINER = replies.listedContainerReply(() => false);

/** Which containers are listed, and which of their labels are kept. */
export interface ContainerQuery {
  /** States in the daemon's notation, such as `running`. */
  readonly states: readonly string[];
  /** The caller makes it once for all hosts, with the labels that it reads. */
  readonly reply: replies.ListedContainerReply;
  /** Learns what the list showed, if it could be read. */
  readonly onSeen?: (seen: SeenContainers) => void;
}

/**
 * The connection of one attempt to a daemon: every request uses the same socket, which closes with the session. All
 * calls end when the session's signal fires, and each of them settles.
 */
export class EngineSession implements Disposable {
  readonly #channel: EngineChannel;

  /** @param agent a connection to the same target that is open already */
  constructor(target: EngineTarget, signal: AbortSignal, agent?: EngineAgent) {
    this.#channel = new EngineChannel(target, signal, agent);
  }

  /** Hands over the connection, which then no longer closes with the session. Nothing may be asked afterwards. */
  release(): EngineAgent {
    return this.#channel.release();
  }

  [Symbol.dispose](): void {
    this.#channel[Symbol.dispose]();
  }

  /** What the server showed, even if it was refused; undefined before the handshake and for plaintext. */
  peerChain(): PeerChain | undefined {
    return this.#channel.peerChain();
  }

  /**
   * Pings the daemon, asks for its version, and agrees on one. A proxy may deny one of these two requests. A daemon that
   * answered before is pinged only if it no longer reports its version.
   */
  async connect(pinned: string | undefined, { isKnown = false } = {}): Promise<Outcome<replies.EngineFacts>> {
    const first = isKnown ? await this.#version() : undefined;
    if (first !== undefined && (first.ok || !isAnswer(first.failure))) return this.#agree(first, pinned);
    const ping = await this.#ping();
    if (!ping.ok && !isDenial(ping.failure)) return ping;
    const version = first ?? (await this.#version());
    const served = version.ok || !ping.ok || !isDenial(version.failure) ? version : reported(ping.value, version);
    return served.ok || ping.ok ? this.#agree(served, pinned) : ping;
  }

  #agree(served: Outcome<replies.EngineFacts>, pinned: string | undefined): Outcome<replies.EngineFacts> {
    if (!served.ok) return served;
    const agreed = negotiate(served.value, pinned, this.#channel.label);
    return agreed.ok ? success({ ...served.value, apiVersion: agreed.value }) : agreed;
  }

  /** The facts about the engine in the headers, which may be incomplete. */
  async #ping(): Promise<Outcome<replies.EngineFacts | undefined>> {
    return await this.#channel.attempt(async () => {
      const reply = await this.#get("/_ping");
      const apiVersion = reply.headers["api-version"];
      // A proxy or another service may answer 200 as well, but only Docker sends its API version here.
      if (reply.status !== 200 || !isApiVersion(apiVersion)) throw new EngineError("/_ping", reply);
      return replies.pingedEngine(apiVersion, reply.headers.server);
    });
  }

  async #version(): Promise<Outcome<replies.EngineFacts>> {
    const version = await this.#channel.attempt(async () => {
      const reply = await this.#get("/version");
      if (reply.status !== 200) throw new EngineError("/version", reply);
      return reply;
    });
    if (!version.ok) return version;
    const server = await this.#channel.read(replies.VersionReply, version.value, "/version");
    return server.ok ? success(replies.engineFacts(server.value)) : server;
  }

  /** Identifies the daemon. */
  async describe(engine: replies.EngineFacts): Promise<Outcome<replies.EngineIdentity>> {
    const reply = await this.#call(replies.InfoReply, "/info", this.#docker(engine.apiVersion, "small").info());
    return reply.ok ? success(replies.engineIdentity(reply.value, engine.name)) : reply;
  }

  /**
   * Sends requests that cost and change nothing, to find out which parts of the API may be used.
   * @param absent an id that no container or image has
   */
  async probe(apiVersion: string, absent: string): Promise<readonly Probe[]> {
    return await probeCapabilities(absent, (path) =>
      this.#channel.attempt(async () => {
        const versioned = `/v${apiVersion}${path}`;
        const reply = await this.#get(versioned);
        if (reply.status >= 400) throw new EngineError(versioned, reply);
      }),
    );
  }

  /** Lists the selected containers. Those whose image lost its name in the list are inspected one by one. */
  async listContainers(
    apiVersion: string,
    { states, reply: schema, onSeen }: ContainerQuery,
  ): Promise<Outcome<readonly ContainerFacts[]>> {
    const docker = this.#docker(apiVersion, "list");
    const single = this.#docker(apiVersion, "single");
    const reply = await this.#callList(
      schema,
      "/containers/json",
      docker.listContainers({ filters: { status: [...states] } }),
    );
    if (!reply.ok) return reply;
    onSeen?.(seenContainers(reply.value));
    const containers: ContainerFacts[] = [];
    for (const listed of reply.value) {
      const image = await this.#createdWith(single, listed);
      if (image.ok) {
        // The container was removed between the two requests, which is not a failure of the list.
        if (image.value !== undefined) containers.push(replies.containerFacts(listed, image.value));
      } else if (isDenial(image.failure)) {
        // A proxy may forbid single containers by name; the others can still be checked.
        containers.push({ ...replies.containerFacts(listed, listed.Image), failure: image.failure });
      } else return image;
    }
    return success(containers);
  }

  /** What a list of the containers in these states shows now, in one request. */
  async seeContainers(
    apiVersion: string,
    states: readonly string[],
    signal: AbortSignal,
  ): Promise<Outcome<SeenContainers>> {
    const reply = await this.#callList(
      SEEN_CONTAINER,
      "/containers/json",
      this.#docker(apiVersion, "list", signal).listContainers({ filters: { status: [...states] } }),
    );
    return reply.ok ? success(seenContainers(reply.value)) : reply;
  }

  /** Lists all images with their digests and, if the API reports them, their manifests and origins; in one request. */
  async listImages(apiVersion: string): Promise<Outcome<readonly ImageFacts[]>> {
    const reportsOrigin = compareVersions(apiVersion, REPORTS_ORIGIN) >= 0;
    const reportsManifests = compareVersions(apiVersion, REPORTS_MANIFESTS) >= 0;
    const reply = await this.#callList(
      replies.ImageReply,
      "/images/json",
      // `digests` is not set: Podman reports nothing with it, and Docker reports the digests without it.
      this.#docker(apiVersion, "list").listImages({
        ...(reportsManifests && { manifests: true }),
        ...(reportsOrigin && { identity: true }),
      }),
    );
    return reply.ok ? success(reply.value.map((image) => replies.imageFacts(image, reportsOrigin))) : reply;
  }

  /** Reads an image that the list does not show, by its id; undefined if the daemon no longer has it. */
  async inspectImage(apiVersion: string, id: string): Promise<Outcome<ImageFacts | undefined>> {
    const reply = await this.#call(
      replies.ImageReply,
      "/images/{id}/json",
      this.#docker(apiVersion, "single").getImage(id).inspect(),
    );
    if (reply.ok) return success(replies.imageFacts(reply.value));
    return isNotFound(reply.failure) ? success(undefined) : reply;
  }

  /**
   * Asks the daemon what a registry has for a tag, over the daemon's network and with its mirrors and certificates.
   * Docker Hub counts each call as a pull.
   * @param tag registry, repository and tag or digest, which must match the grammar of names because they become a path
   * @param auth the value of X-Registry-Auth; without one, the request is anonymous
   */
  async askRegistry(
    apiVersion: string,
    tag: { readonly domain: string; readonly path: string; readonly tag: string },
    auth: string | undefined,
  ): Promise<Outcome<replies.DistributedImage>> {
    const image = `${tag.domain}/${tag.path}${tag.tag.includes(":") ? "@" : ":"}${tag.tag}`;
    const path = `/v${apiVersion}/distribution/${image}/json`;
    const asked = await this.#channel.attempt(async () => {
      const reply = await this.#get(path, "single", auth === undefined ? {} : { "X-Registry-Auth": auth });
      if (reply.status !== 200) throw new EngineError(path, reply);
      return reply;
    });
    if (!asked.ok) {
      const { cause } = asked.failure;
      if (!(cause instanceof EngineError) || !isRegistrysAnswer(cause.reply)) return asked;
      return failure(classifyDistribution(cause.reply, { host: tag.domain, image, anonymous: auth === undefined }));
    }
    const read = await this.#channel.read(replies.DistributionReply, asked.value, "/distribution/{name}/json");
    return read.ok ? success(read.value.Descriptor) : read;
  }

  /**
   * Returns the name of the image with which a container was created; undefined if the container is gone. The list
   * shows this name until the tag moves to another image, and only the id after that.
   */
  async #createdWith(docker: Docker, listed: replies.ListedContainer): Promise<Outcome<string | undefined>> {
    if (!listed.Image.startsWith("sha256:") && listed.Image !== listed.ImageID) return success(listed.Image);
    const inspect = docker.getContainer(listed.Id).inspect();
    const inspected = await this.#call(replies.ContainerReply, "/containers/{id}/json", inspect);
    if (inspected.ok) return success(inspected.value.Config.Image);
    return isNotFound(inspected.failure) ? success(undefined) : inspected;
  }

  #get(
    path: string,
    limit: BodyLimit = "small",
    headers: Readonly<Record<string, string>> = {},
    signal?: AbortSignal,
  ): Promise<HeldReply> {
    return this.#channel.send({ path, limit, headers, ...(signal && { signal }) });
  }

  /** Its calls resolve to a HeldReply, because dockerode passes on what the modem returns. */
  #docker(apiVersion: string, limit: BodyLimit, signal?: AbortSignal): Docker {
    const options: Docker.DockerOptions & { modem: FleetModem } = {
      modem: new FleetModem(apiVersion, (path) => this.#get(path, limit, {}, signal)),
    };
    return new Docker(options);
  }

  async #call<T>(schema: z.ZodType<T>, path: string, call: Promise<unknown>): Promise<Outcome<T>> {
    const reply = await this.#channel.attempt(async () => heldReply(await call));
    return reply.ok ? await this.#channel.read(schema, reply.value, path) : reply;
  }

  async #callList<T>(item: z.ZodType<T>, path: string, call: Promise<unknown>): Promise<Outcome<readonly T[]>> {
    const reply = await this.#channel.attempt(async () => heldReply(await call));
    return reply.ok ? await this.#channel.readList(item, reply.value, path) : reply;
  }
}

/** The type of what dockerode resolves to, which its own types do not contain. */
function heldReply(value: unknown): HeldReply {
  if (!isHeldReply(value)) throw new TypeError("dockerode did not hand on the answer");
  return value;
}

function isHeldReply(value: unknown): value is HeldReply {
  return typeof value === "object" && value !== null && "body" in value && Symbol.dispose in value;
}

/** Whether something answered, although not as a daemon does. */
function isAnswer({ reason, cause }: Failure): boolean {
  return reason === "InvalidResponse" || cause instanceof EngineError;
}

/**
 * Accepts only Docker's own text, because a proxy may give the same answer to a request that it does not let through.
 */
function isNotFound({ reason, cause }: Failure): boolean {
  return reason === "DaemonError" && cause instanceof EngineError && cause.reply.status === 404;
}

/** Used if /version is denied: returns what the ping reported, if anything. */
function reported(
  pinged: replies.EngineFacts | undefined,
  denied: Outcome<replies.EngineFacts>,
): Outcome<replies.EngineFacts> {
  return pinged === undefined ? denied : success(pinged);
}
