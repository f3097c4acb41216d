import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, inject, it } from "vitest";
import { run } from "../env/binaries/run-command.ts";
import { connectEnvironment } from "../env/environment.ts";
import { TestNamespace } from "./cluster.ts";
import { Program } from "./program.ts";

const { kube, dockers } = connectEnvironment(inject("environment"));
const { docker, host, client, certPath } = dockers.new.facts;

let folder: string;
let env: Record<string, string>;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "dockerhost-manifest-"));
  env = { DOCKER_CONFIG: join(folder, "config") };
  const { ca, cert, key } = { ca: "ca.pem", cert: "cert.pem", key: "key.pem" };
  const file = (name: string) => join(certPath, name);
  const contexts = {
    mutual: `host=${host},ca=${file(ca)},cert=${file(cert)},key=${file(key)}`,
    unverified: `host=${host},skip-tls-verify=true,cert=${file(cert)},key=${file(key)}`,
  };
  for (const [name, endpoint] of Object.entries(contexts)) {
    await run(docker, ["context", "create", name, "--docker", endpoint], { env });
  }
});

afterAll(async () => {
  await rm(folder, { recursive: true, force: true });
});

/** `dockerhost manifest ... | dockerhost check -f -`, with the output of both. */
async function manifestAndCheck(args: readonly string[], options: { env?: NodeJS.ProcessEnv } = {}) {
  const manifest = Program.start(["manifest", ...args], options);
  const code = await manifest.exited;
  if (code !== 0) throw new Error(`manifest ended with ${code}: ${manifest.output}`);
  const check = Program.start(["check", "-f", "-", "-o", "json"], { input: manifest.stdout });
  expect(await check.exited, check.output).toBe(0);
  const { items } = JSON.parse(check.stdout) as { items: { status: { tlsMode: string; endpoint: string } }[] };
  return { manifest: manifest.stdout, status: items[0]?.status, hosts: items.length };
}

describe("dockerhost manifest | dockerhost check", () => {
  it("reaches the daemon of a context in the store", async () => {
    const { status } = await manifestAndCheck(["from-context", "mutual"], { env });
    expect(status).toMatchObject({ tlsMode: "Mutual", endpoint: host.replace("tcp:", "https:") });
  });

  it("reaches the daemon of an unverified context, without verification as before", async () => {
    const { status } = await manifestAndCheck(["from-context", "unverified"], { env });
    expect(status).toMatchObject({ tlsMode: "Unverified" });
  });

  it("reaches the daemons of all contexts", async () => {
    expect((await manifestAndCheck(["from-context", "--all"], { env })).hosts).toBe(2);
  });

  it("reads what docker context export writes, also to a pipe", async () => {
    const file = join(folder, "mutual.dockercontext");
    await run(docker, ["context", "export", "mutual", file], { env });
    const { status } = await manifestAndCheck(["from-context", "--file", file]);
    expect(status).toMatchObject({ tlsMode: "Mutual" });
    // As a client that closes the pipe too early leaves it.
    const whole = await readFile(file);
    const end = whole.findLastIndex((byte) => byte !== 0);
    const cut = join(folder, "cut.tar");
    await writeFile(cut, whole.subarray(0, Math.ceil((end + 1) / 512) * 512));
    expect((await manifestAndCheck(["from-context", "--file", cut])).status).toMatchObject({ tlsMode: "Mutual" });
  });

  it("reaches the daemon of Docker's variables", async () => {
    const variables = { DOCKER_HOST: host, DOCKER_TLS_VERIFY: "1", DOCKER_CERT_PATH: certPath };
    expect((await manifestAndCheck(["from-env"], { env: variables })).status).toMatchObject({ tlsMode: "Mutual" });
    const { DOCKER_TLS_VERIFY: _, ...unverified } = variables;
    expect((await manifestAndCheck(["from-env"], { env: unverified })).status).toMatchObject({ tlsMode: "Unverified" });
  });

  it("reaches the daemon of a folder of certificates", async () => {
    const { status } = await manifestAndCheck(["from-files", certPath, "--host", host, "-o", "json"]);
    expect(status).toMatchObject({ tlsMode: "Mutual" });
  });

  it("reaches the daemon that Watchtower looks after", async () => {
    const words = ["--host", host, "--cert-path", "/etc/ssl/docker", "--tlsverify"];
    const { status } = await manifestAndCheck([
      ...["from-watchtower", "--", "docker", "run", "-v", `${certPath}:/etc/ssl/docker:ro`, "nickfedor/watchtower"],
      ...words,
    ]);
    expect(status).toMatchObject({ tlsMode: "Mutual" });
  });
});

it("kubectl takes what is printed, and the Secret is exact to the byte", async () => {
  const namespace = await TestNamespace.create(kube);
  try {
    const manifest = Program.start(["manifest", "from-context", "mutual", "-n", namespace.name], { env });
    expect(await manifest.exited).toBe(0);
    await kube.kubectl(["apply", "-f", "-"], { input: manifest.stdout });
    const secret = JSON.parse(await namespace.kubectl("get", "secret", "mutual-tls", "-o", "json")) as {
      data: Record<string, string>;
    };
    const entries = Object.entries(secret.data).map(([name, text]) => [name, Buffer.from(text, "base64").toString()]);
    expect(Object.fromEntries(entries)).toEqual(client);
    expect(await namespace.host("mutual")).toMatchObject({ spec: { host, tls: { verify: true } } });
  } finally {
    await namespace.delete();
  }
});
