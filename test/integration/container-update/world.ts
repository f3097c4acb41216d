import { expect, inject } from "vitest";
import type { ContainerUpdateObject } from "../../../src/api/container-update.ts";
import { connectEnvironment } from "../../env/environment.ts";
import { eventually } from "../../support/eventually.ts";
import { TestNamespace } from "../cluster.ts";
import { LOOPBACK, leaseFlags, Program } from "../program.ts";
import {
  type EngineKey,
  each,
  engines,
  IDLE_COMMAND,
  ReplacementWorld,
  type VersionedImage,
} from "../replacement/world.ts";

const environment = inject("environment");
export const { kube } = connectEnvironment(environment);

/** Second versions of the image whose containers idle. */
const SECOND = {
  good: [IDLE_COMMAND, "LABEL version=2"],
  bad: ['CMD ["/bin/busybox", "false"]'],
  // Starting until a test lets it become healthy.
  held: [IDLE_COMMAND, "HEALTHCHECK --interval=200ms --retries=1000000 CMD /bin/busybox test -f /healthy"],
} as const;
/** For an update to the version that is held: the new container proves nothing before that. */
export const HELD = { timeout: "30m", stableFor: "0s" };
type Second = keyof typeof SECOND;
type Phase = NonNullable<ContainerUpdateObject["status"]>["phase"];

/** The ContainerUpdates of one namespace. */
export class Updates {
  readonly namespace: TestNamespace;

  constructor(namespace: TestNamespace) {
    this.namespace = namespace;
  }

  async create(name: string, spec: object): Promise<void> {
    await this.namespace.apply({
      apiVersion: "dockerhost.dev/v1alpha1",
      kind: "ContainerUpdate",
      metadata: { name },
      spec: { health: { timeout: "20s", stableFor: "1s" }, ...spec },
    });
  }

  get(name: string): Promise<ContainerUpdateObject> {
    return this.namespace.containerUpdate(name);
  }

  /** Waits for one of the phases; fails with what it has instead. */
  async reaches(name: string, ...phases: readonly Phase[]): Promise<ContainerUpdateObject> {
    let update: ContainerUpdateObject | undefined;
    await eventually(async () => {
      update = await this.get(name);
      expect(phases, JSON.stringify(update.status)).toContain(update.status?.phase);
    });
    return update ?? expect.fail("there is no update");
  }

  async waitsFor(name: string, reason: string): Promise<ContainerUpdateObject> {
    let update: ContainerUpdateObject | undefined;
    await eventually(async () => {
      update = await this.get(name);
      expect(ready(update)?.reason).toBe(reason);
    });
    return update ?? expect.fail("there is no update");
  }
}

export function ready({ status }: ContainerUpdateObject) {
  return status?.conditions?.find(({ type }) => type === "Ready");
}

interface WorldOptions {
  readonly engines: readonly EngineKey[];
  readonly images: readonly Second[];
  /** Of the controllers, in addition to those that each has. */
  readonly flags?: readonly string[];
}

/** A controller that carries out updates, and a host with versioned images for each engine. The hosts are named as the engines. */
export class UpdateWorld {
  readonly namespace: TestNamespace;
  readonly updates: Updates;
  readonly engines: readonly ReplacementWorld[];
  /** In the order in which they were started. */
  readonly programs: Program[] = [];
  readonly #prefix: string;
  readonly #options: WorldOptions;
  readonly #images = new Map<string, VersionedImage>();

  private constructor(prefix: string, options: WorldOptions, namespace: TestNamespace) {
    this.namespace = namespace;
    this.updates = new Updates(namespace);
    this.engines = engines
      .filter(({ key }) => options.engines.includes(key))
      .map((engine) => new ReplacementWorld(engine));
    this.#prefix = prefix;
    this.#options = options;
  }

  /** @param prefix with which the names of the containers of the test begin */
  static async start(prefix: string, options: WorldOptions): Promise<UpdateWorld> {
    const world = new UpdateWorld(prefix, options, await TestNamespace.create(kube));
    await world.#setUp();
    return world;
  }

  async #setUp(): Promise<void> {
    const { namespace } = this;
    const controller = this.startController().then((program) => program.says("Starting the workers"));
    await namespace.applySecret("registry-ca", { "ca.crt": environment.registry.ca });
    const registries = [{ host: environment.registry.host, certSecretRef: { name: "registry-ca" } }];
    await each(this.engines, async (engine) => {
      const { key, docker } = engine;
      await engine.removeAll(this.#prefix);
      for (const image of this.#options.images) {
        const versions = await engine.versions(`${this.#prefix}${image}`, [], [IDLE_COMMAND], SECOND[image]);
        this.#images.set(`${key} ${image}`, versions);
      }
      await namespace.applySecret(`${key}-tls`, { ...docker.facts.client });
      const tls = { verify: true, certSecretRef: { name: `${key}-tls` } };
      const updateCheck = { registries };
      await namespace.applyHost(key, { host: docker.facts.host, tls, allowUpdates: true, updateCheck });
    });
    await controller;
    for (const { key } of this.engines) await namespace.waitFor(key, { type: "Connected", status: "True" });
  }

  async stop(): Promise<void> {
    await this.namespace.delete();
    await Promise.all(this.programs.map((program) => program.stop()));
    await each(this.engines, (engine) => engine.removeAll(this.#prefix));
  }

  async startController(): Promise<Program> {
    const { name } = this.namespace;
    const rights = { watchNamespaces: [name], updates: { enabled: true } } as const;
    const program = await Program.startController(kube, rights, [
      ...LOOPBACK,
      "--updates",
      ...["--health-addr", "127.0.0.1:0", "--metrics-addr", "127.0.0.1:0"],
      ...leaseFlags(name),
      ...(this.#options.flags ?? []),
    ]);
    this.programs.push(program);
    return program;
  }

  engine(key: EngineKey): ReplacementWorld {
    return this.engines.find((engine) => engine.key === key) ?? expect.fail(`no engine ${key}`);
  }

  image(key: EngineKey, what: Second = "good"): VersionedImage {
    return this.#images.get(`${key} ${what}`) ?? expect.fail(`no image ${what} of ${key}`);
  }

  /** The update of a container to the second version. */
  specOf(key: EngineKey, container: string, what: Second = "good") {
    const { name, second } = this.image(key, what);
    return { hostRef: { name: key }, container, image: name, digest: second };
  }

  /** The new container, of the version that is held, becomes healthy. */
  async release(key: EngineKey, container: string): Promise<void> {
    await this.engine(key).docker.cli(["exec", container, "/bin/busybox", "touch", "/healthy"]);
  }

  /** Starts a container of the first version, from which an earlier update may have moved the tag. */
  async started(key: EngineKey, container: string, what: Second = "good", ...args: readonly string[]): Promise<string> {
    const { name, firstId } = this.image(key, what);
    await this.engine(key).docker.cli(["tag", firstId, name]);
    return await this.engine(key).run(container, ["--network=none", ...args], name);
  }
}
