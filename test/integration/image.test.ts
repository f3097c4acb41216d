import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { delimiter, dirname, join } from "node:path";
import { afterAll, beforeAll, describe, expect, inject, it } from "vitest";
import packageJson from "../../package.json" with { type: "json" };
import { execute, run } from "../env/binaries/run-command.ts";
import { connectEnvironment } from "../env/environment.ts";
import { TestNamespace } from "./cluster.ts";
import { importNodeBase } from "./node-base.ts";
import { LOOPBACK } from "./program.ts";

const { kube, dockers } = connectEnvironment(inject("environment"));
const docker = dockers.new;
const IMAGE = "dockerhost-operator:test";
/** As the kubelet runs a container of a restricted pod. */
const RESTRICTED = ["--read-only", "--cap-drop=ALL", "--security-opt=no-new-privileges", "--network=host"];
const SERVICE_ACCOUNT = "/var/run/secrets/kubernetes.io/serviceaccount";

describe("the image", () => {
  let folder: string;
  const container = "dockerhost-operator";

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), "dockerhost-image-"));
    await importNodeBase(docker, "node-base:test");
    const env = {
      PATH: [dirname(docker.facts.docker), dirname(process.execPath), process.env.PATH].join(delimiter),
      HOME: folder,
      DOCKER_HOST: `unix://${docker.facts.socket}`,
    };
    await run("npm", ["run", "image", "--", "--base=node-base:test", `--tag=${IMAGE}`], { env });
  });

  afterAll(async () => {
    await docker.removeContainer(container);
    await docker.cli(["image", "rm", "--force", IMAGE, "node-base:test"]);
    await rm(folder, { recursive: true, force: true });
  });

  it("runs as an unprivileged user and says its version", async () => {
    expect(await docker.cli(["run", "--rm", ...RESTRICTED, IMAGE, "--version"])).toBe(`${packageJson.version}\n`);
    const config = JSON.parse(await docker.cli(["image", "inspect", "--format", "{{json .Config}}", IMAGE]));
    expect(config).toMatchObject({
      User: "65532:65532",
      Labels: { "org.opencontainers.image.version": packageJson.version },
    });
  });

  it("checks a host over mutual TLS", async () => {
    const mount = ["--volume", `${await readable("certs", { ...docker.facts.client })}:/certs:ro`];
    const check = ["check", "--host", docker.facts.host, "--tlsverify", "--cert-path", "/certs", "-o", "json"];
    const output = await docker.cli(["run", "--rm", ...RESTRICTED, ...mount, IMAGE, ...check]);
    expect(JSON.parse(output).items[0].status.tlsMode).toBe("Mutual");
  });

  it("runs the controller by its service account, with Node's permissions drawn close", async () => {
    const namespace = await TestNamespace.create(kube);
    try {
      const { token, ca, url } = kube.facts;
      const account = await readable("account", { token, "ca.crt": ca, namespace: namespace.name });
      const flags = [
        ...["--volume", `${account}:${SERVICE_ACCOUNT}:ro`],
        ...["--env", "KUBERNETES_SERVICE_HOST=127.0.0.1", "--env", `KUBERNETES_SERVICE_PORT=${new URL(url).port}`],
        ...["--env", `NODE_OPTIONS=--permission --allow-fs-read=/app/ --allow-fs-read=${SERVICE_ACCOUNT}/`],
      ];
      const args = ["controller", "-n", namespace.name, ...LOOPBACK, "--health-addr", "127.0.0.1:0"];
      await docker.cli(["run", "--detach", "--name", container, ...RESTRICTED, ...flags, IMAGE, ...args]);
      await namespace.applySecret("docker-tls", { ...docker.facts.client });
      await namespace.applyHost("edge", {
        host: docker.facts.host,
        tls: { verify: true, certSecretRef: { name: "docker-tls" } },
      });
      await namespace.waitFor("edge", { type: "Ready", status: "True" }, 30_000).catch(async (error: Error) => {
        throw new Error(`${error.message}\n${await logs()}`);
      });
      // An orderly end: it hands over what it has, and exits by itself.
      await docker.cli(["stop", container]);
      const ended = await docker.cli(["inspect", "--format", "{{.State.ExitCode}}", container]);
      expect(`${ended.trim()} ${await logs()}`).toMatch(/^0 /);
      expect(await logs()).not.toMatch(/ERR_ACCESS_DENIED|"level":"error"/);
    } finally {
      await namespace.delete();
    }
  });

  async function logs(): Promise<string> {
    const { stdout, stderr } = await execute(docker.facts.docker, ["logs", container], {
      env: { PATH: process.env.PATH, DOCKER_HOST: `unix://${docker.facts.socket}` },
    });
    return stdout + stderr;
  }

  /** A folder of files that the container's user may read. */
  async function readable(name: string, files: Readonly<Record<string, string>>): Promise<string> {
    const path = join(folder, name);
    await mkdir(path, { mode: 0o755 });
    for (const [file, text] of Object.entries(files)) await writeFile(join(path, file), text, { mode: 0o644 });
    return path;
  }
});
