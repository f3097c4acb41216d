import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { ca, client, DOCKER, fromFiles, HOST, refusal, server } from "../../test/support/certificate-folders.ts";
import { runCli } from "../../test/support/cli.ts";
import { folderWith } from "../../test/support/folder-with.ts";
import { createAuthority } from "../../test/support/pki.ts";

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
      /several certificates with their keys: .*a\.pem with .*a-key\.pem; .*b\.pem with .*b-key\.pem\. Choose one with --cert FILE --key FILE/,
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
    expect(await refusal(files, ...HOST)).toMatch(/several CAs: .*one\.pem, .*two\.pem\. Choose .* with --ca FILE/);
    expect((await fromFiles(files, "--ca", "two.pem")).entries).toMatchObject({ "ca.crt": other.certPem });
  });

  it("the host", async () => {
    expect(await refusal(DOCKER)).toContain("give it with --host, such as --host tcp://");
  });
});

describe("what a daemon would refuse is refused here", () => {
  it.each([
    [
      "a key of another certificate",
      async () => ({ ...DOCKER, "key.pem": server.keyPem }),
      "does not belong to the certificate",
    ],
    ["an empty folder", async () => ({ "readme.txt": "x" }), "contains no certificate in PEM form"],
    ["PKCS#12", async () => ({ "edge.p12": "x" }), "edge.p12 cannot be used as they are: convert them to PEM"],
    [
      "a certificate that is none",
      async () => ({ ...DOCKER, "cert.pem": "-----BEGIN CERTIFICATE-----\nAA==\n-----END CERTIFICATE-----\n" }),
      "holds a certificate that cannot be parsed",
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
    const files = { ...DOCKER, "cert.pem": old.certPem, "key.pem": old.keyPem };
    expect(await refusal(files, ...HOST)).toMatch(/expired on .* To write it anyway, use --force\./);
    const forced = await fromFiles(files, "--force");
    expect(forced.stderr).toMatch(/^Warning: .*expired on /);
    expect(forced.entries).toEqual(files);
  });

  it("a server's certificate in the client's place", async () => {
    const files = { ...DOCKER, "cert.pem": server.certPem, "key.pem": server.keyPem };
    expect(await refusal(files, ...HOST)).toContain("is not meant for clients");
  });

  it("certificates for an endpoint without TLS", async () => {
    expect(await refusal(DOCKER, "--host", "http://edge-7")).toContain("Certificates are not used with http://");
    expect(await refusal(DOCKER, "--host", "edge-7")).toContain("it has no scheme");
  });
});

describe("a file of a well-known name that cannot be read", () => {
  const utf16 = (text: string) => Buffer.from(`\ufeff${text}`, "utf16le");
  const der = (pem: string) => Buffer.from(pem.replace(/-----[A-Z ]+-----|\s/g, ""), "base64");

  it.each([
    ["ca.pem", "UTF-16", utf16(ca.certPem), "is text in UTF-16"],
    ["ca.pem", "UTF-16 without a mark", utf16(ca.certPem).subarray(2), "is text in UTF-16"],
    ["ca.pem", "DER", der(ca.certPem), "is in DER form"],
    ["ca.pem", "nothing", Buffer.alloc(0), "is empty"],
    ["ca.pem", "words", Buffer.from("hidden"), "contains no PEM block"],
    ["cert.pem", "DER", der(client.certPem), "is in DER form"],
    ["key.pem", "DER", der(client.keyPem), "is in DER form"],
    ["ca.crt", "UTF-16", utf16(ca.certPem), "is text in UTF-16"],
  ])("is named, and nothing else is taken instead: %s with %s", async (name, _what, bytes, message) => {
    const folder = await folderWith(DOCKER);
    await writeFile(join(folder, name), bytes);
    const { code, stdout, stderr } = await runCli(["manifest", "from-files", folder, ...HOST]);
    expect(stderr).toContain(`${join(folder, name)} ${message}`);
    expect(stderr).not.toContain("hidden");
    expect([code, stdout]).toEqual([2, ""]);
  });

  it("has no effect if a flag names another", async () => {
    const { entries } = await fromFiles(
      { ...DOCKER, "ca.pem": "nothing", "other.pem": ca.certPem },
      "--ca",
      "other.pem",
    );
    expect(entries).toEqual(DOCKER);
  });
});

describe("names and flags that cannot be used", () => {
  it.each([
    [["--name", "Edge"], "--name"],
    [["--namespace", "a.b"], "--namespace must consist of"],
    [["--no-secret", "--only-secret"], "cannot be used together"],
    [["--cert", "a.pem"], "--cert and --key must be given together"],
    [["--ca", "missing.pem"], "missing.pem cannot be read: it does not exist"],
  ])("%j", async (args, message) => {
    expect(await refusal(DOCKER, ...HOST, ...args)).toContain(message);
  });
});
