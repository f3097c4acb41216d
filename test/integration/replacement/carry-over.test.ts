import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { compare } from "./compare.ts";
import { RUN_CASES, type RunCase } from "./run-cases.ts";
import { engines, IDLE_COMMAND, ReplacementWorld, type VersionedImage } from "./world.ts";

const PREFIX = "carried-";

/** Everything that an image can set. */
const RICH = [
  'ENTRYPOINT ["/bin/busybox"]',
  `CMD ${JSON.stringify(["sh", "-c", 'trap "exit 0" INT TERM; /bin/busybox sleep infinity & wait'])}`,
  "ENV FROM_IMAGE=1",
  "ENV SECOND=two",
  "EXPOSE 8000",
  "VOLUME /image-volume",
  "WORKDIR /work",
  "USER 12:34",
  "LABEL image.label=1",
  'HEALTHCHECK --interval=1s CMD ["/bin/busybox", "true"]',
];

describe.each(engines)("what $label shows of a container before and after its update", (engine) => {
  const world = new ReplacementWorld(engine);
  const { docker } = world;
  const allowed = new Map<string, number>();
  let images: Readonly<Record<NonNullable<RunCase["image"]>, VersionedImage>>;

  beforeAll(async () => {
    await world.removeAll(PREFIX);
    await docker.cli(["network", "create", "--subnet", "172.31.101.0/24", "net-a"]);
    await docker.cli(["network", "create", "--subnet", "172.31.102.0/24", "net-b"]);
    // Engine 20.10 cannot import an image with a stop signal.
    const rich = engine.key === "old" ? RICH : [...RICH, "STOPSIGNAL SIGINT"];
    images = { plain: await world.versions("plain", [IDLE_COMMAND]), rich: await world.versions("rich", rich) };
    await world.run("source", ["--network=net-a", "--ipc=shareable", "--volume", "/source-volume"], images.plain.name);
  });

  afterAll(async () => {
    await world.removeAll(PREFIX);
    await docker.cli(["rm", "--force", "--volumes", "source"]);
    await docker.cli(["network", "rm", "net-a", "net-b"]);
    await docker.cli(["volume", "rm", "--force", "named", "fresh", "mounted"]);
    const list = [...allowed].map(([why, count]) => `  ${count} times: ${why}`).toSorted();
    console.error(`differences that are allowed, on ${engine.label}:\n${list.join("\n")}`);
  });

  afterEach(async () => {
    await world.removeAll(PREFIX);
    // The next one starts from the same.
    for (const { name, firstId } of Object.values(images)) await docker.cli(["tag", firstId, name]);
  });

  it.each(RUN_CASES)("$name", async (run) => {
    const name = PREFIX + run.name;
    const image = images[run.image ?? "plain"];
    await world.run(name, run.args, image.name, run.command, run.created);
    for (const network of run.connect ?? []) await docker.cli(["network", "connect", ...network, name]);
    for (const file of run.data ?? []) {
      await docker.cli(["exec", "--user=0", name, "/bin/busybox", "sh", "-c", `echo kept > ${file}`]);
    }
    const before = await world.inspect(name);
    expect(await world.update(world.request(name, image.name, image.second))).toMatchObject({ kind: "Succeeded" });
    const after = await world.inspect(name);
    expect(after.Id).not.toBe(before.Id);
    expect(after.Image).not.toBe(before.Image);
    const differences = compare(before, after);
    for (const why of differences.allowed) allowed.set(why, (allowed.get(why) ?? 0) + 1);
    expect(differences.forbidden).toEqual([]);
    for (const file of run.data ?? []) {
      expect(await docker.cli(["exec", name, "/bin/busybox", "cat", file])).toBe("kept\n");
    }
    const status = before.State.Status === "running" ? "running" : "created";
    expect(await world.containers(`${name}(\\.|$)`)).toEqual([`${name} ${status}`]);
  });
});
