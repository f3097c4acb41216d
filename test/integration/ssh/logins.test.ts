import { afterAll, beforeAll, describe, expect, inject, it } from "vitest";
import { findCondition } from "../../../src/api/conditions.ts";
import { connectEnvironment } from "../../env/environment.ts";
import { knownHostsOf, SshWorld } from "./world.ts";

const environment = connectEnvironment(inject("environment"));
const { socket } = environment.dockers.new.facts;

let world: SshWorld;
beforeAll(async () => {
  world = await SshWorld.start(environment);
});
afterAll(() => world?.stop());

describe("a host whose sshd does not let in with one key", () => {
  it.each([
    [
      "wants a password as well",
      "two-factors",
      ["PasswordAuthentication yes", "AuthenticationMethods publickey,password"],
      "the host accepted the key but also wants password",
      "AuthenticationMethods publickey",
    ],
    [
      "wants a second key",
      "two-keys",
      ["AuthenticationMethods publickey,publickey"],
      "the host accepted the key but also wants a second key",
      "AuthenticationMethods publickey",
    ],
    [
      "takes no keys",
      "passwords",
      ["PasswordAuthentication yes", "KbdInteractiveAuthentication no", "PubkeyAuthentication no"],
      "it offers password only",
      "PubkeyAuthentication yes",
    ],
  ])("since it %s, says so", async (_what, name, settings, words, next) => {
    const server = await world.server(name, { settings });
    await world.applyHost(name, { port: server.port, socket, knownHosts: knownHostsOf(server) });
    const reason = "SSHAuthenticationFailed";
    const { status } = await world.namespace.waitFor(name, { type: "Connected", status: "False", reason });
    const message = findCondition(status?.conditions, "Ready")?.message;
    expect(message).toContain(words);
    expect(message).toContain(next);
    expect(message).not.toContain("authorized_keys");
  });
});

describe("a host whose sshd offers only algorithms that are not accepted", () => {
  it.each([
    ["kex", "KexAlgorithms diffie-hellman-group-exchange-sha256", "only diffie-hellman-group-exchange-sha256"],
    ["macs", "MACs hmac-sha1", "only hmac-sha1 for message authentication"],
  ])("is refused with what it offers: %s", async (name, setting, words) => {
    const settings = name === "macs" ? [setting, "Ciphers aes256-ctr"] : [setting];
    const server = await world.server(`algorithms-${name}`, { settings });
    await world.applyHost(`algorithms-${name}`, { port: server.port, socket, knownHosts: knownHostsOf(server) });
    const expected = { type: "Connected", status: "False", reason: "SSHHandshakeFailed" } as const;
    const { status } = await world.namespace.waitFor(`algorithms-${name}`, expected);
    expect(findCondition(status?.conditions, "Ready")?.message).toContain(words);
  });

  it.each([
    ["fips", "KexAlgorithms ecdh-sha2-nistp256", "Ciphers aes256-gcm@openssh.com"],
    ["groups", "KexAlgorithms diffie-hellman-group16-sha512", "Ciphers aes128-ctr"],
    ["chacha", "KexAlgorithms diffie-hellman-group14-sha256", "Ciphers chacha20-poly1305@openssh.com"],
  ])("is served where one of them is accepted: %s", async (name, ...settings) => {
    const server = await world.server(`accepted-${name}`, { settings });
    await world.applyHost(`accepted-${name}`, { port: server.port, socket, knownHosts: knownHostsOf(server) });
    await world.expectReady(`accepted-${name}`);
  });
});
