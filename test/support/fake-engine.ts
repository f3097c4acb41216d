import { advised, type Outcome } from "../../src/api/failure.ts";
import { failure, success } from "../../src/common/result.ts";
import type { RestartPolicy } from "../../src/docker/engine-changes.ts";
import type { ContainerDetails, ImageDetails, ListedDetails } from "../../src/docker/engine-details.ts";
import { EngineError } from "../../src/docker/fleet-modem.ts";
import type { JsonObject } from "../../src/docker/json-object.ts";
import type { EngineAccess } from "../../src/replacement/request.ts";

export interface FakeContainer {
  readonly id: string;
  name: string;
  readonly image: string;
  readonly imageName: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly networkMode: string;
  policy: RestartPolicy;
  status: "created" | "running" | "exited";
  isStopped: boolean;
  /** How often it was started. */
  starts: number;
}

export interface FakeImage {
  readonly digest: string;
  /** What its containers do; those of a sick one run, but never become healthy. */
  readonly runs: "well" | "sick";
}

/** The label that says which containers must never run at the same time. */
export const ROLE = "role";

/**
 * A daemon in memory that follows Docker's rules for names, tags, stops and restarts. One request at a time changes
 * it, in one instant: a caller that waits for the answer may have lost it by then.
 */
export class FakeEngine {
  readonly containers = new Map<string, FakeContainer>();
  readonly images = new Map<string, FakeImage>();
  readonly tags = new Map<string, string>();
  /** What must never happen, and did. */
  readonly violations: string[] = [];
  readonly hooks: string[] = [];
  requests = 0;
  #runs = 0;
  #ids = 0;
  readonly #execs = new Map<string, string>();

  run(name: string, imageName: string, options: Partial<FakeContainer> = {}): string {
    const id = this.#add({ name, imageName, labels: { [ROLE]: name }, policy: { Name: "always" }, ...options });
    this.#start(this.#get(id));
    return id;
  }

  /** Ends it and starts it again, as by kill -9: every container ends, and their restart policies decide. */
  restart(): void {
    this.#runs++;
    this.#execs.clear();
    const ran = [...this.containers.values()].filter(({ status }) => status === "running");
    for (const container of ran) container.status = "exited";
    for (const container of this.containers.values()) {
      const { policy, starts, isStopped } = container;
      if (starts === 0) continue;
      // The containers end with an error when they are stopped.
      const wants = policy.Name === "always" || policy.Name === "on-failure";
      if (wants || (policy.Name === "unless-stopped" && !isStopped)) this.#start(container);
    }
  }

  /** Everything that a process can see. */
  snapshot(): string {
    const { containers, tags, images, hooks } = this;
    return JSON.stringify([[...containers.values()], [...tags].sort(), [...images.keys()].sort(), hooks]);
  }

  /** @param through each request passes it, which may never answer */
  access(through: <T>(call: () => Promise<T>) => Promise<T>): EngineAccess {
    const send = <T>(apply: () => Outcome<T>) =>
      through(async () => {
        this.requests++;
        const run = this.#runs;
        await Promise.resolve();
        if (this.#runs !== run) return lost();
        const outcome = apply();
        await Promise.resolve();
        return this.#runs === run ? outcome : lost();
      });
    const change = (apply: () => string | undefined) =>
      send(() => {
        const refusal = apply();
        return refusal === undefined ? success(undefined) : refused(refusal);
      });
    const onContainer = (id: string, apply: (container: FakeContainer) => string | undefined) =>
      change(() => {
        const container = this.containers.get(id);
        return container === undefined ? "No such container" : apply(container);
      });
    const inspect = (id: string) =>
      send(() => success(this.containers.has(id) ? this.#details(this.#get(id)) : undefined));
    return {
      details: {
        listContainers: () => send(() => success([...this.containers.values()].map(listed))),
        inspectContainer: inspect,
        inspectForRecreation: inspect,
        inspectImage: (name) => send(() => success(this.#imageDetails(name))),
        info: () => send(() => success({})),
        inspectExec: () => send(() => success({ Running: false, ExitCode: 0 })),
      },
      changes: {
        pull: ({ digest }) => change(() => (this.#idOf(digest) === undefined ? "not in the registry" : undefined)),
        tag: (image, repository, tag) =>
          change(() => {
            const id = this.#imageDetails(image)?.Id;
            if (id === undefined) return "No such image";
            this.tags.set(`${repository}:${tag}`, id);
            return undefined;
          }),
        removeImage: (image) =>
          change(() => {
            const id = this.#imageDetails(image)?.Id;
            const isUsed = [...this.containers.values()].some((each) => each.image === id);
            if (id !== undefined && !isUsed) this.images.delete(id);
            return undefined;
          }),
        create: (name, body) => send(() => this.#create(name, body)),
        connect: () => change(() => undefined),
        setRestartPolicy: (id, policy) =>
          onContainer(id, (container) => {
            container.policy = policy;
            return undefined;
          }),
        stop: (id) =>
          onContainer(id, (container) => {
            container.isStopped = true;
            if (container.status === "running") container.status = "exited";
            return undefined;
          }),
        rename: (id, name) =>
          onContainer(id, (container) => {
            if (this.named(name) !== undefined) return `The name ${name} is already in use`;
            container.name = name;
            return undefined;
          }),
        start: (id) => onContainer(id, (container) => this.#start(container)),
        restart: (id) =>
          onContainer(id, (container) => {
            container.status = "exited";
            return this.#start(container);
          }),
        remove: (id) =>
          change(() => {
            if (this.containers.get(id)?.status === "running") return "it is running";
            this.containers.delete(id);
            return undefined;
          }),
        prepareExec: (id, command) =>
          send(() => {
            const exec = `${++this.#ids}`;
            this.#execs.set(exec, `${command.at(-1)} in ${this.containers.get(id)?.image}`);
            return success(exec);
          }),
        runExec: (exec) =>
          change(() => {
            const command = this.#execs.get(exec);
            if (command === undefined) return "No such exec instance";
            this.hooks.push(command);
            return undefined;
          }),
      },
      [Symbol.dispose]: () => undefined,
    };
  }

  named(name: string): FakeContainer | undefined {
    return [...this.containers.values()].find((each) => each.name === name);
  }

  #create(name: string, { Image, Labels, HostConfig }: JsonObject): Outcome<{ id: string; warnings: string[] }> {
    if (this.named(name) !== undefined) return refused(`The name ${name} is already in use`);
    if (!this.tags.has(String(Image))) return refused("No such image");
    const { RestartPolicy, NetworkMode } = HostConfig as ContainerDetails["HostConfig"];
    const id = this.#add({
      name,
      imageName: String(Image),
      labels: Labels as Readonly<Record<string, string>>,
      policy: { Name: RestartPolicy?.Name ?? "no" },
      ...(NetworkMode ? { networkMode: NetworkMode } : {}),
    });
    return success({ id, warnings: [] });
  }

  #add({ imageName = "", ...options }: Partial<FakeContainer>): string {
    const id = (++this.#ids).toString(16).padStart(64, "0");
    const base = { name: "", labels: {}, networkMode: "none", policy: { Name: "no" }, isStopped: false, starts: 0 };
    const image = this.tags.get(imageName) ?? "";
    this.containers.set(id, { ...base, ...options, id, image, imageName, status: "created" });
    return id;
  }

  #get(id: string): FakeContainer {
    const found = this.containers.get(id);
    if (found === undefined) throw new Error(`no container ${id}`);
    return found;
  }

  #start(container: FakeContainer): string | undefined {
    const [, joined] = /^container:(.+)$/.exec(container.networkMode) ?? [];
    if (joined !== undefined && this.containers.get(joined)?.status !== "running") {
      return "cannot join network of a non running container";
    }
    if (container.status === "running") return undefined;
    Object.assign(container, { status: "running", isStopped: false, starts: container.starts + 1 });
    const twins = [...this.containers.values()].filter(
      ({ status, labels }) => status === "running" && labels[ROLE] === container.labels[ROLE],
    );
    if (twins.length > 1) this.violations.push(`${twins.map(({ name }) => name).join(" and ")} ran at the same time`);
    return undefined;
  }

  #idOf(digest: string): string | undefined {
    return [...this.images].find(([, image]) => image.digest === digest)?.[0];
  }

  #imageDetails(name: string): ImageDetails | undefined {
    const id = this.images.has(name) ? name : (this.tags.get(name) ?? this.#idOf(name.slice(name.indexOf("@") + 1)));
    const image = id === undefined ? undefined : this.images.get(id);
    if (id === undefined || image === undefined) return undefined;
    const tags = [...this.tags].flatMap(([tag, of]) => (of === id ? [tag] : []));
    return { Id: id, RepoTags: tags, RepoDigests: [`shop/web@${image.digest}`], Config: {} };
  }

  #details({ id, name, image, imageName, labels, networkMode, policy, status }: FakeContainer): ContainerDetails {
    const isSick = this.images.get(image)?.runs === "sick";
    return {
      Id: id,
      Name: `/${name}`,
      Image: image,
      RestartCount: 0,
      State: { Status: status, ExitCode: 137, ...(isSick && { Health: { Status: "unhealthy" } }) },
      Config: { Image: imageName, Labels: { ...labels } },
      HostConfig: { NetworkMode: networkMode, RestartPolicy: { ...policy } },
      NetworkSettings: { Networks: {} },
    };
  }
}

function listed({ id, name, image, status, labels }: FakeContainer): ListedDetails {
  return { id, name, imageId: image, state: status, labels: { ...labels } };
}

/** The daemon's own refusal: without the daemon, nothing answers so. */
function refused(why: string) {
  return failure(
    advised(
      "DaemonError",
      `The daemon refused: ${why}`,
      new EngineError("/", { status: 409, headers: { "api-version": "1.56" }, body: Buffer.from(why) }),
    ),
  );
}

function lost() {
  return failure(advised("HostUnreachable", "The connection was lost", new Error("the connection was lost")));
}
