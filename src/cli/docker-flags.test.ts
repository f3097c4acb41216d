import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { temporaryFolder } from "../../test/support/temp-folder.ts";
import { connectionFromFlags, type DockerEnvironment, type DockerFlags } from "./docker-flags.ts";
import { UsageError } from "./exit-codes.ts";

const FILES = { "ca.pem": "a CA", "cert.pem": "a certificate", "key.pem": "a key" };
const REMOTE = "tcp://edge-7.example.com:2376";

async function certFolder(files: Readonly<Record<string, string>> = FILES): Promise<string> {
  const folder = join(await temporaryFolder(), "certs");
  await mkdir(folder);
  for (const [name, text] of Object.entries(files)) await writeFile(join(folder, name), text);
  return folder;
}

/** The one host and the entries of its Secret. */
async function read(
  flags: DockerFlags,
  env: DockerEnvironment = {},
  certificates: readonly string[] = [],
  ssh = "/nonexistent",
) {
  const { manifests, warnings } = await connectionFromFlags(flags, env, { certificates, ssh });
  const [host] = manifests.objects;
  return { spec: host?.spec, entries: manifests.secrets[0]?.entries, warnings };
}

const refusal = async (flags: DockerFlags, env: DockerEnvironment = {}, ssh = "/nonexistent") => {
  const error: unknown = await connectionFromFlags(flags, env, { certificates: [], ssh }).catch(
    (thrown: unknown) => thrown,
  );
  return error instanceof UsageError ? error.message : error;
};

describe("without flags and variables", () => {
  it("the local socket is meant", async () => {
    expect(await read({})).toEqual({ spec: { tls: { verify: false } }, entries: undefined, warnings: [] });
  });

  it("empty variables are as good as none", async () => {
    const env = { DOCKER_HOST: "", DOCKER_TLS_VERIFY: "", DOCKER_CERT_PATH: "", DOCKER_API_VERSION: "" };
    expect(await read({}, env)).toEqual(await read({}));
  });
});

describe("the variables of Docker's own client", () => {
  it("describe a host over mutual TLS", async () => {
    const env = {
      DOCKER_HOST: REMOTE,
      DOCKER_TLS_VERIFY: "1",
      DOCKER_CERT_PATH: await certFolder(),
      DOCKER_API_VERSION: "1.45",
    };
    expect(await read({}, env)).toEqual({
      spec: { host: REMOTE, apiVersion: "1.45", tls: { verify: true, certSecretRef: { name: "edge-7.example.com" } } },
      entries: FILES,
      warnings: [],
    });
  });

  it.each(["0", "false", "no", "OFF"])(
    "turn verification on also by DOCKER_TLS_VERIFY=%s, with a warning",
    async (value) => {
      expect(await read({}, { DOCKER_HOST: REMOTE, DOCKER_TLS_VERIFY: value })).toMatchObject({
        spec: { tls: { verify: true } },
        warnings: [expect.stringContaining(`DOCKER_TLS_VERIFY=${value} turns verification on`)],
      });
    },
  );

  it("may have quotes around the version, as Watchtower's documentation shows it", async () => {
    expect(await read({}, { DOCKER_API_VERSION: '"1.45"' })).toMatchObject({ spec: { apiVersion: "1.45" } });
  });
});

describe("flags", () => {
  it("take precedence over their variables", async () => {
    const certPath = await certFolder({ ...FILES, "ca.pem": "another CA" });
    const env = {
      DOCKER_HOST: "tcp://other",
      DOCKER_TLS_VERIFY: "0",
      DOCKER_CERT_PATH: "/nonexistent",
      DOCKER_API_VERSION: "1.24",
    };
    const flags = { host: REMOTE, tlsverify: true, certPath, apiVersion: "1.45" };
    expect(await read(flags, env)).toEqual({
      spec: { host: REMOTE, apiVersion: "1.45", tls: { verify: true, certSecretRef: { name: "edge-7.example.com" } } },
      entries: { ...FILES, "ca.pem": "another CA" },
      warnings: [],
    });
    expect(await read({ tlsverify: false }, { DOCKER_TLS_VERIFY: "1" })).toMatchObject({
      spec: { tls: { verify: false } },
    });
  });

  it("for single files override the folder", async () => {
    const folder = await certFolder();
    const other = join(folder, "other.pem");
    await writeFile(other, "other");
    for (const [flag, name] of [
      ["tlscacert", "ca.pem"],
      ["tlscert", "cert.pem"],
      ["tlskey", "key.pem"],
    ] as const) {
      const { entries } = await read({ host: REMOTE, tlsverify: true, certPath: folder, [flag]: other });
      expect(entries).toEqual({ ...FILES, [name]: "other" });
    }
  });
});

describe("default folders", () => {
  it("are looked into in their order, the first that holds one of the files wins", async () => {
    const [empty, first, second] = [
      await certFolder({ "config.json": "{}" }),
      await certFolder({ "ca.pem": "first" }),
      await certFolder(),
    ];
    const { entries } = await read({ host: REMOTE, tlsverify: true }, {}, ["/nonexistent", empty, first, second]);
    expect(entries).toEqual({ "ca.pem": "first" });
  });

  it("are not looked into where certificates would not be used", async () => {
    const folder = await certFolder();
    expect((await read({ host: "tcp://edge-7:2375" }, {}, [folder])).entries).toBeUndefined();
    expect((await read({ tlsverify: true }, {}, [folder])).entries).toBeUndefined();
  });

  it("may hold nothing: then the system's roots verify the server", async () => {
    expect(await read({ host: REMOTE, tlsverify: true }, {}, ["/nonexistent"])).toMatchObject({
      spec: { tls: { verify: true } },
      entries: undefined,
    });
  });
});

describe("what cannot be used is refused", () => {
  it("a path that was named and does not exist", async () => {
    expect(await refusal({ host: REMOTE, tlsverify: true, certPath: "/nonexistent" })).toBe(
      "The certificate path /nonexistent does not exist; correct --cert-path or DOCKER_CERT_PATH",
    );
    expect(await refusal({}, { DOCKER_CERT_PATH: "/nonexistent" })).toContain("/nonexistent does not exist");
  });

  it("a path that holds none of the files, where they are needed", async () => {
    const certPath = await certFolder({});
    expect(await refusal({ host: REMOTE, tlsverify: true, certPath })).toContain(
      "contains none of ca.pem, cert.pem and key.pem",
    );
    expect(await read({ certPath })).toMatchObject({ entries: undefined });
  });

  it("a single file that does not exist, or is none", async () => {
    expect(await refusal({ tlscacert: "/nonexistent/ca.pem" })).toBe(
      "/nonexistent/ca.pem cannot be read: it does not exist",
    );
    expect(await refusal({ tlskey: await temporaryFolder() })).toContain("cannot be read: it is a folder");
  });

  it("a host or a version that is malformed", async () => {
    expect(await refusal({ host: "edge-7" })).toContain("it has no scheme");
    expect(await refusal({ apiVersion: "latest" })).toContain("--api-version: must be a version of the Docker API");
  });
});

describe("an ssh:// host", () => {
  const SSH = "ssh://docker@edge-7.example.com";
  const spec = { host: SSH, tls: { verify: false }, ssh: { secretRef: { name: "edge-7.example.com" } } };

  it("takes key and known_hosts from the files that flags name, and looks at no certificates", async () => {
    const folder = await certFolder({ ...FILES, mine: "my key", hosts: "the hosts" });
    const flags = { host: SSH, sshKey: join(folder, "mine"), knownHosts: join(folder, "hosts"), certPath: folder };
    expect(await read(flags, {}, [folder])).toEqual({
      spec,
      entries: { "ssh-privatekey": "my key", known_hosts: "the hosts" },
      warnings: [],
    });
  });

  it("takes them from the user's folder otherwise, the first key that is there", async () => {
    const folder = await certFolder({ id_rsa: "RSA", id_ecdsa: "ECDSA", known_hosts: "the hosts" });
    expect(await read({}, { DOCKER_HOST: SSH }, [], folder)).toEqual({
      spec,
      entries: { "ssh-privatekey": "ECDSA", known_hosts: "the hosts" },
      warnings: [],
    });
  });

  it("needs both", async () => {
    expect(await refusal({ host: SSH })).toBe(
      "There is no SSH key in /nonexistent (id_ed25519, id_ecdsa, id_rsa); name one with --ssh-key",
    );
    const folder = await certFolder({ id_ed25519: "a key" });
    expect(await refusal({ host: SSH }, {}, folder)).toContain(`${folder}/known_hosts does not exist; name the file`);
    expect(await refusal({ host: SSH, sshKey: "/nonexistent/key" })).toBe(
      "/nonexistent/key cannot be read: it does not exist",
    );
  });
});

it("finds the certificates where manifest from-env does: also in the folder that DOCKER_CONFIG names", async () => {
  const env = { DOCKER_HOST: REMOTE, DOCKER_TLS_VERIFY: "1", DOCKER_CONFIG: await certFolder() };
  const { manifests } = await connectionFromFlags({}, env);
  expect(manifests.secrets[0]?.entries).toEqual(FILES);
});
