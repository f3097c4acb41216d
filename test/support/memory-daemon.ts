import type { Outcome } from "../../src/api/failure.ts";
import { success } from "../../src/common/result.ts";
import type { ContainerDetails } from "../../src/docker/engine-details.ts";
import type { JsonObject } from "../../src/docker/json-object.ts";
import type { EngineAccess, ReplacementPorts, ReplacementRequest } from "../../src/replacement/request.ts";
import { InstantClock } from "./instant-clock.ts";
import { lost, refuse } from "./memory-answers.ts";
import { type MemoryContainer, ownNameOf, placeOf } from "./memory-container.ts";
import { BEFORE, imageOf, MemoryImages, numberOf } from "./memory-images.ts";

const NO_NETWORK = { networkMode: "none", networks: {} };

/** Passes each request on, and may never answer. */
type Through = <T>(call: () => Promise<T>) => Promise<T>;

/**
 * A daemon in memory that follows Docker's rules for names, tags, stops and restarts, as far as an update uses them. One
 * request at a time changes it, in one instant: a caller that waits for the answer may have lost it by then.
 */
export class MemoryDaemon {
  readonly containers = new Map<string, MemoryContainer>();
  readonly images: MemoryImages;
  /** Each change, as `start web`. */
  readonly changes: string[] = [];
  /** The commands that were run in containers. */
  readonly hooks: string[] = [];
  /** What must never happen, and did. */
  readonly violations: string[] = [];
  /** Which changes of a restart policy are refused, as while a container is between two runs. */
  refusesPolicy: (container: MemoryContainer | undefined) => boolean = () => false;
  /** How many of the next restarts stop a container but do not start it, as while the daemon ends. */
  refusedRestarts = 0;
  /** Prepared commands, and whether they have been run. */
  readonly #execs = new Map<string, { readonly command: string; hasRun: boolean }>();
  #count = 0;
  /** Counts the restarts of the daemon. */
  #restarts = 0;

  /** @param store containerd's image store takes digests as ids */
  constructor(store: "containerd" | "graph driver" = "containerd") {
    this.images = new MemoryImages(store);
  }

  /** The image that each name stands for. */
  get tags(): Map<string, string> {
    return this.images.tags;
  }

  /** Runs a container on the first image, or on what the name that is given stands for. */
  run(
    name: string,
    labels: Readonly<Record<string, string>> = {},
    options: Partial<Pick<MemoryContainer, "image" | "policy" | "networkMode" | "networks">> = {},
  ): string {
    const { image = imageOf(name) } = options;
    if (options.image === undefined || !this.tags.has(image)) this.tags.set(image, this.images.idOf(BEFORE));
    const id = this.#add({ name, image, labels, policy: { Name: "always" }, ...NO_NETWORK, ...options });
    this.#start(id);
    return id;
  }

  get(name: string): MemoryContainer | undefined {
    return [...this.containers.values()].find((each) => each.name === name);
  }

  /** `web running` for each container, by name. */
  get list(): readonly string[] {
    return [...this.containers.values()].map(({ name, state }) => `${name} ${state}`).toSorted();
  }

  set(id: string, change: Partial<MemoryContainer>): void {
    const container = this.containers.get(id);
    if (container !== undefined) this.containers.set(id, { ...container, ...change });
  }

  /** As `docker start` does. */
  startByHand(id: string): void {
    this.#start(id);
  }

  /** As `docker tag` does. */
  tagByHand(digest: string, name: string): void {
    this.images.pull(digest);
    this.tags.set(name, this.images.idOf(digest));
  }

  /** As `docker image prune --all` does. */
  pruneImages(): void {
    const used = new Set([...this.containers.values()].map(({ imageId }) => imageId));
    for (const id of this.images.ids) if (!used.has(id)) this.images.ids.delete(id);
    for (const [tag, id] of this.tags) if (!used.has(id)) this.tags.delete(tag);
  }

  /** As `docker container prune` does. */
  prune(): void {
    for (const { id, state } of this.containers.values()) if (state !== "running") this.containers.delete(id);
  }

  /** Ends the daemon and starts it again, as by kill -9: every container ends, and their restart policies decide. */
  restart(): void {
    this.#restarts++;
    this.#execs.clear();
    for (const { id, state } of this.containers.values()) if (state === "running") this.set(id, { state: "exited" });
    for (const { id, policy, starts, isStopped } of this.containers.values()) {
      if (starts === 0) continue;
      // The containers end with an error when they are stopped.
      const wants = policy.Name === "always" || policy.Name === "on-failure";
      if (wants || (policy.Name === "unless-stopped" && !isStopped)) this.#start(id);
    }
  }

  /** Everything that a process can see. */
  snapshot(): string {
    const { containers, images, hooks } = this;
    return JSON.stringify([[...containers.values()], [...images.tags].sort(), [...images.ids].sort(), hooks]);
  }

  request(container: string, digest: string, more: Partial<ReplacementRequest> = {}): ReplacementRequest {
    return {
      container,
      image: imageOf(container),
      digest,
      health: { timeoutMs: 60_000, stableForMs: 30_000 },
      onFailure: "RollBack",
      removeOldImage: false,
      hooks: "Disabled",
      ...more,
    };
  }

  ports(more: Partial<ReplacementPorts> = {}): ReplacementPorts {
    return {
      open: () => this.access(),
      engine: { name: "Docker", apiVersion: "1.45" },
      writer: { owner: "tests", term: 1 },
      clock: new InstantClock(),
      random: () => 0.5,
      mayChange: () => true,
      record: async () => success(undefined),
      signal: new AbortController().signal,
      ...more,
    };
  }

  access(through: Through = (call) => call()): EngineAccess {
    const send = <T>(apply: () => Outcome<T>) =>
      through(async () => {
        const restarts = this.#restarts;
        await Promise.resolve();
        if (this.#restarts !== restarts) return lost();
        const outcome = apply();
        await Promise.resolve();
        return this.#restarts === restarts ? outcome : lost();
      });
    const inspect = (id: string) => send(() => success(this.#inspect(id)));
    return {
      details: {
        listContainers: () => send(() => success(this.#list())),
        inspectContainer: inspect,
        inspectForRecreation: inspect,
        inspectImage: (name) => send(() => success(this.images.find(name))),
        info: () => send(() => success({})),
        inspectExec: (exec) => send(() => success(this.#inspectExec(exec))),
      },
      changes: {
        pull: ({ digest }) => send(() => this.#pull(digest)),
        tag: (image, repository, tag) => send(() => this.#tag(image, `${repository}:${tag}`)),
        removeImage: (image) => send(() => this.#removeImage(image)),
        create: (name, body) => send(() => this.#create(name, body)),
        connect: (network, id, endpoint) => send(() => this.#connect(network, id, endpoint)),
        setRestartPolicy: (id, policy) =>
          send(() =>
            this.refusesPolicy(this.containers.get(id))
              ? refuse("update", "ContainerInTransition", 500)
              : this.#change(`policy ${policy.Name}`, id, { policy }),
          ),
        stop: (id) => send(() => this.#stop(id)),
        rename: (id, name) =>
          send(() =>
            this.get(name) === undefined
              ? this.#change("rename", id, { name })
              : refuse("rename", "ContainerNameTaken"),
          ),
        start: (id) => send(() => this.#start(id, "start")),
        restart: (id) => send(() => this.#restart(id)),
        remove: (id) => send(() => this.#remove(id)),
        prepareExec: (id, command) =>
          send(() => {
            const exec = `${++this.#count}`;
            const text = `${command.at(-1)} in ${this.containers.get(id)?.imageId}`;
            this.#execs.set(exec, { command: text, hasRun: false });
            return success(exec);
          }),
        runExec: (exec) =>
          send(() => {
            const prepared = this.#execs.get(exec);
            if (prepared === undefined) return refuse("run the command", "DaemonError", 404);
            if (prepared.hasRun) return refuse("run the command", "DaemonError");
            prepared.hasRun = true;
            this.hooks.push(prepared.command);
            return success(undefined);
          }),
      },
      [Symbol.dispose]: () => undefined,
    };
  }

  /** As in Docker, a container shows the name of its image only while that stands for its image. */
  #list(): readonly MemoryContainer[] {
    return [...this.containers.values()].map((container) => {
      const { image, imageId } = container;
      return { ...container, image: this.tags.get(image) === imageId ? image : imageId };
    });
  }

  #add(container: Pick<MemoryContainer, "name" | "image" | "labels" | "policy" | "networkMode" | "networks">): string {
    const id = (++this.#count).toString(16).padStart(64, "0");
    const imageId = this.tags.get(container.image) ?? "";
    this.containers.set(id, { ...container, id, imageId, state: "created", isStopped: false, starts: 0 });
    return id;
  }

  #did(what: string): Outcome<void> {
    this.changes.push(what);
    return success(undefined);
  }

  #change(what: string, id: string, change: Partial<MemoryContainer>): Outcome<void> {
    const container = this.containers.get(id);
    if (container === undefined) return refuse(what, "ContainerNotFound", 404);
    this.set(id, change);
    const to = change.name === undefined ? "" : ` to ${placeOf(change.name)}`;
    return this.#did(`${what} ${placeOf(container.name)}${to}`);
  }

  #pull(digest: string): Outcome<void> {
    if (!this.images.pull(digest)) return refuse("pull", "ImageNotFound", 404);
    return this.#did(`pull ${numberOf(digest)}`);
  }

  #tag(image: string, name: string): Outcome<void> {
    const id = this.images.find(image)?.Id;
    if (id === undefined) return refuse("tag", "ImageNotPulled", 404);
    this.tags.set(name, id);
    return this.#did(`tag ${numberOf(id)}`);
  }

  /** Of names of images, it has only tags. */
  #removeImage(image: string): Outcome<void> {
    if (!this.images.ids.has(image)) return this.#did(`remove name of ${numberOf(image)}`);
    const isUsed = [...this.containers.values()].some(({ imageId }) => imageId === image);
    if (!isUsed) this.images.ids.delete(image);
    return this.#did(`remove image ${numberOf(image)}`);
  }

  #create(
    name: string,
    { Image, Labels, HostConfig, NetworkingConfig }: JsonObject,
  ): Outcome<{ id: string; warnings: string[] }> {
    if (this.get(name) !== undefined) return refuse("create", "ContainerNameTaken");
    const image = String(Image);
    if (!this.tags.has(image)) return refuse("create", "ImageNotPulled", 404);
    const { RestartPolicy, NetworkMode } = HostConfig as ContainerDetails["HostConfig"];
    const labels = Labels as Readonly<Record<string, string>>;
    const policy = { Name: RestartPolicy?.Name ?? "no" };
    const { EndpointsConfig: networks } = NetworkingConfig as { EndpointsConfig: MemoryContainer["networks"] };
    const id = this.#add({ name, image, labels, policy, networkMode: NetworkMode ?? "none", networks });
    this.changes.push(`create ${placeOf(name)}`);
    return success({ id, warnings: [] });
  }

  #connect(network: string, id: string, endpoint: JsonObject): Outcome<void> {
    const container = this.containers.get(id);
    if (container === undefined) return refuse("connect", "ContainerNotFound", 404);
    if (Object.hasOwn(container.networks, network)) return refuse("connect", "DaemonError", 403);
    return this.#change(`connect ${network}`, id, { networks: { ...container.networks, [network]: endpoint } });
  }

  #stop(id: string): Outcome<void> {
    const isUp = this.containers.get(id)?.state === "running";
    return this.#change("stop", id, { isStopped: true, ...(isUp && { state: "exited" }) });
  }

  #start(id: string, what?: string): Outcome<void> {
    const container = this.containers.get(id);
    if (container === undefined) return refuse("start", "ContainerNotFound", 404);
    const { networkMode, state, starts, imageId, name } = container;
    const [, joined] = /^container:(.+)$/.exec(networkMode) ?? [];
    if (joined !== undefined && this.containers.get(joined)?.state !== "running") {
      return refuse("start", "ContainerStartFailed");
    }
    if (state !== "running") {
      const ends = this.images.behaviourOf(imageId) === "ends";
      this.set(id, { state: ends ? "exited" : "running", isStopped: false, starts: starts + 1 });
      this.#noteTwins(name);
    }
    return what === undefined ? success(undefined) : this.#did(`${what} ${placeOf(name)}`);
  }

  #restart(id: string): Outcome<void> {
    this.set(id, { state: "exited" });
    if (this.refusedRestarts-- > 0) return refuse("restart", "ContainerStartFailed", 500);
    return this.#start(id, "restart");
  }

  #remove(id: string): Outcome<void> {
    const container = this.containers.get(id);
    if (container?.state === "running") return refuse("remove", "ContainerInTransition");
    this.containers.delete(id);
    return this.#did(`remove ${container === undefined ? "nothing" : placeOf(container.name)}`);
  }

  /** Two containers that have the same own name must never run at the same time. */
  #noteTwins(name: string): void {
    const twins = [...this.containers.values()].filter(
      (each) => each.state === "running" && ownNameOf(each.name) === ownNameOf(name),
    );
    if (twins.length > 1) this.violations.push(`${twins.map((each) => each.name).join(" and ")} ran at the same time`);
  }

  #inspectExec(exec: string) {
    const prepared = this.#execs.get(exec);
    return prepared && { Running: false, ExitCode: prepared.hasRun ? 0 : null };
  }

  #inspect(idOrName: string): ContainerDetails | undefined {
    const found = this.containers.get(idOrName) ?? this.get(idOrName);
    if (found === undefined) return undefined;
    const { id, name, image, imageId, state, labels, policy, networkMode, networks } = found;
    const isSick = this.images.behaviourOf(imageId) === "is sick";
    return {
      Id: id,
      Name: `/${name}`,
      Image: imageId,
      RestartCount: 0,
      State: { Status: state, ExitCode: 1, ...(isSick && { Health: { Status: "unhealthy" } }) },
      Config: { Image: image, Labels: { ...labels } },
      HostConfig: { RestartPolicy: { ...policy }, NetworkMode: networkMode },
      NetworkSettings: { Networks: { ...networks } },
    };
  }
}
