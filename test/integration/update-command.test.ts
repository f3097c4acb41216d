import { afterAll, beforeAll, describe, expect, inject, it } from "vitest";
import type { Docker } from "../env/docker.ts";
import { connectEnvironment } from "../env/environment.ts";
import { Program } from "./program.ts";

const { dockers, registry } = connectEnvironment(inject("environment"));

const IDLE = 'CMD ["/bin/busybox", "sleep", "infinity"]';
const ENDS = 'CMD ["/bin/busybox", "false"]';

/** Everything about one container that an update command acts on. */
class Subject {
  readonly docker: Docker;
  readonly name: string;
  readonly image: string;

  constructor(docker: Docker, key: string, what: string) {
    this.docker = docker;
    this.name = `commanded-${key}-${what}`;
    this.image = `${registry.facts.host}/commanded/${key}-${what}:1`;
  }

  /** Runs the first version; the registry has a second one, of which this daemon knows nothing. */
  async start(command = IDLE): Promise<{ readonly digest: string; readonly id: string }> {
    const { docker, image, name } = this;
    const version = async (change: string) => {
      await docker.cli(["import", "--change", change, docker.facts.rootfs, image]);
      return await docker.push(image);
    };
    await version(IDLE);
    const id = await docker.runContainer({ name, image });
    const first = (await docker.cli(["image", "inspect", "--format", "{{.Id}}", image])).trim();
    const digest = await version(command);
    await docker.cli(["image", "rm", image]);
    await docker.cli(["tag", first, image]);
    return { digest, id };
  }

  run(...flags: readonly string[]): Program {
    const { host, certPath } = this.docker.facts;
    const connection = ["--host", host, "--tlsverify", "--cert-path", certPath];
    const registries = ["--no-registry-config", "--registry-ca", registry.facts.caFile];
    return Program.start(["update", this.name, ...connection, ...registries, ...flags]);
  }

  /** `name id state` of it and of everything that an update may leave. */
  async containers(): Promise<readonly string[]> {
    const format = "{{.Names}} {{.ID}} {{.State}}";
    const filter = ["--all", "--no-trunc", "--filter", `name=^${this.name}`];
    const output = await this.docker.cli(["ps", ...filter, "--format", format]);
    return output.trim().split("\n").filter(Boolean);
  }

  async hasImage(digest: string): Promise<boolean> {
    const digests = await this.docker.cli(["images", "--all", "--digests", "--format", "{{.Digest}}"]);
    return digests.includes(digest);
  }

  async remove(): Promise<void> {
    await this.docker.removeContainer(this.name);
  }
}

describe.each(Object.entries(dockers))("dockerhost update over mutual TLS, on the %s engine", (key, docker) => {
  const healthy = new Subject(docker, key, "healthy");
  let before: { readonly digest: string; readonly id: string };

  beforeAll(async () => {
    before = await healthy.start();
  });

  afterAll(() => healthy.remove());

  it("changes nothing in a dry run, and says so", async () => {
    const program = healthy.run("--dry-run");
    expect(await program.exited).toBe(0);
    expect(program.stdout).toContain(`to       ${before.digest.slice(0, 19)}`);
    expect(program.stdout).toContain("This is a dry run: nothing was changed.");
    expect(await healthy.containers()).toEqual([`${healthy.name} ${before.id} running`]);
    expect(await healthy.hasImage(before.digest)).toBe(false);
  });

  it("asks for --yes where nobody can be asked", async () => {
    const program = healthy.run();
    expect(await program.exited).toBe(2);
    expect(program.output).toContain("--yes");
  });

  it("replaces the container with the same one on exactly the digest of its tag", async () => {
    const program = healthy.run("--yes", "--stable-for", "1s");
    expect([await program.exited, program.output]).toEqual([0, expect.stringContaining("now runs")]);
    expect(await healthy.hasImage(before.digest)).toBe(true);
    const [container = "", ...others] = await healthy.containers();
    expect(others).toEqual([]);
    expect(container).toMatch(new RegExp(`^${healthy.name} [0-9a-f]{64} running$`));
    expect(container).not.toContain(before.id);
    const again = healthy.run("--yes");
    expect([await again.exited, again.output]).toEqual([0, expect.stringContaining("it is up to date")]);
  });
});

describe("dockerhost update of a container", () => {
  const failing = new Subject(dockers.new, "new", "failing");
  const stopped = new Subject(dockers.new, "new", "stopped");
  const unread = new Subject(dockers.new, "new", "unread");

  afterAll(async () => {
    await failing.remove();
    await stopped.remove();
    await unread.remove();
  });

  it("whose new version ends immediately puts the old one back, and exits with 4", async () => {
    const { id } = await failing.start(ENDS);
    const program = failing.run("--yes", "--stable-for", "1m");
    expect([await program.exited, program.output]).toEqual([4, expect.stringContaining("the old container is back")]);
    expect(await failing.containers()).toEqual([`${failing.name} ${id} running`]);
  });

  it("that is interrupted puts the old one back, and says so", async () => {
    const { id } = await stopped.start();
    const program = stopped.run("--yes", "--stable-for", "30m");
    await program.says("waiting for the new container");
    expect([await program.stop(), program.output]).toEqual([
      1,
      expect.stringContaining("the old container is as it was"),
    ]);
    expect(await stopped.containers()).toEqual([`${stopped.name} ${id} running`]);
  });

  it("whose output nobody reads any more puts the old one back", async () => {
    const { id } = await unread.start();
    const program = unread.run("--yes", "--stable-for", "30m");
    await program.says("creating the new container");
    program.closeOutput();
    expect(await program.exited).toBe(1);
    expect(await unread.containers()).toEqual([`${unread.name} ${id} running`]);
  });
});
