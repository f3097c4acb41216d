import { join } from "node:path";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { advised } from "../../../src/api/failure.ts";
import { failure, success } from "../../../src/common/result.ts";
import type { MemberRecord, Progress, ReplacementPorts } from "../../../src/replacement/request.ts";
import { type Cut, CuttingProxy } from "./cutting-proxy.ts";
import { engines, IDLE_COMMAND, ReplacementWorld, type VersionedImage } from "./world.ts";

const NAME = "crashed";
const POLICY = "always";

/** Changing requests of an update whose image is there, and of one that goes back since its new container ends. */
const UPDATE = ["Pull", "Tag", "Create", "HoldPolicy", "StopOld", "RenameOld", "RenameNew", "StartNew", "RemoveOld"];
const ROLLBACK = [
  ...UPDATE.slice(0, 8),
  "StopNew",
  "SetAside",
  "RenameBack",
  "RestorePolicy",
  "StartOld",
  "RemoveNew",
  "Tag",
];

/** How the process or its connection ends. Before a request, a new process finds what it does after the one before it. */
const CRASHES = ["the process ends after", "the connection is cut before", "the connection is cut after"] as const;
type Crash = (typeof CRASHES)[number];

describe.each(engines)("an update on $label that is interrupted", (engine) => {
  const world = new ReplacementWorld(engine);
  const { docker } = world;
  let proxy: CuttingProxy;
  let good: VersionedImage;
  let bad: VersionedImage;
  let cases = 0;

  beforeAll(async () => {
    await world.removeAll(NAME);
    proxy = await CuttingProxy.listen(
      join(docker.facts.dockerd.runFolder, `cut-${engine.key}.sock`),
      docker.facts.socket,
    );
    good = await world.versions("good", [IDLE_COMMAND]);
    bad = await world.versions("bad", [], [IDLE_COMMAND], ['CMD ["/bin/busybox", "false"]']);
    // The images are there: a pull changes nothing that a crash could leave half done.
    for (const { name, second } of [good, bad]) await docker.cli(["pull", `${name.replace(/:1$/, "")}@${second}`]);
  });

  afterAll(async () => {
    await world.removeAll(NAME);
    await proxy.close();
    console.error(`${cases} interruptions of updates on ${engine.label} ended with one running container each`);
  });

  afterEach(async () => {
    await world.removeAll(NAME);
    for (const { name, firstId } of [good, bad]) await docker.cli(["tag", firstId, name]);
  });

  /** What is left: one container of that name, running by its own policy. The image that it runs. */
  async function survivor(): Promise<string> {
    expect(await world.containers(NAME)).toEqual([`${NAME} running`]);
    const { HostConfig, Image } = await world.inspect(NAME);
    expect(HostConfig.RestartPolicy.Name).toBe(POLICY);
    cases++;
    return Image;
  }

  const wanted = { [ROLLBACK.length]: "bad", [UPDATE.length]: "good" } as const;
  const rows = [
    ...UPDATE.map((step, index) => ({ kind: "an update", step, change: index + 1, steps: UPDATE })),
    // The way there is the same.
    ...ROLLBACK.slice(8).map((step, index) => ({ kind: "a rollback", step, change: index + 9, steps: ROLLBACK })),
  ].flatMap((row) => CRASHES.map((crash) => ({ ...row, crash })));

  it.each(rows)("$crash $step of $kind", async ({ kind, step, change, crash, steps }) => {
    const image = wanted[steps.length] === "bad" ? bad : good;
    await world.run(NAME, ["--network=none", `--restart=${POLICY}`], image.name);
    const request = world.request(NAME, image.name, image.second, {
      health: { timeoutMs: 20_000, stableForMs: kind === "an update" ? 0 : 5_000 },
    });
    const before = (await world.inspect(NAME)).Image;
    const { ports, records, last } = interrupted(crash, change);
    const result = await world.update(request, ports);
    expect(last()).toBe(step);
    if (crash.startsWith("the connection")) {
      // The process itself goes on, as if nothing had happened.
      expect(result.kind).toBe(kind === "an update" ? "Succeeded" : "RolledBack");
    } else {
      // Nothing is left to be done after the last container is removed; the tag comes after that.
      const end = kind === "an update" ? "Succeeded" : "RolledBack";
      expect(result.kind).toBe(["RemoveOld", "RemoveNew", "Tag"].includes(step) && change > 2 ? end : "Interrupted");
      for (const { result: ended } of await world.recover(world.ports(), records())) {
        expect(["Succeeded", "RolledBack"]).toContain(ended.kind);
      }
      // A new process finds nothing more to do.
      expect(await world.recover()).toEqual([]);
    }
    const after = await survivor();
    if (kind === "a rollback") expect(after).toBe(before);
  });

  /** Ports of a process that is interrupted at one of its changes, and what it had stored by then. */
  function interrupted(crash: Crash, change: number) {
    let stored: readonly MemberRecord[] = [];
    let last = "";
    let count = 0;
    const record = async ({ step, members }: Progress) => {
      stored = members;
      if (count < change) last = step;
      if (step !== "Verify") count++;
      return success(undefined);
    };
    const cut: Cut = crash.endsWith("before") ? "before" : "after";
    let ports: Partial<ReplacementPorts> & { readonly socket?: string };
    if (crash.startsWith("the connection")) {
      proxy.cutAt(change, cut);
      ports = { socket: proxy.path, record };
    } else {
      // Its request is carried out, and nobody learns of it.
      proxy.cutAt(change, "after");
      const controller = new AbortController();
      ports = {
        socket: proxy.path,
        signal: controller.signal,
        record: async (progress: Progress) => {
          if (count >= change) return failure(advised("UpdateInterrupted", "the process has ended"));
          await record(progress);
          return success(undefined);
        },
        mayChange: () => true,
        patienceMs: 0,
      };
    }
    return { ports: world.ports(ports), records: () => stored, last: () => last };
  }
});
