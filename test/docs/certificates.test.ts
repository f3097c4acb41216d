import { createPrivateKey, X509Certificate } from "node:crypto";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterEach, beforeEach, describe, expect, inject, it } from "vitest";
import { connectEnvironment } from "../env/environment.ts";
import { freePorts } from "../env/processes/ports.ts";
import { eventually } from "../support/eventually.ts";
import { writeCommand } from "./commands.ts";
import { expectMutual } from "./expectations.ts";
import { PageWorld } from "./page-world.ts";
import { CertManager } from "./stand-ins/cert-manager.ts";

const environment = connectEnvironment(inject("environment"));
const VAULT = fileURLToPath(new URL("stand-ins/vault.ts", import.meta.url));

describe("docs/certificates/", () => {
  let world: PageWorld;

  beforeEach(async () => {
    world = await PageWorld.create(environment);
  });

  afterEach(async () => {
    await world?.close();
  });

  /** A file that the page's commands made. */
  const file = (name: string) => readFile(join(world.reader.home, name), "utf8");

  it("step-ca.md: a real step-ca, with bundles, Ed25519 and lives of a day", async () => {
    const { ca } = await freePorts(["ca"]);
    await world.follow("certificates/step-ca.md", { CA_NAME: "localhost", CA_ADDRESS: `127.0.0.1:${ca}` });

    const bundle = await file("cert.pem");
    expect(bundle.match(/BEGIN CERTIFICATE/g)).toHaveLength(2);
    expect(createPrivateKey(await file("key.pem")).asymmetricKeyType).toBe("ed25519");
    const leaf = new X509Certificate(bundle);
    expect(leaf.validToDate.getTime() - leaf.validFromDate.getTime()).toBeLessThan(25 * 3_600_000);
    // The page's last word was a renewal.
    await eventually(async () => {
      const { status } = await world.namespace.host("edge-7");
      expect(status?.certificates).toMatchObject({
        client: { fingerprint: fingerprint(leaf), issuer: expect.stringContaining("Docker fleet Intermediate CA") },
        server: { issuer: expect.stringContaining("Docker fleet Intermediate CA") },
        ca: { subject: expect.stringContaining("Docker fleet Root CA") },
      });
      await expectMutual(world);
    });
  });

  it("cfssl.md: a real CFSSL, with a client key of another kind than the server's", async () => {
    await world.follow("certificates/cfssl.md");
    expect(createPrivateKey(await file("key.pem")).asymmetricKeyType).toBe("rsa");
    expect(createPrivateKey(await file("server-key.pem")).asymmetricKeyType).toBe("ec");
    await expectMutual(world);
  });

  // No Vault is at hand: its command is played, see there. What is shown is that the form of its answers is enough.
  it("vault.md: the names and forms of Vault's answers", async () => {
    await writeCommand(join(world.reader.bin, "vault"), [process.execPath, VAULT, join(world.reader.home, ".vault")]);
    await world.follow("certificates/vault.md");
    await expectMutual(world);
  });

  describe("with a replacement for cert-manager", () => {
    let manager: CertManager;

    beforeEach(async () => {
      manager = await CertManager.start(environment.kube, world.namespace.name);
    });

    afterEach(async () => {
      await manager?.stop();
    });

    // What is shown is that cert-manager's Secret is enough, and that the page's Certificates ask for what is needed.
    it("cert-manager.md: the Secret as cert-manager writes it", async () => {
      await world.follow("certificates/cert-manager.md");
      await expectMutual(world);
    });
  });
});

function fingerprint(certificate: X509Certificate): string {
  return certificate.fingerprint256.replaceAll(":", "").toLowerCase();
}
