import { join } from "node:path";
import { beforeAll, describe, expect, it } from "vitest";
import { parse } from "yaml";
import { runCli } from "../../../test/support/cli.ts";
import { folderWith } from "../../../test/support/folder-with.ts";
import { runManifest } from "../../../test/support/manifest-output.ts";
import { makeOddCertificate } from "../../../test/support/odd-certificates.ts";
import { type Authority, createAuthority, type KeyPair } from "../../../test/support/pki.ts";

const HOST = ["--host", "tcp://edge-7.example.com:2376"];

let ca: Authority;
let client: KeyPair;
let server: KeyPair;

beforeAll(async () => {
  ca = await createAuthority({ commonName: "fleet CA" });
  client = await ca.issue({ commonName: "client", usages: ["clientAuth"] });
  server = await ca.issue({ commonName: "edge-7", dnsNames: ["edge-7"], usages: ["serverAuth"] });
});

const DOCKER = () => ({ "ca.pem": ca.certPem, "cert.pem": client.certPem, "key.pem": client.keyPem });
const KUBERNETES = () => ({ "ca.crt": ca.certPem, "tls.crt": client.certPem, "tls.key": client.keyPem });

/** Root, intermediate and client. */
async function chain() {
  const root = await makeOddCertificate({ commonName: "root", ca: true });
  const intermediate = await makeOddCertificate({ commonName: "intermediate", ca: true, issuer: root });
  return [root, intermediate, await makeOddCertificate({ commonName: "leaf", issuer: intermediate })] as const;
}

async function fromFiles(files: Readonly<Record<string, string>>, ...args: readonly string[]) {
  return await runManifest(["from-files", await folderWith(files), ...HOST, ...args]);
}

async function refusal(files: Readonly<Record<string, string>>, ...args: readonly string[]) {
  const { code, stdout, stderr } = await runCli(["manifest", "from-files", await folderWith(files), ...args]);
  expect([code, stdout]).toEqual([2, ""]);
  expect(stderr).not.toMatch(/BEGIN|MIG|MII/);
  return stderr;
}

describe("the layout of a folder is found", () => {
  const vault = () => ({
    certificate: client.certPem.trim(),
    private_key: client.keyPem.trim(),
    issuing_ca: ca.certPem.trim(),
    ca_chain: [ca.certPem.trim()],
    serial_number: "1",
  });

  it.each([
    [
      "Docker's, with all that its instructions leave there",
      () => ({ ...DOCKER(), "server-cert.pem": server.certPem, "server-key.pem": server.keyPem }),
      DOCKER,
    ],
    ["Kubernetes'", KUBERNETES, KUBERNETES],
    ["Vault's, as files", () => ({ ...vault(), ca_chain: ca.certPem }), KUBERNETES],
    ["Vault's, as JSON", () => ({ "issued.json": JSON.stringify({ data: vault() }) }), KUBERNETES],
    ["Vault's data alone", () => ({ "issued.json": JSON.stringify(vault()) }), KUBERNETES],
    [
      "CFSSL's",
      () => ({
        "edge.pem": client.certPem,
        "edge-key.pem": client.keyPem,
        "ca.pem": ca.certPem,
        "edge.csr": "-----BEGIN CERTIFICATE REQUEST-----\nAA==\n-----END CERTIFICATE REQUEST-----\n",
      }),
      KUBERNETES,
    ],
    [
      "CFSSL's answer",
      () => ({
        "out.json": JSON.stringify({ cert: client.certPem, key: client.keyPem, csr: "" }),
        "ca.pem": ca.certPem,
      }),
      KUBERNETES,
    ],
    [
      "step's",
      () => ({ "edge.crt": client.certPem, "edge.key": client.keyPem, "root_ca.crt": ca.certPem }),
      KUBERNETES,
    ],
    [
      "names that say nothing",
      () => ({
        "1.txt": client.keyPem,
        "2.txt": ca.certPem,
        "3.txt": client.certPem,
        "4.txt": server.certPem,
        "5.txt": server.keyPem,
      }),
      KUBERNETES,
    ],
    [
      "CRLF line ends and words around the PEM",
      () => ({
        "ca.crt": `subject: x\n${ca.certPem}`,
        "tls.crt": client.certPem.replaceAll("\n", "\r\n"),
        "tls.key": `Bag Attributes\n${client.keyPem}`,
      }),
      KUBERNETES,
    ],
  ])("%s", async (_what, files, entries) => {
    const found = await fromFiles(files());
    expect(found.entries).toEqual(entries());
    expect(found.spec).toEqual({
      host: "tcp://edge-7.example.com:2376",
      tls: { verify: true, certSecretRef: { name: "edge-7.example.com-tls" } },
    });
    expect([found.code, found.stderr]).toEqual([0, ""]);
  });

  it("a Secret's manifest, as cert-manager's comes from kubectl", async () => {
    const data = Object.fromEntries(
      Object.entries(KUBERNETES()).map(([name, pem]) => [name, Buffer.from(pem).toString("base64")]),
    );
    const secret = { apiVersion: "v1", kind: "Secret", metadata: { name: "issued" }, type: "kubernetes.io/tls", data };
    for (const name of ["secret.yaml", "secret.json"]) {
      expect((await fromFiles({ [name]: JSON.stringify(secret) })).entries).toEqual(KUBERNETES());
    }
  });

  it("a chain is put together from its files, and the root alone verifies the server", async () => {
    const [root, intermediate, leaf] = await chain();
    for (const files of [
      {
        "x.crt": leaf.certPem,
        "x.key": leaf.keyPem,
        "intermediate_ca.crt": intermediate.certPem,
        "root.crt": root.certPem,
      },
      { "x.crt": leaf.certPem + intermediate.certPem, "x.key": leaf.keyPem, "root_ca.crt": root.certPem },
    ]) {
      expect((await fromFiles(files)).entries).toEqual({
        "ca.crt": root.certPem,
        "tls.crt": leaf.certPem + intermediate.certPem,
        "tls.key": leaf.keyPem,
      });
    }
  });

  it("a CA alone verifies the server, with a warning", async () => {
    const { entries, stderr } = await fromFiles({ "ca.pem": ca.certPem });
    expect(entries).toEqual({ "ca.pem": ca.certPem });
    expect(stderr).toContain("holds no client certificate with its key: only the server is verified");
  });

  it("without a CA the system's roots verify the server, with a warning", async () => {
    const { entries, stderr } = await fromFiles({ "cert.pem": client.certPem, "key.pem": client.keyPem });
    expect(Object.keys(entries ?? {})).toEqual(["cert.pem", "key.pem"]);
    expect(stderr).toContain("holds no CA: the system's roots verify the server");
  });
});

it("a CA's private key is never written, and is warned of", async () => {
  for (const name of ["ca-key.pem", "whatever.key"]) {
    const { stdout, stderr, entries } = await fromFiles({ ...DOCKER(), [name]: ca.keyPem });
    expect(stderr).toContain(`${name} is a CA's private key and is not written`);
    expect(entries).toEqual(DOCKER());
    for (const line of ca.keyPem.split("\n").filter((each) => each.length > 40))
      expect(stdout + stderr).not.toContain(line);
  }
});

describe("what cannot be decided is asked for", () => {
  const two = async () => {
    const other = await ca.issue({ commonName: "other" });
    return {
      "a.pem": client.certPem,
      "a-key.pem": client.keyPem,
      "b.pem": other.certPem,
      "b-key.pem": other.keyPem,
      "ca.pem": ca.certPem,
    };
  };

  it("several certificates with keys: --cert and --key choose", async () => {
    const files = await two();
    const stderr = await refusal(files, ...HOST);
    expect(stderr).toMatch(
      /several certificates with their keys: .*a\.pem with .*a-key\.pem; .*b\.pem with .*b-key\.pem\. Choose one by --cert FILE --key FILE/,
    );
    const { entries } = await fromFiles(files, "--cert", "b.pem", "--key", "b-key.pem");
    expect(entries).toEqual({ "ca.pem": ca.certPem, "cert.pem": files["b.pem"], "key.pem": files["b-key.pem"] });
  });

  it("several CAs that have nothing to do with each other: --ca chooses", async () => {
    const other = await createAuthority({ commonName: "another CA" });
    const files = {
      "x.pem": client.certPem,
      "x-key.pem": client.keyPem,
      "one.pem": ca.certPem,
      "two.pem": other.certPem,
    };
    expect(await refusal(files, ...HOST)).toMatch(/several CAs: .*one\.pem, .*two\.pem\. Choose .* by --ca FILE/);
    expect((await fromFiles(files, "--ca", "two.pem")).entries).toMatchObject({ "ca.crt": other.certPem });
  });

  it("the host", async () => {
    expect(await refusal(DOCKER())).toContain("give --host, such as --host tcp://");
  });
});

describe("what a daemon would refuse is refused here", () => {
  it.each([
    [
      "a key of another certificate",
      async () => ({ ...DOCKER(), "key.pem": server.keyPem }),
      "does not belong to the certificate",
    ],
    ["an empty folder", async () => ({ "readme.txt": "x" }), "holds no certificate in PEM form"],
    ["PKCS#12", async () => ({ "edge.p12": "x" }), "edge.p12 cannot be used as they are: convert them to PEM"],
    [
      "a certificate that is none",
      async () => ({ ...DOCKER(), "cert.pem": "-----BEGIN CERTIFICATE-----\nAA==\n-----END CERTIFICATE-----\n" }),
      "is no PEM certificate",
    ],
    [
      "an encrypted key",
      async () => ({
        "x.pem": client.certPem,
        "x-key.pem": "-----BEGIN ENCRYPTED PRIVATE KEY-----\nAA==\n-----END ENCRYPTED PRIVATE KEY-----\n",
      }),
      "is encrypted",
    ],
  ])("%s", async (_what, files, message) => {
    expect(await refusal(await files(), ...HOST)).toContain(message);
  });

  it("an expired certificate, unless it is forced, and then with a warning", async () => {
    const day = 24 * 3_600_000;
    const old = await ca.issue({
      commonName: "old",
      notBefore: new Date(Date.now() - 2 * day),
      notAfter: new Date(Date.now() - day),
    });
    const files = { ...DOCKER(), "cert.pem": old.certPem, "key.pem": old.keyPem };
    expect(await refusal(files, ...HOST)).toMatch(/expired on .* To write it all the same: --force\./);
    const forced = await fromFiles(files, "--force");
    expect(forced.stderr).toMatch(/^Warning: .*expired on /);
    expect(forced.entries).toEqual(files);
  });

  it("a server's certificate in the client's place", async () => {
    const files = { ...DOCKER(), "cert.pem": server.certPem, "key.pem": server.keyPem };
    expect(await refusal(files, ...HOST)).toContain("may not be used by a client");
  });

  it("certificates for an endpoint without TLS", async () => {
    expect(await refusal(DOCKER(), "--host", "http://edge-7")).toContain("Certificates have no use with http://");
    expect(await refusal(DOCKER(), "--host", "edge-7")).toContain("it has no scheme");
  });
});

describe("what is printed", () => {
  it("is readable YAML, exact to the byte, with type, name and namespace", async () => {
    const { stdout } = await fromFiles(KUBERNETES(), "--name", "no", "-n", "fleet");
    const [secret, host] = stdout.split(/^---\n/m);
    expect(parse(secret ?? "", { version: "1.1" })).toEqual({
      apiVersion: "v1",
      kind: "Secret",
      metadata: { name: "no-tls", namespace: "fleet" },
      type: "kubernetes.io/tls",
      stringData: KUBERNETES(),
    });
    expect(secret).toContain("  tls.key: |\n    -----BEGIN PRIVATE KEY-----\n");
    expect(host).toContain('  name: "no"\n');
  });

  it("is a List as JSON", async () => {
    const { stdout } = await fromFiles(DOCKER(), "-o", "json");
    expect(JSON.parse(stdout)).toMatchObject({
      kind: "List",
      items: [{ kind: "Secret", type: "Opaque" }, { kind: "DockerHost" }],
    });
  });

  it("is the host alone by --no-secret, with the command that makes the Secret", async () => {
    const folder = await folderWith(DOCKER());
    const { stdout, stderr, hosts, secrets } = await runManifest([
      "from-files",
      folder,
      ...HOST,
      "--no-secret",
      "-n",
      "fleet",
      "--name",
      "edge",
    ]);
    expect([hosts.length, secrets.length]).toEqual([1, 0]);
    const from = (name: string) => `--from-file=${name}=${join(folder, name)}`;
    expect(stderr).toContain(
      `\n  kubectl create secret generic edge-tls -n fleet ${from("ca.pem")} ${from("cert.pem")} ${from("key.pem")}\n`,
    );
    expect(stdout + stderr).not.toContain("PRIVATE KEY-----");
  });

  it("is the Secret alone by --only-secret, which --no-secret advises where no files are what it holds", async () => {
    const folder = await folderWith({
      "issued.json": JSON.stringify({
        data: { certificate: client.certPem, private_key: client.keyPem, issuing_ca: ca.certPem },
      }),
    });
    const { stderr } = await runManifest(["from-files", folder, ...HOST, "--no-secret"]);
    expect(stderr).toContain(
      `\n  dockerhost manifest from-files ${folder} --host tcp://edge-7.example.com:2376 --only-secret | kubectl apply -f -\n`,
    );
    const only = await runManifest(["from-files", folder, ...HOST, "--only-secret"]);
    expect([only.hosts.length, only.entries]).toEqual([0, KUBERNETES()]);
  });
});

describe("names and flags that cannot be used", () => {
  it.each([
    [["--name", "Edge"], "--name"],
    [["--namespace", "a.b"], "--namespace must be"],
    [["--no-secret", "--only-secret"], "exclude each other"],
    [["--cert", "a.pem"], "--cert and --key must be given together"],
    [["--ca", "missing.pem"], "missing.pem cannot be read: it does not exist"],
  ])("%j", async (args, message) => {
    expect(await refusal(DOCKER(), ...HOST, ...args)).toContain(message);
  });
});
