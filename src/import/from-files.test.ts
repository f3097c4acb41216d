import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { parse } from "yaml";
import { ca, client, DOCKER, fromFiles, HOST, KUBERNETES, server } from "../../test/support/certificate-folders.ts";
import { folderWith } from "../../test/support/folder-with.ts";
import { runManifest } from "../../test/support/manifest-output.ts";
import { makeOddCertificate } from "../../test/support/odd-certificates.ts";

/** Root, intermediate and client. */
async function chain() {
  const root = await makeOddCertificate({ commonName: "root", ca: true });
  const intermediate = await makeOddCertificate({ commonName: "intermediate", ca: true, issuer: root });
  return [root, intermediate, await makeOddCertificate({ commonName: "leaf", issuer: intermediate })] as const;
}

describe("the layout of a folder is found", () => {
  const vault = {
    certificate: client.certPem.trim(),
    private_key: client.keyPem.trim(),
    issuing_ca: ca.certPem.trim(),
    ca_chain: [ca.certPem.trim()],
    serial_number: "1",
  };

  it.each([
    [
      "Docker's, with all that its instructions leave there",
      { ...DOCKER, "server-cert.pem": server.certPem, "server-key.pem": server.keyPem },
      DOCKER,
    ],
    ["Kubernetes'", KUBERNETES, KUBERNETES],
    ["Vault's, as files", { ...vault, ca_chain: ca.certPem }, KUBERNETES],
    ["Vault's, as JSON", { "issued.json": JSON.stringify({ data: vault }) }, KUBERNETES],
    ["Vault's data alone", { "issued.json": JSON.stringify(vault) }, KUBERNETES],
    [
      "CFSSL's",
      {
        "edge.pem": client.certPem,
        "edge-key.pem": client.keyPem,
        "ca.pem": ca.certPem,
        "edge.csr": "-----BEGIN CERTIFICATE REQUEST-----\nAA==\n-----END CERTIFICATE REQUEST-----\n",
      },
      KUBERNETES,
    ],
    [
      "CFSSL's answer",
      {
        "out.json": JSON.stringify({ cert: client.certPem, key: client.keyPem, csr: "" }),
        "ca.pem": ca.certPem,
      },
      KUBERNETES,
    ],
    ["step's", { "edge.crt": client.certPem, "edge.key": client.keyPem, "root_ca.crt": ca.certPem }, KUBERNETES],
    [
      "names that say nothing",
      {
        "1.txt": client.keyPem,
        "2.txt": ca.certPem,
        "3.txt": client.certPem,
        "4.txt": server.certPem,
        "5.txt": server.keyPem,
      },
      KUBERNETES,
    ],
    [
      "CRLF line ends and words around the PEM",
      {
        "ca.crt": `subject: x\n${ca.certPem}`,
        "tls.crt": client.certPem.replaceAll("\n", "\r\n"),
        "tls.key": `Bag Attributes\n${client.keyPem}`,
      },
      KUBERNETES,
    ],
  ])("%s", async (_what, files, entries) => {
    const found = await fromFiles(files);
    expect(found.entries).toEqual(entries);
    expect(found.spec).toEqual({
      host: "tcp://edge-7.example.com:2376",
      tls: { verify: true, certSecretRef: { name: "edge-7.example.com-tls" } },
    });
    expect([found.code, found.stderr]).toEqual([0, ""]);
  });

  it("a Secret's manifest, as cert-manager's comes from kubectl", async () => {
    const data = Object.fromEntries(
      Object.entries(KUBERNETES).map(([name, pem]) => [name, Buffer.from(pem).toString("base64")]),
    );
    const secret = { apiVersion: "v1", kind: "Secret", metadata: { name: "issued" }, type: "kubernetes.io/tls", data };
    for (const name of ["secret.yaml", "secret.json"]) {
      expect((await fromFiles({ [name]: JSON.stringify(secret) })).entries).toEqual(KUBERNETES);
    }
  });

  it("a chain is put together from its files, and only the root verifies the server", async () => {
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

  it("only a CA verifies the server, with a warning", async () => {
    const { entries, stderr } = await fromFiles({ "ca.pem": ca.certPem });
    expect(entries).toEqual({ "ca.pem": ca.certPem });
    expect(stderr).toContain("contains no client certificate with its key: only the server is verified");
  });

  it("without a CA the system's roots verify the server, with a warning", async () => {
    const { entries, stderr } = await fromFiles({ "cert.pem": client.certPem, "key.pem": client.keyPem });
    expect(Object.keys(entries ?? {})).toEqual(["cert.pem", "key.pem"]);
    expect(stderr).toContain("contains no CA: the system's roots verify the server");
  });
});

it("a CA's private key is never written, and is warned of", async () => {
  for (const name of ["ca-key.pem", "whatever.key"]) {
    const { stdout, stderr, entries } = await fromFiles({ ...DOCKER, [name]: ca.keyPem });
    expect(stderr).toContain(`${name} is a CA's private key and is not written`);
    expect(entries).toEqual(DOCKER);
    for (const line of ca.keyPem.split("\n").filter((each) => each.length > 40))
      expect(stdout + stderr).not.toContain(line);
  }
});

describe("what is printed", () => {
  it("is readable YAML, exact to the byte, with type, name and namespace", async () => {
    const { stdout } = await fromFiles(KUBERNETES, "--name", "no", "-n", "fleet");
    const [secret, host] = stdout.split(/^---\n/m);
    expect(parse(secret ?? "", { version: "1.1" })).toEqual({
      apiVersion: "v1",
      kind: "Secret",
      metadata: { name: "no-tls", namespace: "fleet" },
      type: "kubernetes.io/tls",
      stringData: KUBERNETES,
    });
    expect(secret).toContain("  tls.key: |\n    -----BEGIN PRIVATE KEY-----\n");
    expect(host).toContain('  name: "no"\n');
  });

  it("is a List as JSON", async () => {
    const { stdout } = await fromFiles(DOCKER, "-o", "json");
    expect(JSON.parse(stdout)).toMatchObject({
      kind: "List",
      items: [{ kind: "Secret", type: "Opaque" }, { kind: "DockerHost" }],
    });
  });

  it("is only the host with --no-secret, with the command that makes the Secret", async () => {
    const folder = await folderWith(DOCKER);
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

  it("is only the Secret with --only-secret, which --no-secret advises if no files have its content", async () => {
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
    expect([only.hosts.length, only.entries]).toEqual([0, KUBERNETES]);
  });
});

it("the port of the host is written, with a warning where it was not given", async () => {
  const { spec, stderr } = await runManifest([
    "from-files",
    await folderWith(DOCKER),
    "--host",
    "tcp://edge-7.example.com",
  ]);
  expect(spec).toMatchObject({ host: "tcp://edge-7.example.com:2376" });
  expect(stderr).toContain("--host names no port; 2376 is written");
});
