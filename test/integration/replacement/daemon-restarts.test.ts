import { afterAll, beforeAll, describe, expect, vi } from "vitest";
import { advised } from "../../../src/api/failure.ts";
import { failure, success } from "../../../src/common/result.ts";
import type { EngineAccess, ReplacementPorts, ReplacementResult } from "../../../src/replacement/request.ts";
import { each, engines, IDLE_COMMAND, onBoth, ReplacementWorld, type VersionedImage } from "./world.ts";

// Generous, because this only ends what hangs, and all containers of a daemon start at the same time.
vi.setConfig({ testTimeout: 300_000 });

const PREFIX = "restart-";
const POLICY = "always";

/** The changing requests of an update, and of one that goes back because its new container does not become healthy. */
const FORWARD = ["Tag", "Create", "HoldPolicy", "StopOld", "RenameOld", "RenameNew", "StartNew"];
const BACK = ["HoldNew", "StopNew", "SetAside", "RestorePolicy", "RenameBack", "StartOld", "Tag", "RemoveNew"];
const STEPS = {
  Succeeded: ["Pull", ...FORWARD, "RemoveOld"],
  RolledBack: ["Pull", ...FORWARD, ...BACK],
} as const;
type End = keyof typeof STEPS;

/** The container that is updated while the daemon is restarted in front of one of the changing requests. */
interface Case {
  readonly name: string;
  readonly end: End;
  readonly step: string;
  /** Counts from 1. */
  readonly change: number;
}

const CASES: readonly Case[] = (["Succeeded", "RolledBack"] as const).flatMap((end) =>
  STEPS[end].map((step, index) => ({
    name: `${PREFIX}${end.toLowerCase()}-${index + 1}`,
    end,
    step,
    change: index + 1,
  })),
);

/** All updates of a daemon at the same time, so that one restart strikes each of them at another request. */
class RestartedWorld extends ReplacementWorld {
  readonly #images = new Map<End, VersionedImage>();
  readonly #old = new Map<string, string>();
  cases = 0;

  async setUp(): Promise<void> {
    await this.removeAll(PREFIX);
    // A health check that was never made yet.
    const sick = ["HEALTHCHECK --interval=1h CMD /bin/busybox false"];
    this.#images.set("Succeeded", await this.versions("restarted", [IDLE_COMMAND], [], ["LABEL version=2"]));
    this.#images.set("RolledBack", await this.versions("restarted-sick", [IDLE_COMMAND], [], sick));
  }

  async tearDown(): Promise<void> {
    await this.removeAll(PREFIX);
    console.error(`${this.cases} restarts of ${this.label} in updates ended with one running container each`);
  }

  /** Each container has an image name of its own, which its update moves. */
  async startAll(): Promise<void> {
    await this.removeAll(PREFIX);
    await Promise.all(
      CASES.map(async (each) => {
        const image = this.#image(each);
        await this.docker.cli(["tag", image.firstId, image.own]);
        this.#old.set(each.name, await this.run(each.name, ["--network=none", `--restart=${POLICY}`], image.own));
      }),
    );
  }

  #image({ name, end }: Case): VersionedImage & { readonly own: string } {
    const image = this.#images.get(end);
    if (image === undefined) throw new Error("it was not set up");
    return { ...image, own: image.name.replace(/:1$/, `:${name}`) };
  }

  /** Carries out an update; each change passes `record`. */
  updateOf(each: Case, record: ReplacementPorts["record"], isResumed = false): Promise<ReplacementResult> {
    const { own, second } = this.#image(each);
    const ports = this.ports({ record });
    const health = { timeoutMs: 1_000, stableForMs: 0 };
    const request = this.request(each.name, own, second, { health, isResumed });
    return this.update(request, { ...ports, open: () => showingOnly(each.name, ports.open()) });
  }

  /** At no time, not even now, may two containers of one name run. */
  async expectNoTwins(): Promise<void> {
    const running = (await this.containers(PREFIX)).filter((text) => !/ (exited|created)$/.test(text));
    const names = running.map((text) => text.replace(/[. ].*$/, ""));
    expect(names.filter((name, index) => names.indexOf(name) !== index)).toEqual([]);
  }

  async expectEnd(each: Case): Promise<void> {
    expect((await this.containers(each.name)).filter(isOf(each.name)), each.step).toEqual([`${each.name} running`]);
    const { Id, Image, HostConfig } = await this.inspect(each.name);
    expect(HostConfig.RestartPolicy.Name).toBe(POLICY);
    expect(Id === this.#old.get(each.name)).toBe(each.end === "RolledBack");
    expect(await this.imageId(this.#image(each).own)).toBe(Image);
    this.cases++;
  }
}

function isOf(name: string): (text: string) => boolean {
  return (text) => text.startsWith(`${name} `) || text.startsWith(`${name}.`);
}

/** A connection that shows one container and what replaces it, since a daemon has room for one update at a time. */
function showingOnly(name: string, { details, changes, ...access }: EngineAccess): EngineAccess {
  return {
    ...access,
    changes,
    details: {
      listContainers: async () => {
        const listed = await details.listContainers();
        return listed.ok ? success(listed.value.filter((each) => isOf(name)(`${each.name} `))) : listed;
      },
      inspectContainer: (id) => details.inspectContainer(id),
      inspectForRecreation: (id) => details.inspectForRecreation(id),
      inspectImage: (image) => details.inspectImage(image),
      inspectExec: (exec) => details.inspectExec(exec),
      info: () => details.info(),
    },
  };
}

/** Holds a process in front of one of its changes. */
function heldAt({ change, step: wanted }: Case, then: () => Promise<boolean>) {
  const reached = Promise.withResolvers<string>();
  let count = 0;
  const record: ReplacementPorts["record"] = async ({ step }) => {
    // Only containerd's image store has a second name to remove.
    if (step === "Verify" || step === "RemoveImage") return success(undefined);
    if (++count < change) return success(undefined);
    if (count === change) reached.resolve(step);
    return (await then()) ? success(undefined) : failure(advised("UpdateInterrupted", "the process has ended"));
  };
  return { reached: reached.promise.then((step) => expect(step).toBe(wanted)), record };
}

describe("a daemon that is restarted at each changing request, on both engines", () => {
  const worlds = engines.map((engine) => new RestartedWorld(engine));

  beforeAll(() => each(worlds, (world) => world.setUp()));
  afterAll(() => each(worlds, (world) => world.tearDown()));

  onBoth(worlds, "by a crash: the process continues as if nothing had happened", async (world) => {
    await world.startAll();
    const restarted = Promise.withResolvers<boolean>();
    const held = CASES.map((each) => heldAt(each, () => restarted.promise));
    const results = CASES.map((each, index) => world.updateOf(each, held[index]?.record ?? expect.fail()));
    await Promise.race([Promise.all(held.map(({ reached }) => reached)), Promise.all(results)]);
    await world.docker.crash();
    await world.expectNoTwins();
    restarted.resolve(true);
    const ended = await Promise.all(results);
    expect(ended.map(({ kind }) => kind)).toEqual(CASES.map(({ end }) => end));
    for (const each of CASES) await world.expectEnd(each);
  });

  onBoth(worlds, "together with the process: another one finishes or undoes it", async (world) => {
    await world.startAll();
    const held = CASES.map((each) => heldAt(each, async () => false));
    const results = CASES.map((each, index) => world.updateOf(each, held[index]?.record ?? expect.fail()));
    for (const { kind } of await Promise.all(results)) expect(kind).toBe("Interrupted");
    await world.docker.restart();
    await world.expectNoTwins();
    const recovered = new Map((await world.recover()).map(({ container, result }) => [container, result]));
    expect(await world.recover()).toEqual([]);
    await world.expectNoTwins();
    await Promise.all(
      CASES.map(async (each) => {
        const result = recovered.get(each.name);
        const isUndone = result?.kind === "RolledBack" && result.failure.reason === "UpdateUndone";
        const isOpen = result === undefined || (isUndone && each.end === "Succeeded");
        const end = isOpen ? await world.updateOf(each, async () => success(undefined), true) : result;
        expect([each.step, end.kind]).toEqual([each.step, each.end]);
      }),
    );
    for (const each of CASES) await world.expectEnd(each);
  });
});
