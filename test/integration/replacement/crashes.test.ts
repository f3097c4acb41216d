import { join } from "node:path";
import { afterAll, afterEach, beforeAll, describe, expect } from "vitest";
import { advised } from "../../../src/api/failure.ts";
import { failure, success } from "../../../src/common/result.ts";
import type { Progress } from "../../../src/replacement/request.ts";
import { CuttingProxy } from "./cutting-proxy.ts";
import { each, engines, IDLE_COMMAND, onBoth, ReplacementWorld, type VersionedImage } from "./world.ts";

const NAME = "crashed";
const POLICY = "always";

/** Changing requests of an update whose image is there, and of one that goes back since its new container ends. */
const UPDATE = ["Pull", "Tag", "Create", "HoldPolicy", "StopOld", "RenameOld", "RenameNew", "StartNew", "RemoveOld"];
const ROLLBACK = [
  ...UPDATE.slice(0, 8),
  "HoldNew",
  "StopNew",
  "SetAside",
  "RestorePolicy",
  "RenameBack",
  "StartOld",
  "Tag",
  "RemoveNew",
];

/** How the process or its connection ends. Before a request, a new process finds what it does after the one before it. */
const CRASHES = ["the process ends after", "the connection is cut before", "the connection is cut after"] as const;
type Crash = (typeof CRASHES)[number];

/** How each update ends. */
const ENDS = { "an update": "Succeeded", "a rollback": "RolledBack" } as const;
type Kind = keyof typeof ENDS;

class CrashingWorld extends ReplacementWorld {
  cases = 0;
  readonly #images = new Map<Kind, VersionedImage>();
  #proxy: CuttingProxy | undefined;

  async setUp(): Promise<void> {
    const { docker, key } = this;
    await this.removeAll(NAME);
    const socket = join(docker.facts.dockerd.runFolder, `cut-${key}.sock`);
    this.#proxy = await CuttingProxy.listen(socket, docker.facts.socket);
    const bad = ['CMD ["/bin/busybox", "false"]'];
    this.#images.set("an update", await this.versions("good", [IDLE_COMMAND]));
    this.#images.set("a rollback", await this.versions("bad", [], [IDLE_COMMAND], bad));
    // The images are there: a pull changes nothing that a crash could leave half done.
    for (const { name, second } of this.#images.values()) {
      await docker.cli(["pull", `${name.replace(/:1$/, "")}@${second}`]);
    }
  }

  async tearDown(): Promise<void> {
    await this.removeAll(NAME);
    await this.#proxy?.close();
    console.error(`${this.cases} interruptions of updates on ${this.label} ended with one running container each`);
  }

  async reset(): Promise<void> {
    await this.removeAll(NAME);
    await this.restoreTags(this.#images.values());
  }

  image(kind: Kind): VersionedImage {
    const found = this.#images.get(kind);
    if (found === undefined) throw new Error(`no image for ${kind}`);
    return found;
  }

  /** What is left: one container of that name, running by its own policy. The image that it runs. */
  async survivor(): Promise<string> {
    expect(await this.containers(NAME)).toEqual([`${NAME} running`]);
    const { HostConfig, Image } = await this.inspect(NAME);
    expect(HostConfig.RestartPolicy.Name).toBe(POLICY);
    this.cases++;
    return Image;
  }

  /** Ports of a process that is interrupted at one of its changes, and what it had stored by then. */
  interrupted(crash: Crash, change: number) {
    if (this.#proxy === undefined) throw new Error("it was not set up");
    let stored: Progress | undefined;
    let last = "";
    let count = 0;
    const record = async (progress: Progress) => {
      const { step } = progress;
      stored = progress;
      if (count < change) last = step;
      if (step !== "Verify") count++;
      return success(undefined);
    };
    const endsAlone = !crash.startsWith("the connection");
    // If the process ends, its request is carried out, and nobody learns of it.
    this.#proxy.cutAt(change, crash.endsWith("before") ? "before" : "after");
    const process = {
      record: async (progress: Progress) => {
        if (count >= change) return failure(advised("UpdateInterrupted", "the process has ended"));
        return await record(progress);
      },
      patienceMs: 0,
    };
    const ports = this.ports({ socket: this.#proxy.path, record, ...(endsAlone && process) });
    return { ports, record: () => stored, last: () => last };
  }
}

describe("an update that is interrupted on both engines", () => {
  const worlds = engines.map((engine) => new CrashingWorld(engine));

  beforeAll(() => each(worlds, (world) => world.setUp()));
  afterAll(() => each(worlds, (world) => world.tearDown()));
  afterEach(() => each(worlds, (world) => world.reset()));

  const rows: readonly { readonly kind: Kind; readonly step: string; readonly change: number }[] = [
    ...UPDATE.map((step, index) => ({ kind: "an update", step, change: index + 1 }) as const),
    ...ROLLBACK.map((step, index) => ({ kind: "a rollback", step, change: index + 1 }) as const),
  ];

  for (const { kind, step, change: ofAll } of rows) {
    for (const crash of CRASHES) {
      // The way there is the same.
      if (kind === "a rollback" && ofAll <= 8 && crash.endsWith("before")) continue;
      onBoth(worlds, `${crash} ${step} of ${kind}`, async (world) => {
        // Containerd's image store has a second name of the image to remove first.
        const change = world.key === "new" && step === "RemoveOld" ? ofAll + 1 : ofAll;
        const image = world.image(kind);
        await world.run(NAME, ["--network=none", `--restart=${POLICY}`], image.name);
        const request = world.request(NAME, image.name, image.second, {
          health: { timeoutMs: 60_000, stableForMs: kind === "an update" ? 0 : 60_000 },
        });
        const before = (await world.inspect(NAME)).Image;
        const { ports, record, last } = world.interrupted(crash, change);
        const result = await world.update(request, ports);
        expect(last()).toBe(step);
        if (crash.startsWith("the connection")) {
          // The process itself continues, as if nothing had happened.
          expect(result.kind).toBe(ENDS[kind]);
        } else {
          // Nothing is left to be done after the last container is removed.
          const isLast = step === "RemoveOld" || step === "RemoveNew";
          expect(result.kind).toBe(isLast ? ENDS[kind] : "Interrupted");
          const recovered = await world.recover(world.ports(), record());
          for (const { result: ended } of recovered) expect(["Succeeded", "RolledBack"]).toContain(ended.kind);
          // A new process finds nothing more to do.
          expect(await world.recover()).toEqual([]);
          // What ended before there was a new container is found by those who begin it again.
          if (recovered.length === 0 && !isLast) {
            const again = await world.update({ ...request, isResumed: true });
            expect(again.kind).toBe(ENDS[kind]);
          }
        }
        const after = await world.survivor();
        if (kind === "a rollback") expect(after).toBe(before);
        expect(await world.imageId(image.name)).toBe(after);
      });
    }
  }

  for (const [step, isRecorded] of [
    ["HoldPolicy", true],
    ["StopOld", true],
    ["RenameOld", false],
    ["RenameNew", false],
    ["StartNew", false],
  ] as const) {
    const what = isRecorded ? "with what was stored" : "with nothing but the daemon";
    onBoth(worlds, `goes back ${what}, if the new container is removed by hand after ${step}`, async (world) => {
      const image = world.image("an update");
      const id = await world.run(NAME, ["--network=none", `--restart=${POLICY}`], image.name);
      const { ports, record } = world.interrupted("the process ends after", UPDATE.indexOf(step) + 1);
      const result = await world.update(world.request(NAME, image.name, image.second), ports);
      expect(result.kind).toBe("Interrupted");
      await world.removeAll(NAME, id);
      const recovered = await world.recover(world.ports(), isRecorded ? record() : undefined);
      expect(recovered).toMatchObject([{ container: NAME, result: { kind: "RolledBack" } }]);
      await world.survivor();
      expect((await world.inspect(NAME)).Id).toBe(id);
    });
  }

  onBoth(worlds, "does in another process what was wanted after the update", async (world) => {
    const { name, firstId, second } = await world.versions("crash-unneeded", [IDLE_COMMAND]);
    const hook = "--label=com.centurylinklabs.watchtower.lifecycle.post-update=echo $HOSTNAME > /hooks/post";
    await world.run(NAME, ["--network=none", `--restart=${POLICY}`, "--volume=/hooks", hook], name);
    const request = world.request(NAME, name, second, { hooks: "Labels", removeOldImage: true });
    const { ports, last } = world.interrupted("the process ends after", UPDATE.indexOf("StartNew") + 1);
    expect((await world.update(request, ports)).kind).toBe("Interrupted");
    expect(last()).toBe("StartNew");
    expect(await world.recover()).toMatchObject([{ result: { kind: "Succeeded", before: firstId, warnings: [] } }]);
    await world.survivor();
    const { Id } = await world.inspect(NAME);
    expect(await world.docker.cli(["exec", NAME, "/bin/busybox", "cat", "/hooks/post"])).toBe(`${Id.slice(0, 12)}\n`);
    await expect(world.docker.cli(["image", "inspect", firstId])).rejects.toThrow(/No such image/i);
  });
});
