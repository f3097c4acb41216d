import { describe, expect, it } from "vitest";
import { ca, client, DOCKER, fromFiles, HOST, refusal, server } from "../../test/support/certificate-folders.ts";
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
    expect(await refusal(DOCKER)).toContain("give --host, such as --host tcp://");
  });
});

describe("what a daemon would refuse is refused here", () => {
  it.each([
    [
      "a key of another certificate",
      async () => ({ ...DOCKER, "key.pem": server.keyPem }),
      "does not belong to the certificate",
    ],
    ["an empty folder", async () => ({ "readme.txt": "x" }), "holds no certificate in PEM form"],
    ["PKCS#12", async () => ({ "edge.p12": "x" }), "edge.p12 cannot be used as they are: convert them to PEM"],
    [
      "a certificate that is none",
      async () => ({ ...DOCKER, "cert.pem": "-----BEGIN CERTIFICATE-----\nAA==\n-----END CERTIFICATE-----\n" }),
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
    const files = { ...DOCKER, "cert.pem": old.certPem, "key.pem": old.keyPem };
    expect(await refusal(files, ...HOST)).toMatch(/expired on .* To write it all the same: --force\./);
    const forced = await fromFiles(files, "--force");
    expect(forced.stderr).toMatch(/^Warning: .*expired on /);
    expect(forced.entries).toEqual(files);
  });

  it("a server's certificate in the client's place", async () => {
    const files = { ...DOCKER, "cert.pem": server.certPem, "key.pem": server.keyPem };
    expect(await refusal(files, ...HOST)).toContain("may not be used by a client");
  });

  it("certificates for an endpoint without TLS", async () => {
    expect(await refusal(DOCKER, "--host", "http://edge-7")).toContain("Certificates have no use with http://");
    expect(await refusal(DOCKER, "--host", "edge-7")).toContain("it has no scheme");
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
    expect(await refusal(DOCKER, ...HOST, ...args)).toContain(message);
  });
});
