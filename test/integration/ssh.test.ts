import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, inject, it } from "vitest";
import type { Reason } from "../../src/api/reasons.ts";
import { reasonEntry } from "../../src/api/reasons.ts";
import { UNCHECKED_HOST_KEY } from "../../src/docker/warnings.ts";
import { type DebianPrograms, setUpBinaries } from "../env/binaries.ts";
import { connectEnvironment } from "../env/environment.ts";
import { generateSshKey, PLAIN_USER, SshServer, type SshServerOptions } from "../env/ssh-server.ts";
import { eventually } from "../support/eventually.ts";
import { type RawServer, startRawServer } from "../support/raw-server.ts";
import { TestNamespace } from "./cluster.ts";
import { Program } from "./program.ts";

const { kube, dockers, registry } = connectEnvironment(inject("environment"));
const { runFolder } = dockers.old.facts.dockerd;
const NO_PROGRAMS = "/nonexistent";

let debian: DebianPrograms;
let key: { privateKey: string; publicKey: string };
let namespace: TestNamespace;
let controller: Program;
/** Where the sessions of root find Docker's command line. */
let programs: string;
const servers: SshServer[] = [];
const rawServers: RawServer[] = [];

beforeAll(async () => {
  const binaries = await setUpBinaries({ log: () => {}, environment: process.env });
  debian = binaries.debian;
  programs = `${SshServer.programs}:/usr/bin:/bin`;
  key = await generateSshKey(debian, join(runFolder, "ssh-client"), "ed25519");
  namespace = await TestNamespace.create(kube);
  controller = await Program.controller(kube, namespace.name);
});

afterAll(async () => {
  await namespace?.delete();
  await controller?.stop();
  await Promise.all([...servers.map((server) => server.stop()), ...rawServers.map((server) => server.close())]);
});

type Options = Partial<Omit<SshServerOptions, "name" | "runFolder" | "debian">>;

async function sshServer(name: string, options: Options = {}): Promise<SshServer> {
  const server = await SshServer.start({
    name: `sshd-${name}`,
    runFolder,
    debian,
    authorizedKeys: [key.publicKey],
    docker: dockers.old.facts.docker,
    path: programs,
    ...options,
  });
  servers.push(server);
  return server;
}

async function rawServer(serve: Parameters<typeof startRawServer>[0]): Promise<RawServer> {
  const server = await startRawServer(serve);
  rawServers.push(server);
  return server;
}

interface Host {
  readonly port: number;
  readonly socket: string;
  readonly user?: string;
  readonly knownHosts?: readonly string[];
  readonly privateKey?: string;
  readonly spec?: object;
  readonly hostKeyChecking?: string;
}

/** A DockerHost over SSH, with its Secret. */
async function applyHost(name: string, host: Host): Promise<void> {
  const { port, socket, user = "root", knownHosts, privateKey = key.privateKey, spec = {}, hostKeyChecking } = host;
  await namespace.applySecret(name, {
    "ssh-privatekey": privateKey,
    ...(knownHosts === undefined ? {} : { known_hosts: `${knownHosts.join("\n")}\n` }),
  });
  await namespace.applyHost(name, {
    host: `ssh://${user}@127.0.0.1:${port}${socket}`,
    ssh: { secretRef: { name }, ...(hostKeyChecking === undefined ? {} : { hostKeyChecking }) },
    interval: "1h",
    timeout: "20s",
    updateCheck: { suspend: true },
    ...spec,
  });
}

/** The message of a host that is not Ready for the reason. */
async function failureOf(name: string, reason: Reason, type: "Connected" | "CredentialsValid" = "Connected") {
  const { status } = await namespace.waitFor(name, { type, status: "False", reason });
  const message = status?.conditions?.find((condition) => condition.type === type)?.message ?? "";
  if (reason !== "SecretKeyMissing") expect(message.endsWith(` ${reasonEntry(reason).fix}`)).toBe(true);
  expect(message).not.toContain("PRIVATE KEY");
  return message;
}

const known = (server: SshServer) => Object.values(server.knownHosts);

/** Each pass has its own connection, and leaves none. */
async function expectConnections(server: SshServer, count: number): Promise<void> {
  await eventually(async () => expect(await server.connections()).toEqual({ accepted: count, ended: count }));
}

describe.each([
  { label: "Docker 20.10", docker: dockers.old, key: "old", version: /^20\.10\./ },
  { label: "Docker 29", docker: dockers.new, key: "new", version: /^29\./ },
] as const)("$label over SSH", ({ docker, key: id, version }) => {
  const ways = [
    { way: "forwarding of its socket", name: `${id}-forwarding`, options: { path: NO_PROGRAMS }, command: 0 },
    { way: "docker system dial-stdio", name: `${id}-command`, options: { streamLocal: false }, command: 2 },
  ];

  it.each(ways)(
    "is Ready and checked by $way, over one connection for each pass",
    async ({ name, options, command }) => {
      const image = `${registry.facts.host}/ssh/${name}:1`;
      await docker.importImage(image);
      await docker.push(image);
      await docker.runContainer({ name: `ssh-${name}`, image });
      const server = await sshServer(name, options);
      await namespace.applySecret("registry-ca", { "ca.crt": registry.facts.ca });
      await applyHost(name, {
        port: server.port,
        socket: docker.facts.socket,
        knownHosts: known(server),
        spec: { updateCheck: { registries: [{ host: registry.facts.host, certSecretRef: { name: "registry-ca" } }] } },
      });
      await namespace.waitFor(name, { type: "Ready", status: "True" });
      const { status } = await namespace.waitFor(name, { type: "UpdateCheckSucceeded", status: "True" });
      await docker.removeContainer(`ssh-${name}`);
      expect(status).toMatchObject({
        endpoint: `ssh://root@127.0.0.1:${server.port}${docker.facts.socket}`,
        tlsMode: "None",
        engine: { version: expect.stringMatching(version) },
        updates: {
          items: expect.arrayContaining([expect.objectContaining({ container: `ssh-${name}`, verdict: "UpToDate" })]),
        },
      });
      expect(status?.warnings).toBeUndefined();
      expect(status?.conditions).toEqual(
        expect.arrayContaining([
          expect.objectContaining({ type: "CredentialsValid", status: "True", reason: "CredentialsLoaded" }),
          expect.objectContaining({ type: "Connected", message: expect.stringMatching(/ over SSH$/) }),
        ]),
      );
      // One of the connection, one of the check.
      await expectConnections(server, 2);
      expect((await server.log()).match(/Starting session: command/g)?.length ?? 0).toBe(command);
      // The next one has the same daemon, which is worth a warning.
      await namespace.kubectl("delete", "dockerhost", name);
    },
  );
});

describe("the host's key", () => {
  let server: SshServer;
  let untrusted: SshServer;
  let socket: string;
  beforeAll(async () => {
    socket = dockers.new.facts.socket;
    server = await sshServer("host-keys");
    untrusted = await sshServer("untrusted");
  });

  it.each(["ed25519", "ecdsa", "rsa"])("is asked for as known_hosts has it: only %s", async (type) => {
    const name = `known-${type}`;
    await applyHost(name, { port: server.port, socket, knownHosts: [server.knownHosts[type] ?? ""] });
    await namespace.waitFor(name, { type: "Ready", status: "True" });
  });

  it("must be known", async () => {
    await applyHost("unknown", { port: untrusted.port, socket, knownHosts: known(untrusted).map(elsewhere) });
    const message = await failureOf("unknown", "SSHHostKeyUnknown");
    expect(message).toMatch(/the host showed the ssh-ed25519 key SHA256:[A-Za-z0-9+/]{43}, but known_hosts has no key/);
    expect(message).toContain(`ssh-keyscan -p ${untrusted.port} 127.0.0.1`);
  });

  it("must be the one that is known", async () => {
    const other = await generateSshKey(debian, join(runFolder, "ssh-other"), "ed25519");
    const knownHosts = [`[127.0.0.1]:${untrusted.port} ${other.publicKey}`];
    await applyHost("mismatch", { port: untrusted.port, socket, knownHosts });
    expect(await failureOf("mismatch", "SSHHostKeyMismatch")).toContain("known_hosts has another ssh-ed25519 key");
  });

  it("must not be revoked", async () => {
    const knownHosts = [
      ...known(untrusted),
      `@revoked * ${untrusted.knownHosts.ed25519?.split(" ").slice(1).join(" ")}`,
    ];
    await applyHost("revoked", { port: untrusted.port, socket, knownHosts });
    expect(await failureOf("revoked", "SSHHostKeyMismatch")).toContain("has as revoked");
  });

  it("is not checked where the spec says so, with a warning", async () => {
    await applyHost("unchecked", { port: server.port, socket, hostKeyChecking: "Disabled" });
    const { status } = await namespace.waitFor("unchecked", { type: "Ready", status: "True" });
    expect(status?.warnings).toContain(UNCHECKED_HOST_KEY);
    expect(status?.conditions?.[0]?.message).toContain("over SSH without a check of the host's key");
  });

  it("was never followed by a login where it was not trusted", async () => {
    expect((await untrusted.connections()).accepted).toBe(0);
    expect(await untrusted.log()).not.toContain("publickey");
  });
});

describe("the user's key", () => {
  let server: SshServer;
  beforeAll(async () => {
    server = await sshServer("user-keys");
  });
  const host = () => ({ port: server.port, socket: dockers.new.facts.socket, knownHosts: known(server) });

  it("must be one that the host accepts", async () => {
    const other = await generateSshKey(debian, join(runFolder, "ssh-stranger"), "rsa");
    await applyHost("stranger", { ...host(), privateKey: other.privateKey });
    expect(await failureOf("stranger", "SSHAuthenticationFailed")).toContain("does not accept the key for this user");
  });

  it("must not have a passphrase", async () => {
    const file = join(runFolder, "ssh-passphrase");
    const { privateKey } = await generateSshKey(debian, file, "ed25519", { passphrase: "correct horse" });
    await applyHost("passphrase", { ...host(), privateKey });
    await failureOf("passphrase", "SSHKeyEncrypted", "CredentialsValid");
  });

  it("must be there, and known_hosts too", async () => {
    const { knownHosts: _, ...without } = host();
    await applyHost("no-known-hosts", without);
    expect(await failureOf("no-known-hosts", "SecretKeyMissing", "CredentialsValid")).toContain('no key "known_hosts"');
    await applyHost("junk", { ...host(), privateKey: "junk" });
    await failureOf("junk", "SSHKeyInvalid", "CredentialsValid");
  });
});

describe("dockerhost check", () => {
  it("reaches a host over SSH by the files that flags name", async () => {
    const server = await sshServer("check");
    const [keyFile, knownHosts] = [join(runFolder, "ssh-client"), join(runFolder, "ssh-check-known-hosts")];
    await writeFile(knownHosts, known(server).join("\n"));
    const host = `ssh://root@127.0.0.1:${server.port}${dockers.new.facts.socket}`;
    const flags = ["--host", host, "--ssh-key", keyFile, "--known-hosts", knownHosts];
    const program = Program.start(["check", ...flags, "-o", "wide"]);
    expect([await program.exited, program.output]).toEqual([0, expect.stringContaining("over SSH")]);
    expect(program.output).not.toContain("Warning");
  });
});

describe("what stands between SSH and the daemon", () => {
  const socket = SshServer.socketPath;

  it("a socket that does not exist, whether or not the host has Docker's command", async () => {
    for (const [name, path] of [
      ["missing-socket", programs],
      ["missing-both", "/usr/bin:/bin"],
    ] as const) {
      const server = await sshServer(name, { path });
      await applyHost(name, { port: server.port, socket: "/it's/$(not)/there.sock", knownHosts: known(server) });
      expect(await failureOf(name, "SocketNotFound")).toContain("the daemon's socket does not exist on the host");
    }
  });

  it("a socket that the user may not open, whether or not the host has Docker's command", async () => {
    for (const [name, path] of [
      ["forbidden-socket", programs],
      ["forbidden-without", "/usr/bin:/bin"],
    ] as const) {
      const server = await sshServer(name, { path, socket: dockers.new.facts.socket });
      await applyHost(name, { port: server.port, socket, user: PLAIN_USER, knownHosts: known(server) });
      expect(await failureOf(name, "SocketPermissionDenied")).toContain("may not open the daemon's socket");
    }
  });

  it("a socket that nobody listens on", async () => {
    const server = await sshServer("dead-socket");
    await applyHost("dead-socket", { port: server.port, socket: runFolder, knownHosts: known(server) });
    expect(await failureOf("dead-socket", "ConnectionRefused")).toContain("nobody listens on the daemon's socket");
  });

  it("forwarding that is forbidden, without Docker's command", async () => {
    const server = await sshServer("no-command", { streamLocal: false, path: "/usr/bin:/bin" });
    await applyHost("no-command", { port: server.port, socket: dockers.new.facts.socket, knownHosts: known(server) });
    expect(await failureOf("no-command", "SSHRemoteDockerMissing")).toContain("no docker command");
  });

  it.each([
    ["no sessions", "no-sessions", { settings: ["MaxSessions 0"] }, "neither opened"],
    [
      "another command that fails",
      "forced-failure",
      { forceCommand: "/bin/sh -c 'echo no >&2; exit 3'" },
      "exit code 3: no.",
    ],
    ["another command that talks", "forced-talk", { forceCommand: "/bin/echo hello" }, "said something else"],
    ["a user without a shell", "no-shell", { user: "sshd" }, "said something else"],
  ])(
    "forwarding that is forbidden, and %s",
    async (_what, name, { user = "root", ...options }: Options & { user?: string }, words) => {
      const server = await sshServer(name, { streamLocal: false, ...options });
      const host = { port: server.port, socket: dockers.new.facts.socket, user, knownHosts: known(server) };
      await applyHost(name, host);
      expect(await failureOf(name, "SSHForwardingDenied")).toContain(words);
    },
  );

  it.each([
    ["key", "forwarding-key", { prefix: 'restrict,port-forwarding,command="/usr/sbin/nologin" ' }],
    [
      "user",
      "forwarding-user",
      {
        forceCommand: "/usr/sbin/nologin",
        settings: ["AllowTcpForwarding no", "AllowStreamLocalForwarding local", "PermitTTY no", "X11Forwarding no"],
      },
    ],
  ])("a %s that may do nothing else than forward, which is enough", async (_what, name, options) => {
    const { prefix = "", ...rest }: Options & { prefix?: string } = options;
    const server = await sshServer(name, { ...rest, authorizedKeys: [prefix + key.publicKey] });
    await applyHost(name, { port: server.port, socket: dockers.new.facts.socket, knownHosts: known(server) });
    await namespace.waitFor(name, { type: "Ready", status: "True" });
  });

  it("a key that may do nothing else than dial, which is enough", async () => {
    const command = `docker --host=unix://${dockers.new.facts.socket} system dial-stdio`;
    const server = await sshServer("restricted", {
      authorizedKeys: [`restrict,command="${command}" ${key.publicKey}`],
    });
    await applyHost("restricted", { port: server.port, socket: dockers.new.facts.socket, knownHosts: known(server) });
    await namespace.waitFor("restricted", { type: "Ready", status: "True" });
  });
});

describe("what is no SSH server", () => {
  const socket = "/var/run/docker.sock";
  const knownHosts = [`* ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIJ9GkMoBbkYLCEXv0dzjkJ0TBGT0mYFqQFVGRGk6bpWV`];

  it("another service", async () => {
    const server = await rawServer((peer) => {
      peer.once("data", () => peer.end("HTTP/1.1 400 Bad Request\r\n\r\n"));
    });
    await applyHost("http", { port: server.port, socket, knownHosts });
    await failureOf("http", "NotAnSSHServer");
  });

  it("nobody", async () => {
    const server = await startRawServer(() => {});
    await server.close();
    await applyHost("nobody", { port: server.port, socket, knownHosts });
    expect(await failureOf("nobody", "ConnectionRefused")).toContain("the connection was refused");
  });

  it("one that hangs up at once", async () => {
    const server = await rawServer((peer) => peer.end());
    await applyHost("hangs-up", { port: server.port, socket, knownHosts });
    await failureOf("hangs-up", "ConnectionReset");
  });

  it.each([
    ["says nothing", "silent", undefined],
    ["says nothing after its name", "half", "SSH-2.0-OpenSSH_9.2\r\n"],
  ])("one that accepts and %s, which ends at spec.timeout", async (_what, name, greeting) => {
    const server = await rawServer((peer) => {
      peer.resume();
      if (greeting !== undefined) peer.write(greeting);
    });
    await applyHost(name, { port: server.port, socket, knownHosts, spec: { timeout: "2s" } });
    expect(await failureOf(name, "ConnectionTimedOut")).toContain("the SSH handshake did not end within 2s");
    await namespace.kubectl("delete", "dockerhost", name);
    await eventually(() => expect(server.open).toBe(0));
  });
});

/** The same line for another host. */
function elsewhere(line: string): string {
  return line.replace(/^\S+/, "edge-7.example.com");
}
