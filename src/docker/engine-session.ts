import Docker from "dockerode";
import type { z } from "zod";
import { advised, type Failure, type Outcome } from "../api/failure.ts";
import type { DialGuard } from "../common/dial-guard.ts";
import { failure, success } from "../common/result.ts";
import type { ContainerFacts, ImageFacts } from "../updates/facts.ts";
import { type Probe, probeCapabilities } from "./capabilities.ts";
import { classifyError } from "./classify.ts";
import { classifyDistribution, isRegistrysAnswer } from "./classify-distribution.ts";
import { isDenial } from "./denial.ts";
import { type Endpoint, formatEndpoint } from "./endpoint.ts";
import { createEngineAgent, type EngineAgent } from "./engine-agent.ts";
import * as replies from "./engine-facts.ts";
import { type EngineReply, exchange, parseJson } from "./exchange.ts";
import { EngineError, FleetModem } from "./fleet-modem.ts";
import { compareVersions, isApiVersion, negotiate } from "./negotiate.ts";
import type { PeerChain } from "./peer-chain.ts";
import type { SshCredentials } from "./ssh/preflight-ssh.ts";
import { createSshAgent } from "./ssh/ssh-agent.ts";
import { offerOf, type TlsSettings } from "./tls-options.ts";

/** From here on the list of images can tell their origin. 1.53 tells it for single images only, verifying signatures. */
const TELLS_ORIGIN = "1.54";

/** Everything that a connection needs to know; nothing is taken from the environment. */
export interface EngineTarget {
  readonly endpoint: Endpoint;
  /** Only with a TLS endpoint. */
  readonly tls?: TlsSettings;
  /** With an SSH endpoint, and only there. */
  readonly ssh?: SshCredentials;
  /** Stands before every connection to the endpoint. */
  readonly guard: DialGuard;
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
    this.#agent = openAgent(target, signal);
  }

  [Symbol.dispose](): void {
    this.#agent.agent.destroy();
  }

  /** What the server showed, also where it was refused; undefined before that, and in plaintext. */
  peerChain(): PeerChain | undefined {
    return this.#agent.peerChain();
  }

  /** Pings, asks for the version, and agrees on one. A proxy may deny either of the two. */
  async connect(pinned: string | undefined): Promise<Outcome<replies.EngineFacts>> {
    const ping = await this.#ping();
    if (!ping.ok && !isDenial(ping.failure)) return ping;
    const version = await this.#version();
    const served = version.ok || !ping.ok || !isDenial(version.failure) ? version : told(ping.value, version);
    if (!served.ok) return ping.ok ? served : ping;
    const agreed = negotiate(served.value, pinned, this.#label);
    return agreed.ok ? success({ ...served.value, apiVersion: agreed.value }) : agreed;
  }

  /** What its headers tell of the engine, which need not be all. */
  async #ping(): Promise<Outcome<replies.EngineFacts | undefined>> {
    return await this.#attempt(async () => {
      const reply = await this.#get("/_ping");
      const apiVersion = reply.headers["api-version"];
      // A proxy or another service may well answer 200: only Docker names its API version here.
      if (reply.status !== 200 || !isApiVersion(apiVersion)) throw new EngineError("/_ping", reply);
      return replies.pingedEngine(apiVersion, reply.headers.server);
    });
  }

  async #version(): Promise<Outcome<replies.EngineFacts>> {
    const version = await this.#attempt(async () => {
      const reply = await this.#get("/version");
      if (reply.status !== 200) throw new EngineError("/version", reply);
      return parseJson(reply.body);
    });
    if (!version.ok) return version;
    const server = this.#read(replies.VersionReply, version.value, "/version");
    return server.ok ? success(replies.engineFacts(server.value)) : server;
  }

  /** Who the daemon is. */
  async describe(engine: replies.EngineFacts): Promise<Outcome<replies.EngineIdentity>> {
    const reply = await this.#call(replies.InfoReply, "/info", this.#docker(engine.apiVersion).info());
    return reply.ok ? success(replies.engineIdentity(reply.value, engine.name)) : reply;
  }

  /** Asks for what costs nothing and changes nothing. `absent`: an id that no container and no image has. */
  async probe(apiVersion: string, absent: string): Promise<readonly Probe[]> {
    return await probeCapabilities(absent, (path) =>
      this.#attempt(async () => {
        const versioned = `/v${apiVersion}${path}`;
        const reply = await this.#get(versioned);
        if (reply.status >= 400) throw new EngineError(versioned, reply);
      }),
    );
  }

  /**
   * The containers in these states, in the daemon's words. Those whose image lost its name in the list are inspected one
   * by one.
   */
  async listContainers(
    apiVersion: string,
    states: readonly string[] = ["running"],
  ): Promise<Outcome<readonly ContainerFacts[]>> {
    const docker = this.#docker(apiVersion);
    const reply = await this.#call(
      replies.ContainerListReply,
      "/containers/json",
      docker.listContainers({ filters: { status: [...states] } }),
    );
    if (!reply.ok) return reply;
    const containers: ContainerFacts[] = [];
    for (const listed of reply.value) {
      const image = await this.#createdWith(docker, listed);
      if (image.ok) {
        // It went away between the two requests: that is no failure of the listing.
        if (image.value !== undefined) containers.push(replies.containerFacts(listed, image.value));
      } else if (isDenial(image.failure)) {
        // A proxy may forbid single containers, by their names: the others can be checked.
        containers.push({ ...replies.containerFacts(listed, listed.Image), failure: image.failure });
      } else return image;
    }
    return success(containers);
  }

  /** All images with their digests and, where the API tells it, where they were pulled from; in one request. */
  async listImages(apiVersion: string): Promise<Outcome<readonly ImageFacts[]>> {
    const origin = compareVersions(apiVersion, TELLS_ORIGIN) < 0 ? {} : { manifests: true, identity: true };
    const reply = await this.#call(
      replies.ImageListReply,
      "/images/json",
      // Without `digests`, at which Podman says nothing at all: Docker tells the digests anyway.
      this.#docker(apiVersion).listImages(origin),
    );
    return reply.ok ? success(reply.value.map(replies.imageFacts)) : reply;
  }

  /** One image by its id, where the list does not show it; undefined when the daemon has it no more. */
  async inspectImage(apiVersion: string, id: string): Promise<Outcome<ImageFacts | undefined>> {
    const reply = await this.#call(
      replies.ImageReply,
      "/images/{id}/json",
      this.#docker(apiVersion).getImage(id).inspect(),
    );
    if (reply.ok) return success(replies.imageFacts(reply.value));
    return isNotFound(reply.failure) ? success(undefined) : reply;
  }

  /**
   * What a registry has for a tag, as the daemon sees it: by its network, its mirrors and its certificates. Docker Hub
   * counts each call as a pull.
   * @param tag registry, repository and tag, within the grammar of names: they become a path
   * @param auth what X-Registry-Auth carries; absent: the registry is asked anonymously
   */
  async askRegistry(
    apiVersion: string,
    tag: { readonly domain: string; readonly path: string; readonly tag: string },
    auth: string | undefined,
  ): Promise<Outcome<replies.DistributedImage>> {
    const image = `${tag.domain}/${tag.path}:${tag.tag}`;
    const path = `/v${apiVersion}/distribution/${image}/json`;
    const asked = await this.#attempt(async () => {
      const reply = await this.#get(path, auth === undefined ? {} : { "X-Registry-Auth": auth });
      if (reply.status !== 200) throw new EngineError(path, reply);
      return parseJson(reply.body);
    });
    if (!asked.ok) {
      const { cause } = asked.failure;
      if (!(cause instanceof EngineError) || !isRegistrysAnswer(cause.reply)) return asked;
      return failure(classifyDistribution(cause.reply, { host: tag.domain, image, anonymous: auth === undefined }));
    }
    const read = this.#read(replies.DistributionReply, asked.value, "/distribution/{name}/json");
    return read.ok ? success(read.value.Descriptor) : read;
  }

  /**
   * The name of the image that a container was created with; undefined when the container is gone. The list shows it
   * until the tag moves on, and the bare id from then.
   */
  async #createdWith(docker: Docker, listed: replies.ListedContainer): Promise<Outcome<string | undefined>> {
    if (!listed.Image.startsWith("sha256:") && listed.Image !== listed.ImageID) return success(listed.Image);
    const inspect = docker.getContainer(listed.Id).inspect();
    const inspected = await this.#call(replies.ContainerReply, "/containers/{id}/json", inspect);
    if (inspected.ok) return success(inspected.value.Config.Image);
    return isNotFound(inspected.failure) ? success(undefined) : inspected;
  }

  get #label(): string {
    return formatEndpoint(this.#target.endpoint);
  }

  async #get(path: string, headers: Readonly<Record<string, string>> = {}): Promise<EngineReply> {
    const { agent, mayRetry } = this.#agent;
    const send = () => exchange({ endpoint: this.#target.endpoint, agent, path, headers, signal: this.#signal });
    try {
      return await send();
    } catch (error) {
      if (!mayRetry(error)) throw error;
      return await send();
    }
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
    const [issue] = parsed.error.issues;
    const field = issue?.path.join(".") ?? "";
    const isLong = issue?.code === "too_big" && issue.origin === "array";
    const what = isLong ? ` (more than ${issue.maximum} entries)` : ` (field ${field.slice(0, 100)})`;
    const where = isLong || field !== "" ? what : "";
    const problem = `The daemon at ${this.#label} answered ${path} in a form that its API does not have${where}`;
    return failure(advised("InvalidResponse", problem, parsed.error));
  }

  async #attempt<T>(work: () => Promise<T>): Promise<Outcome<T>> {
    try {
      return success(await work());
    } catch (error) {
      const context = {
        endpoint: this.#label,
        phase: this.#agent.phase(),
        ...offerOf(this.#target),
        server: this.#agent.refused(),
      };
      return failure(classifyError(error, context));
    }
  }
}

function openAgent({ endpoint, tls, ssh, guard }: EngineTarget, signal: AbortSignal): EngineAgent {
  if (endpoint.kind !== "ssh") return createEngineAgent(endpoint, tls, guard);
  if (ssh === undefined) throw new Error("an SSH endpoint needs a key");
  return createSshAgent(endpoint, ssh, guard, signal);
}

/** Only in Docker's own words: a proxy may well say so of a request that it does not let through. */
function isNotFound({ reason, cause }: Failure): boolean {
  return reason === "DaemonError" && cause instanceof EngineError && cause.reply.status === 404;
}

/** Where /version is denied: what the ping told, if it did. */
function told(
  pinged: replies.EngineFacts | undefined,
  denied: Outcome<replies.EngineFacts>,
): Outcome<replies.EngineFacts> {
  return pinged === undefined ? denied : success(pinged);
}
