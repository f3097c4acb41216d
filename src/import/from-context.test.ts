import { createHash } from "node:crypto";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { beforeAll, describe, expect, it } from "vitest";
import { type CliOptions, runCli } from "../../test/support/cli.ts";
import { folderWith } from "../../test/support/folder-with.ts";
import { runManifest } from "../../test/support/manifest-output.ts";
import { createAuthority } from "../../test/support/pki.ts";
import { tarArchive } from "../../test/support/tar-archive.ts";

let files: Readonly<Record<"ca.pem" | "cert.pem" | "key.pem", string>>;

beforeAll(async () => {
  const ca = await createAuthority({ commonName: "CA" });
  const client = await ca.issue({ commonName: "client" });
  files = { "ca.pem": ca.certPem, "cert.pem": client.certPem, "key.pem": client.keyPem };
});

interface Context {
  readonly name: string;
  readonly host?: string;
  readonly skip?: boolean;
  readonly tls?: Readonly<Record<string, string>>;
  readonly metadata?: string;
}

function metadataOf({ name, host, skip = false, metadata }: Context): string {
  const docker = host === undefined ? {} : { docker: { Host: host, SkipTLSVerify: skip } };
  return metadata ?? JSON.stringify({ Name: name, Metadata: { Description: "x" }, Endpoints: docker });
}

/** A store of Docker's client with these contexts, as the variables that lead to it. */
async function store(...contexts: readonly Context[]): Promise<CliOptions> {
  const entries = contexts.flatMap((context) => {
    const id = createHash("sha256").update(context.name).digest("hex");
    const tls = Object.entries(context.tls ?? {}).map(([name, pem]) => [`contexts/tls/${id}/docker/${name}`, pem]);
    return [[`contexts/meta/${id}/meta.json`, metadataOf(context)], ...tls];
  });
  return { docker: { DOCKER_CONFIG: await folderWith(Object.fromEntries(entries)) }, env: { USER: "ada" } };
}

async function bring(context: Omit<Context, "name">, ...args: readonly string[]) {
  return await runManifest(["from-context", "edge", ...args], await store({ name: "edge", ...context }));
}

describe("a context is written as it is on the wire", () => {
  it("mutual TLS", async () => {
    const { spec, entries, stderr } = await bring({ host: "tcp://edge-7:2376", tls: files });
    expect(spec).toEqual({ host: "tcp://edge-7:2376", tls: { verify: true, certSecretRef: { name: "edge-tls" } } });
    expect([entries, stderr]).toEqual([files, ""]);
  });

  it("only a CA: the server is verified", async () => {
    const { spec, entries } = await bring({ host: "tcp://edge-7:2376", tls: { "ca.pem": files["ca.pem"] } });
    expect(spec).toMatchObject({ tls: { verify: true } });
    expect(entries).toEqual({ "ca.pem": files["ca.pem"] });
  });

  it("a certificate without its key is left out, as Docker's client does", async () => {
    const { "key.pem": _, ...half } = files;
    const { entries, stderr } = await bring({ host: "tcp://edge-7:2376", tls: half });
    expect(entries).toEqual({ "ca.pem": files["ca.pem"] });
    expect(stderr).toContain("cert.pem is left out");
  });

  it.each([
    ["with certificates", true],
    ["without any", false],
  ])("no verification is https:// with verify false, never tcp://, %s", async (_what, certificates) => {
    const { spec, stderr } = await bring({ host: "tcp://edge-7:2376", skip: true, tls: certificates ? files : {} });
    expect(spec).toMatchObject({ host: "https://edge-7:2376", tls: { verify: false } });
    expect(spec).toEqual({
      host: "https://edge-7:2376",
      tls: { verify: false, ...(certificates ? { certSecretRef: { name: "edge-tls" } } : {}) },
    });
    expect(stderr).toContain("does not verify the server");
  });

  it.each([
    ["tcp://edge-7:2375", "tcp://edge-7:2375", {}, ""],
    ["http://edge-7:8080/docker", "http://edge-7:8080/docker", {}, ""],
    ["https://edge-7:2376", "http://edge-7:2376", {}, "has https:// but no TLS settings"],
    ["tcp://edge-7", "tcp://edge-7:80", {}, "names no port; 80 is written"],
    ["unix:///run/docker.sock", "unix:///run/docker.sock", {}, "on the machine where dockerhost runs"],
    ["", "unix:///var/run/docker.sock", {}, "on the machine where dockerhost runs"],
    ["tcp://127.0.0.1:2375", "tcp://127.0.0.1:2375", {}, "on the machine where dockerhost runs"],
    ["tcp://[fd00::5]:2375", "tcp://[fd00::5]:2375", {}, ""],
  ])("%j without TLS settings is %j", async (host, written, _tls, warning) => {
    const { spec, stderr, secrets } = await bring({ host });
    expect(spec).toEqual({ host: written });
    if (warning === "") expect(stderr).toBe("");
    else expect(stderr).toContain(warning);
    expect(secrets).toEqual([]);
  });

  it("http:// with certificates is TLS on the wire", async () => {
    const { spec, stderr } = await bring({ host: "http://edge-7", tls: files });
    expect(spec).toMatchObject({ host: "https://edge-7:443", tls: { verify: true } });
    expect(stderr).toContain("https:// is written");
  });

  it("SSH: the Secret is named, with how to create it", async () => {
    const { spec, stderr, secrets } = await bring({ host: "ssh://docker@edge-7:2222/run/docker.sock", tls: files });
    expect(spec).toEqual({
      host: "ssh://docker@edge-7:2222/run/docker.sock",
      ssh: { secretRef: { name: "edge-ssh" } },
    });
    expect(secrets).toEqual([]);
    expect(stderr).toContain("kubectl create secret generic edge-ssh --type=kubernetes.io/ssh-auth ");
  });

  it("SSH without a user: who runs the command, with a warning", async () => {
    const { spec, stderr } = await bring({ host: "ssh://edge-7" });
    expect(spec).toMatchObject({ host: "ssh://ada@edge-7:22" });
    expect(stderr).toContain("names no user for ssh://; the user of this command, ada, is written");
    expect(stderr).toContain("names no port; 22 is written");
  });
});

describe("an export", () => {
  const entries = (context: Context) => [
    { path: "meta.json", content: metadataOf(context) },
    { path: "tls", type: "5" },
    { path: "tls/docker", type: "5" },
    ...Object.entries(context.tls ?? {}).map(([name, content]) => ({ path: `tls/docker/${name}`, content })),
  ];

  it.each([
    ["whole", true],
    ["without its final blocks", false],
  ])("is read %s", async (_what, end) => {
    const archive = tarArchive(entries({ name: "Edge_7", host: "tcp://edge-7:2376", tls: files }), { end });
    const file = join(await folderWith({}), "edge.dockercontext");
    await writeFile(file, archive);
    const { hosts, spec, entries: written, stderr } = await runManifest(["from-context", "--file", file]);
    expect(hosts[0]?.name).toBe("edge-7");
    expect(spec).toMatchObject({ host: "tcp://edge-7:2376", tls: { verify: true } });
    expect(written).toEqual(files);
    expect(stderr).toBe(
      'Warning: edge-7: the name "edge-7" was derived from "Edge_7"; use --name to choose another.\n',
    );
  });

  it("is read from standard input", async () => {
    const stdin = tarArchive(entries({ name: "edge", host: "tcp://edge-7:2375" }), { end: false }).toString("latin1");
    expect((await runManifest(["from-context", "--file", "-"], { stdin })).spec).toEqual({ host: "tcp://edge-7:2375" });
  });

  it.each([
    ["a zip", "PK\u0003\u0004", "is a zip archive"],
    ["no archive", "x".repeat(600), "is not a tar archive"],
    ["another archive", tarArchive([{ path: "readme" }]).toString("latin1"), "contains no meta.json"],
    [
      "other metadata",
      tarArchive([{ path: "meta.json", content: "[]" }]).toString("latin1"),
      "is not valid metadata of a Docker context",
    ],
    ["too much", "x".repeat(10 * 1024 * 1024 + 1), "is larger than 10485760 bytes"],
  ])("is refused when it is %s", async (_what, stdin, message) => {
    const { code, stdout, stderr } = await runCli(["manifest", "from-context", "--file", "-"], { stdin });
    expect(stderr).toContain(message);
    expect([code, stdout]).toEqual([2, ""]);
  });
});

describe("--all", () => {
  it("brings in every context that has a daemon to reach, each under a name of its own", async () => {
    const contexts = await store(
      { name: "Edge_7", host: "tcp://edge-7:2375" },
      { name: "edge-7", host: "tcp://edge-7:2376", tls: files },
      { name: "build", host: "ssh://docker@build" },
      { name: "windows", host: "npipe:////./pipe/docker_engine" },
      { name: "cloud" },
    );
    const { code, hosts, secrets, stderr } = await runManifest(["from-context", "--all", "-n", "fleet"], contexts);
    expect(hosts.map(({ key }) => key)).toEqual([
      "fleet/edge-7",
      "fleet/build",
      expect.stringMatching(/^fleet\/edge-7-[0-9a-f]{8}$/),
    ]);
    expect(secrets.map(({ key }) => key)).toEqual([`${hosts[2]?.key}-tls`]);
    for (const name of ["windows", "cloud"]) expect(stderr).toContain(`context "${name}" is left out`);
    expect(code).toBe(0);
  });

  it("brings in the others where one cannot be used, and exits with 2", async () => {
    const contexts = await store(
      { name: "bad", host: "tcp://edge-1:2376", tls: { ...files, "key.pem": "no key" } },
      { name: "damaged", metadata: "{" },
      { name: "good", host: "tcp://edge-2:2375" },
    );
    const { code, hosts, stderr } = await runManifest(["from-context", "--all"], contexts);
    expect(hosts.map(({ name }) => name)).toEqual(["good"]);
    expect(stderr).toMatch(/^error: .*is not a PEM private key/m);
    expect(stderr).toMatch(/^error: .*is not valid metadata of a Docker context/m);
    expect(code).toBe(2);
  });
});

describe("what cannot be brought in", () => {
  it.each([
    ["a context that is not there", ["other"], 'There is no context "other"'],
    ["nothing named", [], "Give exactly one of the context's NAME, --file FILE and --all"],
    ["two things named", ["edge", "--all"], "Give exactly one of"],
    ["one name for all", ["--all", "--name", "x"], "--name cannot be used with --all"],
    ["half of what SSH needs", ["edge", "--ssh-key", "x"], "--ssh-key and --known-hosts must be given together"],
    ["a file that is not there", ["--file", "/nonexistent"], "/nonexistent cannot be read: it does not exist"],
  ])("%s", async (_what, args, message) => {
    const { code, stdout, stderr } = await runCli(
      ["manifest", "from-context", ...args],
      await store({ name: "edge", host: "tcp://edge-7:2375" }),
    );
    expect(stderr).toContain(message);
    expect([code, stdout]).toEqual([2, ""]);
  });
});

it("default is what the variables say", async () => {
  const { spec } = await runManifest(["from-context", "default"], { docker: { DOCKER_HOST: "tcp://edge-7:2375" } });
  expect(spec).toEqual({ host: "tcp://edge-7:2375" });
});
