import { afterAll, beforeAll, describe, expect, inject, it } from "vitest";
import type { UpdateItemStatus } from "../../src/api/status.ts";
import { connectEnvironment } from "../env/environment.ts";
import { eventually } from "../support/eventually.ts";
import { TestNamespace } from "./cluster.ts";
import { Program } from "./program.ts";

const { kube, dockers, registry } = connectEnvironment(inject("environment"));

const engines = [
  { label: "Docker 20.10 with a graph driver", docker: dockers.old, key: "old" },
  { label: "Docker 29 with containerd's image store", docker: dockers.new, key: "new" },
] as const;

describe.each(engines)("services of a Swarm on $label", ({ docker, key }) => {
  let namespace: TestNamespace;
  let controller: Program;
  let requests = 0;
  const other = docker === dockers.old ? dockers.new : dockers.old;
  const image = (tag: string) => `${registry.facts.host}/swarm-${key}/app:${tag}`;

  /** Another image under the tag, pushed by a daemon that is not part of the Swarm. Its digest. */
  async function push(tag: string): Promise<string> {
    await other.importImage(image(tag));
    return await other.push(image(tag));
  }

  /** A service of one task. `host`, since the daemons of the tests have no bridge. */
  async function createService(name: string, from: string, ...flags: readonly string[]): Promise<void> {
    const quick = ["--stop-grace-period=0s", "--update-monitor=100ms", "--network=host"];
    await docker.cli(["service", "create", "--name", name, ...quick, ...flags, from]);
  }

  /** Runs the command at the end of a message as it is, except for what a person fills in. */
  async function follow(message = "", filledIn: Readonly<Record<string, string>> = {}): Promise<void> {
    const [, command = ""] = /: docker (service update .*)$/.exec(message) ?? [];
    await docker.cli(command.split(" ").map((word) => word.replace(/TAG$/, (tag) => filledIn[tag] ?? tag)));
  }

  /** The item of the service's only task, after a check that was asked for now. */
  async function check(service: string) {
    const token = `${++requests}`;
    await namespace.kubectl("annotate", "dockerhost", "edge", "--overwrite", `dockerhost.dev/requestedAt=${token}`);
    let found: UpdateItemStatus | undefined;
    await eventually(async () => {
      const { status } = await namespace.host("edge");
      expect(status?.updates?.lastHandledRequestedAt).toBe(token);
      const items = (status?.updates?.items ?? []).filter(({ container }) => container.startsWith(`${service}.`));
      expect(items, JSON.stringify(status?.updates)).toHaveLength(1);
      found = items[0];
    });
    return found;
  }

  beforeAll(async () => {
    await docker.cli(["swarm", "init", "--advertise-addr=127.0.0.1", "--listen-addr=127.0.0.1:0"]);
    namespace = await TestNamespace.create(kube);
    controller = await Program.controller(kube, namespace.name);
    await namespace.applySecret("registry-ca", { "ca.crt": registry.facts.ca });
    await namespace.applySecret("docker-tls", { ...docker.facts.client });
    await namespace.applyHost("edge", {
      host: docker.facts.host,
      tls: { verify: true, certSecretRef: { name: "docker-tls" } },
      updateCheck: {
        containers: { includeNames: [`swarm-${key}-.*`] },
        tags: [{ images: [".*/swarm-.*/app"], semver: "^1" }],
        registries: [{ host: registry.facts.host, certSecretRef: { name: "registry-ca" } }],
      },
    });
  });

  afterAll(async () => {
    await docker.cli(["swarm", "leave", "--force"]);
    await namespace?.delete();
    await controller?.stop();
  });

  it("are checked by their tag, and updated by the command that the message names", async () => {
    const name = `swarm-${key}-web`;
    const first = await push("latest");
    await createService(name, image("latest"));
    const fresh = await check(name);
    expect(fresh).toMatchObject({ verdict: "UpToDate", image: `${image("latest")}@${first}`, running: first });

    const second = await push("latest");
    const behind = await check(name);
    expect(behind).toMatchObject({ verdict: "Outdated", running: first, available: second });
    expect(behind?.message).toBe(
      `The registry has another image for ${image("latest")}; to update the service ${name}, run on a manager: docker service update --image ${image("latest")} ${name}`,
    );
    // What a user would try first changes nothing.
    await docker.cli(["pull", image("latest")]);
    expect(await check(name)).toMatchObject({ verdict: "Outdated", running: first });

    await follow(behind?.message);
    expect(await check(name)).toMatchObject({ verdict: "UpToDate", running: second, available: second });
  });

  it("stay pinned without a tag, until they are given one as the message says", async () => {
    const name = `swarm-${key}-fixed`;
    const digest = await push("1.2.0");
    await createService(name, image("1.2.0").replace(/:1\.2\.0$/, `@${digest}`));
    const pinned = await check(name);
    expect(pinned).toMatchObject({ verdict: "Pinned", running: digest });
    await follow(pinned?.message, { TAG: "1.2.0" });
    expect(await check(name)).toMatchObject({ verdict: "UpToDate", running: digest });

    await push("1.3.0");
    expect(await check(name)).toMatchObject({ verdict: "UpToDate", newerTag: { tag: "1.3.0", change: "Minor" } });
  });

  it("are left out by a label of their containers", async () => {
    const name = `swarm-${key}-out`;
    await push("left-out");
    await createService(name, image("left-out"), "--container-label", "dockerhost.dev/enable=false");
    expect(await check(name)).toMatchObject({ verdict: "Excluded", reason: "Label" });
  });

  it("and not containers that are pinned by tag and digest, although they have newer tags", async () => {
    const digest = await push("1.0.0");
    const name = `swarm-${key}-plain.1`;
    await docker.cli(["pull", `${image("1.0.0")}@${digest}`]);
    await docker.runContainer({ name, image: `${image("1.0.0")}@${digest}` });
    try {
      expect(await check(`swarm-${key}-plain`)).toMatchObject({
        verdict: "Pinned",
        running: digest,
        newerTag: { tag: "1.3.0", change: "Minor" },
      });
    } finally {
      await docker.removeContainer(name);
    }
  });
});
