import ssh2 from "ssh2";
import { afterAll, beforeAll, describe, expect, inject, it, onTestFinished } from "vitest";
import { connectEnvironment } from "../../env/environment.ts";
import { startRawServer } from "../../support/raw-server.ts";
import { knownHostsOf, type SshServerChanges, SshWorld } from "./world.ts";

// What docs/ssh.md says to write into authorized_keys and sshd_config.

const environment = connectEnvironment(inject("environment"));
const { socket } = environment.dockers.new.facts;
const otherSocket = environment.dockers.old.facts.socket;
/** Brackets keep sshd from taking the path for a host and its port. */
const permitted = `[${socket}]:*`;

let world: SshWorld;
beforeAll(async () => {
  world = await SshWorld.start(environment);
});
afterAll(() => world?.stop());

/** Logs in as the controller does, and tries what it never does: a TCP connection, a command. */
async function tryMore(sshPort: number): Promise<{ tcp: boolean; command: boolean }> {
  const target = await startRawServer((peer) => peer.end());
  const client = new ssh2.Client();
  onTestFinished(async () => {
    client.end();
    await target.close();
  });
  await new Promise<void>((resolve, reject) => {
    client.on("ready", resolve).on("error", reject);
    client.connect({ host: "127.0.0.1", port: sshPort, username: "root", privateKey: world.key.privateKey });
  });
  await new Promise<void>((resolve) => {
    client.forwardOut("127.0.0.1", 0, "127.0.0.1", target.port, () => resolve());
  });
  const output = await new Promise<string>((resolve, reject) => {
    client.exec("echo a command ran", (error, channel) => {
      if (error) return reject(error);
      let text = "";
      channel.on("data", (bytes: Buffer) => {
        text += bytes.toString();
      });
      channel.on("close", () => resolve(text));
      // What dials the daemon in place of the command continues until nobody asks any more.
      channel.end();
    });
  });
  return { tcp: target.accepted > 0, command: output.includes("a command ran") };
}

it("an SSH user may do more than that from the start", async () => {
  const server = await world.server("open");
  expect(await tryMore(server.port)).toEqual({ tcp: true, command: true });
});

describe("who may only forward to the daemon's socket", () => {
  it.each<[string, string, string, SshServerChanges]>([
    ["key", "key", `restrict,port-forwarding,permitopen="${permitted}",command="/usr/sbin/nologin" `, {}],
    [
      "user",
      "user",
      "",
      {
        settings: [
          "Match User root",
          "  PasswordAuthentication no",
          "  AllowStreamLocalForwarding local",
          "  AllowTcpForwarding local",
          `  PermitOpen ${permitted}`,
          "  PermitTTY no",
          "  X11Forwarding no",
          "  ForceCommand /usr/sbin/nologin",
        ],
      },
    ],
  ])("a %s is enough, and leads nowhere else", async (_what, name, prefix, changes) => {
    const server = await world.server(`forwards-${name}`, {
      ...changes,
      authorizedKeys: [prefix + world.key.publicKey],
    });
    const host = { port: server.port, knownHosts: knownHostsOf(server) };
    await world.applyHost(`forwards-${name}`, { ...host, socket });
    await world.expectReady(`forwards-${name}`);
    await world.applyHost(`elsewhere-${name}`, { ...host, socket: otherSocket });
    await world.failureOf(`elsewhere-${name}`, "SSHForwardingDenied");
    expect(await tryMore(server.port)).toEqual({ tcp: false, command: false });
  });
});

describe("who may only dial the daemon", () => {
  it("by Docker's command is enough, whatever socket is asked for, and leads nowhere else", async () => {
    const command = `docker --host=unix://${socket} system dial-stdio`;
    const authorizedKeys = [`restrict,command="${command}" ${world.key.publicKey}`];
    const server = await world.server("dials", { authorizedKeys });
    await world.applyHost("dials", { port: server.port, socket: otherSocket, knownHosts: knownHostsOf(server) });
    await world.expectReady("dials");
    const { status } = await world.namespace.host("dials");
    expect(status?.engine?.version).toMatch(/^29\./);
    expect(await tryMore(server.port)).toEqual({ tcp: false, command: false });
  });
});
