import { afterAll, beforeAll, describe, expect, inject, it } from "vitest";
import { findCondition } from "../../../src/api/conditions.ts";
import { UNCHECKED_HOST_KEY } from "../../../src/docker/warnings.ts";
import { connectEnvironment } from "../../env/environment.ts";
import type { SshServer } from "../../env/ssh-server.ts";
import { knownHostsOf, SshWorld } from "./world.ts";

const environment = connectEnvironment(inject("environment"));
const { socket } = environment.dockers.new.facts;

let world: SshWorld;
beforeAll(async () => {
  world = await SshWorld.start(environment);
});
afterAll(() => world?.stop());

describe("the host's key", () => {
  let server: SshServer;
  let untrusted: SshServer;
  beforeAll(async () => {
    server = await world.server("host-keys");
    untrusted = await world.server("untrusted");
  });

  it.each(["ed25519", "ecdsa", "rsa"])("is asked for as known_hosts has it: only %s", async (type) => {
    const name = `known-${type}`;
    await world.applyHost(name, { port: server.port, socket, knownHosts: [server.knownHosts[type] ?? ""] });
    await world.expectReady(name);
  });

  it("must be known", async () => {
    await world.applyHost("unknown", {
      port: untrusted.port,
      socket,
      knownHosts: knownHostsOf(untrusted).map(elsewhere),
    });
    const message = await world.failureOf("unknown", "SSHHostKeyUnknown");
    expect(message).toMatch(/the host showed the ssh-ed25519 key SHA256:[A-Za-z0-9+/]{43}, but known_hosts has no key/);
    expect(message).toContain(`ssh-keyscan -p ${untrusted.port} 127.0.0.1`);
  });

  it("must be the one that is known", async () => {
    const other = await world.generateKey("other", "ed25519");
    const knownHosts = [`[127.0.0.1]:${untrusted.port} ${other.publicKey}`];
    await world.applyHost("mismatch", { port: untrusted.port, socket, knownHosts });
    expect(await world.failureOf("mismatch", "SSHHostKeyMismatch")).toContain(
      "known_hosts has another ssh-ed25519 key",
    );
  });

  it("must not be revoked", async () => {
    const knownHosts = [
      ...knownHostsOf(untrusted),
      `@revoked * ${untrusted.knownHosts.ed25519?.split(" ").slice(1).join(" ")}`,
    ];
    await world.applyHost("revoked", { port: untrusted.port, socket, knownHosts });
    expect(await world.failureOf("revoked", "SSHHostKeyMismatch")).toContain("has as revoked");
  });

  it("is not checked where the spec says so, with a warning", async () => {
    await world.applyHost("unchecked", { port: server.port, socket, hostKeyChecking: "Disabled" });
    const { status } = await world.namespace.waitFor("unchecked", { type: "Ready", status: "True" });
    expect(status?.warnings).toContain(UNCHECKED_HOST_KEY);
    expect(findCondition(status?.conditions, "Ready")?.message).toContain("over SSH without a check of the host's key");
  });

  it("was never followed by a login where it was not trusted", async () => {
    expect((await untrusted.connections()).accepted).toBe(0);
    expect(await untrusted.log()).not.toContain("publickey");
  });
});

describe("the user's key", () => {
  let server: SshServer;
  beforeAll(async () => {
    server = await world.server("user-keys");
  });
  const host = () => ({ port: server.port, socket, knownHosts: knownHostsOf(server) });

  it("must be one that the host accepts", async () => {
    const other = await world.generateKey("stranger", "rsa");
    await world.applyHost("stranger", { ...host(), privateKey: other.privateKey });
    expect(await world.failureOf("stranger", "SSHAuthenticationFailed")).toContain(
      "does not accept the key for this user",
    );
  });

  it.each(["rsa", "ecdsa"] as const)("may be of another kind: %s", async (type) => {
    const { privateKey, publicKey } = await world.generateKey(`user-${type}`, type);
    const accepting = await world.server(`user-${type}`, { authorizedKeys: [publicKey] });
    await world.applyHost(`user-${type}`, {
      ...host(),
      port: accepting.port,
      knownHosts: knownHostsOf(accepting),
      privateKey,
    });
    await world.expectReady(`user-${type}`);
  });

  it("must not have a passphrase", async () => {
    const options = { passphrase: "correct horse" };
    const { privateKey } = await world.generateKey("passphrase", "ed25519", options);
    await world.applyHost("passphrase", { ...host(), privateKey });
    await world.failureOf("passphrase", "SSHKeyEncrypted", "CredentialsValid");
  });

  it("must be there, and known_hosts too", async () => {
    const { knownHosts: _, ...without } = host();
    await world.applyHost("no-known-hosts", without);
    expect(await world.failureOf("no-known-hosts", "SecretKeyMissing", "CredentialsValid")).toContain(
      'no key "known_hosts"',
    );
    await world.applyHost("junk", { ...host(), privateKey: "junk" });
    await world.failureOf("junk", "SSHKeyInvalid", "CredentialsValid");
  });
});

/** The same line for another host. */
function elsewhere(line: string): string {
  return line.replace(/^\S+/, "edge-7.example.com");
}
