import { advised, type Outcome } from "../../src/api/failure.ts";
import type { Reason } from "../../src/api/reasons.ts";
import { failure, success } from "../../src/common/result.ts";
import type { RestartPolicy } from "../../src/docker/engine-changes.ts";
import { ContainerDetails, type ImageDetails, type ListedDetails } from "../../src/docker/engine-details.ts";
import { EngineError } from "../../src/docker/fleet-modem.ts";
import type { EngineAccess, ReplacementPorts, ReplacementRequest } from "../../src/replacement/request.ts";
import { InstantClock } from "./instant-clock.ts";

export interface MemoryContainer extends ListedDetails {
  readonly image: string;
  readonly policy: RestartPolicy;
}

/** What the container of an image does: it runs, or ends as soon as it is started. */
export type Behaviour = "runs" | "ends";

export const BEFORE = `sha256:${"1".repeat(64)}`;
export const GOOD = `sha256:${"2".repeat(64)}`;
export const BAD = `sha256:${"3".repeat(64)}`;
const REPOSITORY = "localhost:5000/shop";
const BEHAVIOURS = new Map<string, Behaviour>([
  [BEFORE, "runs"],
  [GOOD, "runs"],
  [BAD, "ends"],
]);

/** A daemon in memory, as far as an update uses one. Images have their digest as id, as in containerd's image store. */
export class MemoryDaemon {
  readonly containers = new Map<string, MemoryContainer>();
  /** The digest that each name stands for. */
  readonly tags = new Map<string, string>();
  /** Each change, as `start web`. */
  readonly changes: string[] = [];
  /** Which changes of a restart policy are refused, as while a container is between two runs. */
  refusesPolicy: (container: MemoryContainer | undefined) => boolean = () => false;
  /** How many of the next restarts stop a container but do not start it, as while the daemon ends. */
  refusedRestarts = 0;
  readonly #images = new Set([BEFORE]);
  #count = 0;

  /** Runs a container on the first image. */
  run(name: string, labels: Readonly<Record<string, string>> = {}): string {
    const image = imageOf(name);
    this.tags.set(image, BEFORE);
    const id = this.#id();
    const policy = { Name: "always" };
    this.containers.set(id, { id, name, image, imageId: BEFORE, state: "running", labels, policy });
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

  /** As `docker container prune` does. */
  prune(): void {
    for (const { id, state } of this.containers.values()) if (state !== "running") this.containers.delete(id);
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
      open: () => this.#access(),
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

  #id(): string {
    return (++this.#count).toString(16).padStart(64, "0");
  }

  #access(): EngineAccess {
    const unused = () => Promise.reject(new Error("this daemon cannot do that"));
    return {
      details: {
        listContainers: async () => success([...this.containers.values()]),
        inspectContainer: async (id) => success(this.#inspect(id)),
        inspectForRecreation: async (id) => success(this.#inspect(id)),
        inspectImage: async (name) => success(this.#image(name)),
        info: unused,
        inspectExec: unused,
      },
      changes: {
        pull: async ({ digest }) => {
          if (!BEHAVIOURS.has(digest)) return refuse("pull", "ImageNotFound", 404);
          this.#images.add(digest);
          return this.#did(`pull ${digest.slice(7, 8)}`);
        },
        tag: async (image, repository, tag) => {
          this.tags.set(`${repository}:${tag}`, digestOf(image));
          return this.#did(`tag ${digestOf(image).slice(7, 8)}`);
        },
        create: async (name, body) => this.#create(name, body),
        setRestartPolicy: async (id, policy) => {
          if (this.refusesPolicy(this.containers.get(id))) return refuse("update", "ContainerInTransition", 500);
          return this.#change(`policy ${policy.Name}`, id, { policy });
        },
        stop: async (id) => this.#change("stop", id, { state: "exited" }),
        start: async (id) => {
          const ends = BEHAVIOURS.get(this.containers.get(id)?.imageId ?? "") === "ends";
          return this.#change("start", id, { state: ends ? "exited" : "running" });
        },
        rename: async (id, name) =>
          this.get(name) === undefined ? this.#change("rename", id, { name }) : refuse("rename", "ContainerNameTaken"),
        remove: async (id) => {
          const container = this.containers.get(id);
          if (container?.state === "running") return refuse("remove", "ContainerInTransition");
          this.containers.delete(id);
          return this.#did(`remove ${container === undefined ? "nothing" : placeOf(container.name)}`);
        },
        // Of names of images, it has only tags.
        removeImage: async (image) => this.#did(`remove name of ${digestOf(image).slice(7, 8)}`),
        connect: unused,
        restart: async (id) => {
          const refused = this.#change("restart", id, { state: this.refusedRestarts > 0 ? "exited" : "running" });
          return this.refusedRestarts-- > 0 && refused.ok ? refuse("restart", "ContainerStartFailed", 500) : refused;
        },
        prepareExec: unused,
        runExec: unused,
      },
      [Symbol.dispose]: () => undefined,
    };
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

  #create(name: string, body: Readonly<Record<string, unknown>>) {
    if (this.get(name) !== undefined) return refuse("create", "ContainerNameTaken");
    const image = String(body.Image);
    const imageId = this.tags.get(image);
    if (imageId === undefined) return refuse("create", "ImageNotPulled", 404);
    const id = this.#id();
    const labels = body.Labels as Readonly<Record<string, string>>;
    this.containers.set(id, { id, name, image, imageId, state: "created", labels, policy: { Name: "always" } });
    this.changes.push(`create ${placeOf(name)}`);
    return success({ id, warnings: [] });
  }

  #inspect(id: string): ContainerDetails | undefined {
    const found = this.containers.get(id);
    if (found === undefined) return undefined;
    const { name, image, imageId, state, labels, policy } = found;
    return ContainerDetails.parse({
      Id: id,
      Name: `/${name}`,
      Image: imageId,
      State: { Status: state, ExitCode: 1 },
      Config: { Image: image, Labels: labels },
      HostConfig: { RestartPolicy: policy, NetworkMode: "none" },
      NetworkSettings: { Networks: {} },
    });
  }

  #image(name: string): ImageDetails | undefined {
    const digest = this.tags.get(name) ?? digestOf(name);
    if (!this.#images.has(digest)) return undefined;
    const RepoTags = [...this.tags].flatMap(([tag, of]) => (of === digest ? [tag] : []));
    const repositories = new Set([...this.tags.keys()].map((tag) => tag.replace(/:[^:/]+$/, "")));
    return { Id: digest, RepoTags, RepoDigests: [...repositories].map((each) => `${each}@${digest}`), Config: {} };
  }
}

export function imageOf(container: string): string {
  return `${REPOSITORY}/${container}:1`;
}

function digestOf(name: string): string {
  return name.slice(name.lastIndexOf("sha256:"));
}

/** The own name, or the place in a transaction. */
function placeOf(name: string): string {
  return name.replace(/^.*\.dockerhost-[0-9a-f]{12}-([a-z]+).*$/, "$1");
}

function refuse(what: string, reason: Reason, status = 409) {
  const reply = { status, headers: { "api-version": "1.45" }, body: Buffer.from("") };
  return failure(advised(reason, `The daemon refuses to ${what}`, new EngineError(what, reply, "POST")));
}
