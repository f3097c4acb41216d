import { afterAll, beforeAll, describe, expect, inject, it } from "vitest";
import { connectEnvironment } from "../../env/environment.ts";
import { PLAIN_USER, SshServer } from "../../env/ssh-server.ts";
import { eventually } from "../../support/eventually.ts";
import { type RawServer, startRawServer } from "../../support/raw-server.ts";
import { knownHostsOf, type SshServerChanges, SshWorld, WITH_DOCKER, WITHOUT_DOCKER } from "./world.ts";

const environment = connectEnvironment(inject("environment"));
const { dockers } = environment;

let world: SshWorld;
const rawServers: RawServer[] = [];
beforeAll(async () => {
  world = await SshWorld.start(environment);
});
afterAll(async () => {
  await world?.stop();
  await Promise.all(rawServers.map((server) => server.close()));
});

async function rawServer(serve: Parameters<typeof startRawServer>[0]): Promise<RawServer> {
  const server = await startRawServer(serve);
  rawServers.push(server);
  return server;
}

describe("what is between SSH and the daemon", () => {
  const socket = SshServer.socketPath;

  it("a socket that does not exist, whether or not the host has Docker's command", async () => {
    for (const [name, path] of [
      ["missing-socket", WITH_DOCKER],
      ["missing-both", WITHOUT_DOCKER],
    ] as const) {
      const server = await world.server(name, { path });
      await world.applyHost(name, {
        port: server.port,
        socket: "/it's/$(not)/there.sock",
        knownHosts: knownHostsOf(server),
      });
      expect(await world.failureOf(name, "SocketNotFound")).toContain("the daemon's socket does not exist on the host");
    }
  });

  it("a socket that the user may not open, whether or not the host has Docker's command", async () => {
    for (const [name, path] of [
      ["forbidden-socket", WITH_DOCKER],
      ["forbidden-without", WITHOUT_DOCKER],
    ] as const) {
      const server = await world.server(name, { path, socket: dockers.new.facts.socket });
      await world.applyHost(name, { port: server.port, socket, user: PLAIN_USER, knownHosts: knownHostsOf(server) });
      expect(await world.failureOf(name, "SocketPermissionDenied")).toContain("may not open the daemon's socket");
    }
  });

  it("a socket that nobody listens on", async () => {
    const server = await world.server("dead-socket");
    await world.applyHost("dead-socket", {
      port: server.port,
      socket: dockers.new.facts.dockerd.runFolder,
      knownHosts: knownHostsOf(server),
    });
    expect(await world.failureOf("dead-socket", "ConnectionRefused")).toContain(
      "nobody listens on the daemon's socket",
    );
  });

  it("forwarding that is forbidden, without Docker's command", async () => {
    const server = await world.server("no-command", { streamLocal: false, path: WITHOUT_DOCKER });
    await world.applyHost("no-command", {
      port: server.port,
      socket: dockers.new.facts.socket,
      knownHosts: knownHostsOf(server),
    });
    expect(await world.failureOf("no-command", "SSHRemoteDockerMissing")).toContain("no docker command");
  });

  it.each([
    ["no sessions", "no-sessions", { settings: ["MaxSessions 0"] }, "neither opened"],
    [
      "another command that fails",
      "forced-failure",
      { forceCommand: "/bin/sh -c 'echo no >&2; exit 3'" },
      "exit code 3: no.",
    ],
    [
      "another command that talks",
      "forced-talk",
      { forceCommand: "/bin/echo hello" },
      "answered with something other than",
    ],
    ["a user without a shell", "no-shell", { user: "sshd" }, "answered with something other than"],
  ])(
    "forwarding that is forbidden, and %s",
    async (_what, name, { user = "root", ...options }: SshServerChanges & { user?: string }, words) => {
      const server = await world.server(name, { streamLocal: false, ...options });
      const host = { port: server.port, socket: dockers.new.facts.socket, user, knownHosts: knownHostsOf(server) };
      await world.applyHost(name, host);
      expect(await world.failureOf(name, "SSHForwardingDenied")).toContain(words);
    },
  );
});

describe("what is not an SSH server", () => {
  const socket = "/var/run/docker.sock";
  const knownHosts = [`* ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIJ9GkMoBbkYLCEXv0dzjkJ0TBGT0mYFqQFVGRGk6bpWV`];

  it("another service", async () => {
    const server = await rawServer((peer) => {
      peer.once("data", () => peer.end("HTTP/1.1 400 Bad Request\r\n\r\n"));
    });
    await world.applyHost("http", { port: server.port, socket, knownHosts });
    await world.failureOf("http", "NotAnSSHServer");
  });

  it("nobody", async () => {
    const server = await startRawServer(() => {});
    await server.close();
    await world.applyHost("nobody", { port: server.port, socket, knownHosts });
    expect(await world.failureOf("nobody", "ConnectionRefused")).toContain("the connection was refused");
  });

  it("one that hangs up immediately", async () => {
    const server = await rawServer((peer) => peer.end());
    await world.applyHost("hangs-up", { port: server.port, socket, knownHosts });
    await world.failureOf("hangs-up", "ConnectionReset");
  });

  it.each([
    ["says nothing", "silent", undefined],
    ["says nothing after its name", "half", "SSH-2.0-OpenSSH_9.2\r\n"],
  ])("one that accepts and %s, which ends at spec.timeout", async (_what, name, greeting) => {
    const server = await rawServer((peer) => {
      peer.resume();
      if (greeting !== undefined) peer.write(greeting);
    });
    await world.applyHost(name, { port: server.port, socket, knownHosts, spec: { timeout: "2s" } });
    expect(await world.failureOf(name, "ConnectionTimedOut")).toContain("the SSH handshake did not end within 2s");
    await world.namespace.kubectl("delete", "dockerhost", name);
    await eventually(() => expect(server.open).toBe(0));
  });
});
