import { rename, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it, vi } from "vitest";
import { eventually } from "../../test/support/eventually.ts";
import { FakeClock } from "../../test/support/fake-clock.ts";
import { MemoryLogger } from "../../test/support/memory-logger.ts";
import { temporaryFolder } from "../../test/support/temp-folder.ts";
import { FileResources } from "./file-resources.ts";
import { FolderWatch } from "./folder-watch.ts";

function host(name: string): string {
  return `apiVersion: dockerhost.dev/v1alpha1\nkind: DockerHost\nmetadata: {name: ${name}}\n`;
}

async function watched() {
  const folder = await temporaryFolder();
  const clock = new FakeClock();
  const logger = new MemoryLogger();
  const resources = new FileResources({ clock });
  const watch = new FolderWatch({ paths: [folder], resources, clock, logger });
  const names = () => resources.hosts.list().map(({ metadata }) => metadata.name);
  return { folder, clock, logger, resources, watch, names };
}

describe("FolderWatch", () => {
  it("brings the hosts of the files in", async () => {
    const { folder, watch, names } = await watched();
    await writeFile(join(folder, "a.yaml"), host("a"));
    const { problems } = await watch.refresh();
    expect(problems).toEqual([]);
    expect(names()).toEqual(["a"]);
  });

  it("follows what is added, changed and removed", async () => {
    const { folder, clock, watch, names } = await watched();
    const stop = new AbortController();
    const running = watch.run(stop.signal);
    /** Lets time pass until the watch has looked. */
    const sees = (expected: readonly string[]) =>
      eventually(async () => {
        await clock.advance(1_000);
        expect(names()).toEqual(expected);
      });
    await writeFile(join(folder, "a.yaml"), host("a"));
    await sees(["a"]);
    await writeFile(join(folder, "b.yaml"), host("b"));
    await sees(["a", "b"]);
    await rm(join(folder, "a.yaml"));
    await sees(["b"]);
    stop.abort();
    await running;
    expect(clock.pending).toBe(0);
  });

  it("does not take a file that is being written, although its present content is well-formed", async () => {
    const { folder, clock, resources, watch, names } = await watched();
    const file = join(folder, "a.yaml");
    await writeFile(file, host("a"));
    await watch.refresh();
    const apply = vi.spyOn(resources, "apply");
    const stop = new AbortController();
    const running = watch.run(stop.signal);
    /** A look is over once the next one waits for its time. */
    const looks = async () => {
      await clock.advance(1_000);
      await eventually(() => expect(clock.pending).toBe(1));
    };
    await looks();
    await writeFile(file, "");
    await looks();
    await writeFile(file, `${host("a")}---\n${host("b")}`);
    await looks();
    expect([names(), apply.mock.calls.length]).toEqual([["a"], 0]);
    await looks();
    expect(names()).toEqual(["a", "b"]);
    stop.abort();
    await running;
  });

  it("complains of each state of the files once", async () => {
    const { folder, logger, watch, names } = await watched();
    const file = join(folder, "a.yaml");
    await writeFile(file, host("a"));
    await watch.refresh();
    await writeFile(file, "kind: [");
    for (let look = 0; look < 3; look++) await watch.refresh();
    expect(logger.lines).toMatchObject([{ level: "error", fields: { source: file } }]);
    expect(names()).toEqual(["a"]);
    await writeFile(file, host("a"));
    await watch.refresh();
    await writeFile(file, "kind: [");
    await watch.refresh();
    expect(logger.lines.length).toBe(2);
  });

  it("leaves files that are as they were unparsed", async () => {
    const { folder, resources, watch } = await watched();
    await writeFile(join(folder, "a.yaml"), host("a"));
    const apply = vi.spyOn(resources, "apply");
    for (let look = 0; look < 3; look++) await watch.refresh();
    expect(apply).toHaveBeenCalledTimes(1);
  });

  it("keeps the hosts while the folder is away", async () => {
    const { folder, logger, watch, names } = await watched();
    await writeFile(join(folder, "a.yaml"), host("a"));
    await watch.refresh();
    await rename(folder, `${folder}.away`);
    await watch.refresh();
    expect(names()).toEqual(["a"]);
    expect(logger.lines).toMatchObject([
      { level: "error", fields: { source: folder, detail: "cannot be read: it does not exist" } },
    ]);
    await rename(`${folder}.away`, folder);
    await watch.refresh();
    expect(names()).toEqual(["a"]);
  });

  it("continues after an error", async () => {
    const { folder, clock, logger, resources, watch, names } = await watched();
    await writeFile(join(folder, "a.yaml"), host("a"));
    const apply = vi.spyOn(resources, "apply").mockRejectedValueOnce(new Error("disk full"));
    const stop = new AbortController();
    const running = watch.run(stop.signal);
    await eventually(async () => {
      await clock.advance(1_000);
      expect(names()).toEqual(["a"]);
    });
    expect(apply.mock.calls.length).toBeGreaterThan(1);
    expect(logger.lines).toMatchObject([{ level: "error", message: "Cannot read the manifests" }]);
    stop.abort();
    await running;
  });
});
