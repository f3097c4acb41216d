import { rm, symlink } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { execute } from "../../env/binaries/run-command.ts";
import { eventually } from "../../support/eventually.ts";
import { PROGRAM } from "../program.ts";
import { kube, UpdateWorld } from "./world.ts";

describe("ContainerUpdates by kubectl dockerhost", () => {
  const container = "plugin-updated";
  let world: UpdateWorld;
  let newer: string;
  let id: string;
  let link: string;

  const plugin = (...args: readonly string[]) => {
    const env = { PATH: process.env.PATH, HOME: "/nonexistent", KUBECONFIG: kube.facts.kubeconfig };
    return execute(process.execPath, [link, ...args, "-n", world.namespace.name], { env });
  };

  /** What the plugin goes by comes from the host's last check, which follows an update. */
  const isShown = (verdict: string) =>
    eventually(async () => {
      const items = (await world.namespace.host("old")).status?.updates?.items;
      expect(items?.find((item) => item.container === container)?.verdict).toBe(verdict);
    });

  beforeAll(async () => {
    world = await UpdateWorld.start("plugin-", { engines: ["old"], images: ["good"] });
    const { docker } = world.engine("old");
    // The name by which kubectl finds it.
    link = join(docker.facts.dockerd.runFolder, "kubectl-dockerhost");
    await rm(link, { force: true });
    await symlink(PROGRAM, link);
    const { name, firstId } = world.image("old");
    id = await world.started("old", container);
    // Somebody pushes a new version under the same tag.
    const other = name.replace(/:1$/, ":2");
    await docker.cli(["pull", other]);
    await docker.cli(["tag", other, name]);
    newer = await docker.push(name);
    await docker.cli(["tag", firstId, name]);
    await world.namespace.kubectl("annotate", "dhost", "old", "--overwrite", "dockerhost.dev/requestedAt=plugin");
    await isShown("Outdated");
  });

  afterAll(() => world?.stop());

  it("are not created in a dry run, which says so", async () => {
    const { code, stdout } = await plugin("update", "old", container, "--dry-run");
    expect([code, stdout]).toEqual([0, expect.stringContaining(`to       ${newer.slice(0, 19)}`)]);
    expect(stdout).toContain("This is a dry run: nothing was changed.");
    expect(await world.engine("old").inspect(container)).toMatchObject({ Id: id });
    expect((await plugin("history", "old", "-o", "name")).stdout).not.toContain(container);
  });

  it("are followed to the end, listed, and undone", async () => {
    const update = await plugin("update", "dockerhost/old", container, "--stable-for", "1s");
    expect([update.code, update.stdout, update.stderr]).toEqual([
      0,
      expect.stringContaining(`Container ${container} runs ${newer}`),
      expect.stringContaining("Verifying"),
    ]);
    await isShown("UpToDate");
    expect((await plugin("update", "old", container)).stdout).toContain("it is up to date");
    const history = await plugin("history", "old");
    const [header, newest = ""] = history.stdout.split("\n");
    expect(header).toMatch(/^CONTAINER +PHASE +IMAGE +FROM +TO +DOWNTIME +AGE +NAME +MESSAGE$/);
    expect(newest.split(/ +/).slice(0, 2)).toEqual([container, "Succeeded"]);
    expect(newest).toContain(newer.slice(0, 19));
    const back = await plugin("rollback", "old", container, "--stable-for", "1s");
    expect([back.code, back.stderr]).toEqual([0, expect.stringContaining("created")]);
    expect((await world.engine("old").inspect(container)).Image).toBe(world.image("old").firstId);
  });

  it("are refused with the way to allow them, and where nothing can be done", async () => {
    await world.namespace.kubectl("patch", "dhost", "old", "--type=merge", "-p", '{"spec":{"allowUpdates":false}}');
    const refused = await plugin("update", "old", container, "--digest", newer);
    expect(refused.code).toBe(1);
    expect(refused.stderr).toContain("kubectl patch dockerhost old");
    expect((await plugin("rollback", "old", "unknown")).stderr).toContain("no successful update of container unknown");
    expect((await plugin("update", "old")).code).toBe(2);
  });
});
