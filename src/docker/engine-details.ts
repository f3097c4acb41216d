import * as z from "zod";
import type { Failure, Outcome } from "../api/failure.ts";
import { success } from "../common/result.ts";
import type { EngineLine } from "./engine-line.ts";
import { EngineError } from "./fleet-modem.ts";
import type { JsonObject } from "./json-object.ts";
import { compareVersions } from "./negotiate.ts";
import { listOf } from "./reply-schema.ts";

/**
 * What an update reads from a daemon. It reads whole objects, because settings that the product does not know are
 * carried over as well.
 */

const DEADLINE_MS = 60_000;

/** The newest version of the API whose answers still show which MAC address a user has set (Config.MacAddress). */
const SHOWS_USER_MAC = "1.51";
/** Every setting of HostConfig that later versions have added, up to the newest one that this product speaks. */
const ADDED_LATER = { Umask: "1.56" } as const;

const id = z.string().regex(/^[0-9a-f]{64}$/);
const name = z.string().max(4096);
const object = z.looseObject({});
const strings = z.record(z.string(), z.string());
const stringList = listOf(z.string()).nullish();

const mount = z.looseObject({
  Type: z.string(),
  Name: z.string().nullish(),
  Source: z.string().nullish(),
  Destination: z.string(),
  RW: z.boolean().nullish(),
});

export const ContainerDetails = z.looseObject({
  Id: id,
  Name: name,
  Image: z.string(),
  Platform: z.string().nullish(),
  RestartCount: z.number().nullish(),
  State: z.looseObject({
    Status: z.string(),
    ExitCode: z.number().nullish(),
    Error: z.string().nullish(),
    OOMKilled: z.boolean().nullish(),
    Paused: z.boolean().nullish(),
    StartedAt: z.string().nullish(),
    FinishedAt: z.string().nullish(),
    Health: z.looseObject({ Status: z.string().nullish(), FailingStreak: z.number().nullish() }).nullish(),
  }),
  Config: z.looseObject({
    Image: z.string(),
    Hostname: z.string().nullish(),
    Env: stringList,
    Labels: strings.nullish(),
    Cmd: stringList,
    Entrypoint: stringList,
    ExposedPorts: z.record(z.string(), z.unknown()).nullish(),
    Volumes: z.record(z.string(), z.unknown()).nullish(),
    MacAddress: z.string().nullish(),
    StopTimeout: z.number().nullish(),
  }),
  HostConfig: z.looseObject({
    NetworkMode: z.string().nullish(),
    PidMode: z.string().nullish(),
    IpcMode: z.string().nullish(),
    UTSMode: z.string().nullish(),
    VolumesFrom: stringList,
    Links: stringList,
    Binds: stringList,
    Mounts: listOf(object).nullish(),
    PortBindings: z.record(z.string(), z.unknown()).nullish(),
    Tmpfs: z.record(z.string(), z.unknown()).nullish(),
    AutoRemove: z.boolean().nullish(),
    Memory: z.number().nullish(),
    RestartPolicy: z.looseObject({ Name: z.string(), MaximumRetryCount: z.number().nullish() }).nullish(),
  }),
  Mounts: listOf(mount).nullish(),
  NetworkSettings: z.looseObject({ Networks: z.record(z.string(), object).nullish() }),
  ImageManifestDescriptor: z
    .looseObject({
      platform: z.looseObject({ os: z.string(), architecture: z.string(), variant: z.string().nullish() }).nullish(),
    })
    .nullish(),
});
export type ContainerDetails = z.output<typeof ContainerDetails>;

export const ImageDetails = z.looseObject({
  Id: z.string().max(256),
  RepoTags: stringList,
  RepoDigests: stringList,
  Os: z.string().nullish(),
  Architecture: z.string().nullish(),
  Variant: z.string().nullish(),
  Config: object.nullish(),
});
export type ImageDetails = z.output<typeof ImageDetails>;

export const ListedDetails = z.object({
  Id: id,
  Names: listOf(name).nullish(),
  Image: z.string(),
  ImageID: z.string(),
  State: z.string(),
  Labels: strings.nullish(),
});

/** A container in the list of all containers, whether it runs or not. */
export interface ListedDetails {
  readonly id: string;
  readonly name: string;
  /** The name of the image from which it was created, while that still stands for its image; otherwise an id. */
  readonly image: string;
  readonly imageId: string;
  readonly state: string;
  readonly labels: Readonly<Record<string, string>>;
}

const InfoDetails = z.object({
  ID: z.string().max(256).nullish(),
  Name: z.string().max(256).nullish(),
  OSType: z.string().max(64).nullish(),
  Architecture: z.string().max(64).nullish(),
});
export type InfoDetails = z.output<typeof InfoDetails>;

const ExecDetails = z.object({ Running: z.boolean(), ExitCode: z.number().nullish() });

/** Reads what an update needs, and sends only GET requests. */
export class EngineDetails {
  readonly #line: EngineLine;

  constructor(line: EngineLine) {
    this.#line = line;
  }

  async listContainers(): Promise<Outcome<readonly ListedDetails[]>> {
    const reply = await this.#line.request({ path: "/containers/json?all=1", limit: "list", deadlineMs: DEADLINE_MS });
    if (!reply.ok) return reply;
    const list = await this.#line.readList(ListedDetails, reply.value, "/containers/json");
    return list.ok ? success(list.value.map(listed)) : list;
  }

  /**
   * Returns undefined if the container is gone.
   * @param idOrName must match the grammar of ids and names
   */
  async inspectContainer(idOrName: string): Promise<Outcome<ContainerDetails | undefined>> {
    return await this.#container(idOrName);
  }

  /**
   * Returns a container with every setting that it was created with, or undefined if it is gone. No version of the API
   * after 1.51 shows who has set a MAC address, so an older one is asked, and the newest only for what it has added.
   * If the older one is refused, Config.MacAddress is null: it is unknown whether a user has set one.
   * @param added the settings that were added later, if they are known from an earlier answer
   */
  async inspectForRecreation(id: string, added?: JsonObject): Promise<Outcome<ContainerDetails | undefined>> {
    const { apiVersion } = this.#line;
    if (compareVersions(apiVersion, SHOWS_USER_MAC) <= 0) return await this.#container(id);
    const older = await this.#container(id, SHOWS_USER_MAC);
    const isRefused = !older.ok && isVersionRefused(older.failure);
    if (!isRefused && (!older.ok || older.value === undefined)) return older;
    const mayHaveMore = Object.values(ADDED_LATER).some((since) => compareVersions(apiVersion, since) >= 0);
    if (older.ok && older.value !== undefined && (!mayHaveMore || added !== undefined)) {
      return success({ ...older.value, HostConfig: { ...older.value.HostConfig, ...added } });
    }
    const newest = await this.#container(id);
    if (!newest.ok || newest.value === undefined) return newest;
    const MacAddress = older.ok ? older.value?.Config.MacAddress : null;
    return success({ ...newest.value, Config: { ...newest.value.Config, MacAddress } });
  }

  async #container(idOrName: string, version?: string): Promise<Outcome<ContainerDetails | undefined>> {
    return await this.#get(ContainerDetails, `/containers/${idOrName}/json`, "/containers/{id}/json", version);
  }

  /**
   * Returns undefined if the daemon does not have the image.
   * @param image an id, or a name that matches the grammar of references
   */
  async inspectImage(image: string): Promise<Outcome<ImageDetails | undefined>> {
    return await this.#get(ImageDetails, `/images/${encodeURI(image)}/json`, "/images/{name}/json");
  }

  async info(): Promise<Outcome<InfoDetails | undefined>> {
    return await this.#get(InfoDetails, "/info", "/info");
  }

  async inspectExec(exec: string): Promise<Outcome<z.output<typeof ExecDetails> | undefined>> {
    return await this.#get(ExecDetails, `/exec/${exec}/json`, "/exec/{id}/json");
  }

  async #get<T>(
    schema: z.ZodType<T>,
    path: string,
    called: string,
    version = this.#line.apiVersion,
  ): Promise<Outcome<T | undefined>> {
    const reply = await this.#line.request({ path, limit: "single", deadlineMs: DEADLINE_MS }, version);
    if (reply.ok) return await this.#line.read(schema, reply.value, called);
    return isMissing(reply.failure) ? success(undefined) : reply;
  }
}

/** The settings of a container that only newer versions of the API show; they never change during its life. */
export function addedSettings({ HostConfig }: Pick<ContainerDetails, "HostConfig">): JsonObject {
  const isAdded = ([name, value]: readonly [string, unknown]) => Object.hasOwn(ADDED_LATER, name) && value != null;
  return Object.fromEntries(Object.entries(HostConfig).filter(isAdded));
}

function listed({ Id, Names, Image, ImageID, State, Labels }: z.output<typeof ListedDetails>): ListedDetails {
  // The other names, such as `/web/db`, are those that linked containers use.
  const own = Names?.find((each) => each.lastIndexOf("/") === 0)?.slice(1) ?? Id;
  return { id: Id, name: own, image: Image, imageId: ImageID, state: State, labels: Labels ?? {} };
}

/**
 * Accepts only Docker's own text, because a proxy may give the same answer to a request that it does not let through.
 */
function isMissing({ cause }: Failure): boolean {
  return cause instanceof EngineError && cause.reply.status === 404 && cause.reply.headers["api-version"] !== undefined;
}

/** A daemon can be configured to serve only newer versions. */
function isVersionRefused({ cause }: Failure): boolean {
  return cause instanceof EngineError && cause.reply.status === 400;
}
