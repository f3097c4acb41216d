import { mkdir, readFile, writeFile } from "node:fs/promises";
import { connect } from "node:net";
import { join } from "node:path";
import { run } from "./binaries/run-command.ts";
import type { DebianPrograms } from "./binaries.ts";
import { freePorts } from "./processes/ports.ts";
import { Server } from "./processes/server.ts";

export const HOST_KEY_TYPES = ["ed25519", "ecdsa", "rsa"] as const;
export type HostKeyType = (typeof HOST_KEY_TYPES)[number];

/** Users in addition to root: one who may not open Docker's sockets. */
export const PLAIN_USER = "plain";

export interface SshServerOptions {
  /** Unique in its run. */
  readonly name: string;
  readonly runFolder: string;
  readonly debian: DebianPrograms;
  /** Lines of authorized_keys, with their options. */
  readonly authorizedKeys: readonly string[];
  /** Default all. */
  readonly hostKeys?: readonly HostKeyType[];
  /** Whether sessions may open the host's sockets; default as sshd has it, which is true. */
  readonly streamLocal?: boolean;
  readonly forceCommand?: string;
  /** Where sessions find programs; default this process's own. */
  readonly path?: string;
  /** A socket that sessions find at `SshServer.socketPath`, for users who may open it. */
  readonly socket?: string;
  /** A program that is found as `docker` in `SshServer.programs`, by every user. */
  readonly docker?: string;
  /** Other names of root, as directories have them. */
  readonly users?: readonly string[];
  /** More lines of sshd_config. */
  readonly settings?: readonly string[];
}

/**
 * A real sshd on a free loopback port. It runs in a mount namespace of its own, in which the machine has the users that
 * it needs; the machine itself stays as it is, but for the empty folder /run/sshd.
 */
export class SshServer {
  readonly port: number;
  /** Lines of known_hosts, by the type of the key. */
  readonly knownHosts: Readonly<Record<string, string>>;
  readonly #server: Server;

  private constructor(port: number, knownHosts: Readonly<Record<string, string>>, server: Server) {
    this.port = port;
    this.knownHosts = knownHosts;
    this.#server = server;
  }

  /** Where a session finds the socket of the options. */
  static readonly socketPath = "/run/sshd/docker.sock";
  static readonly programs = "/run/sshd/bin";

  static async start(options: SshServerOptions): Promise<SshServer> {
    const { name, runFolder, debian, hostKeys = HOST_KEY_TYPES } = options;
    const { port } = await freePorts(["port"]);
    const folder = join(runFolder, name);
    await mkdir(folder);
    // sshd refuses to start without it, and only root may make it.
    await mkdir("/run/sshd", { recursive: true, mode: 0o755 });
    const knownHosts: Record<string, string> = {};
    for (const type of hostKeys) {
      const file = join(folder, `host_${type}`);
      const { publicKey } = await generateSshKey(debian, file, type);
      knownHosts[type] = `[127.0.0.1]:${port} ${publicKey}`;
    }
    await writeFile(join(folder, "authorized_keys"), `${options.authorizedKeys.join("\n")}\n`);
    await writeFile(join(folder, "passwd"), await usersOf(folder, options.users));
    await writeFile(join(folder, "sshd_config"), configuration(options, folder, port, hostKeys));
    await writeFile(join(folder, "start.sh"), startScript(options, folder));
    const server = new Server(
      {
        name,
        runFolder,
        program: "/usr/bin/unshare",
        args: ["--mount", "/bin/sh", join(folder, "start.sh")],
        environment: { ...debian.environment, PATH: `${debian.environment.PATH}:${process.env.PATH}` },
        graceMs: 2_000,
      },
      () => listens(port),
    );
    await server.start();
    return new SshServer(port, knownHosts, server);
  }

  /** Everything that sshd logged so far. */
  log(): Promise<string> {
    return readFile(this.#server.logFile, "utf8");
  }

  /** How many SSH connections sshd let in, and how many of them ended with a word of farewell. */
  async connections(): Promise<{ accepted: number; ended: number }> {
    const log = await this.log();
    const count = (pattern: RegExp) => log.match(pattern)?.length ?? 0;
    return {
      accepted: count(/^Accepted publickey for /gm),
      ended: count(/^Disconnected from user /gm),
    };
  }

  stop(): Promise<void> {
    return this.#server.stop();
  }
}

export interface SshKeyOptions {
  readonly passphrase?: string;
  /** `-m` of ssh-keygen; default OpenSSH's own. */
  readonly format?: "PEM" | "PKCS8";
}

/** A key pair by ssh-keygen, in `file` and `file.pub`. */
export async function generateSshKey(
  debian: DebianPrograms,
  file: string,
  type: HostKeyType,
  { passphrase = "", format }: SshKeyOptions = {},
): Promise<{ privateKey: string; publicKey: string }> {
  const form = format === undefined ? [] : ["-m", format];
  const args = ["-q", "-t", type, ...(type === "rsa" ? ["-b", "2048"] : []), ...form, "-N", passphrase, "-C", ""];
  await run(debian.sshKeygen, [...args, "-f", file], { env: { ...debian.environment } });
  const [privateKey, publicKey] = await Promise.all([readFile(file, "utf8"), readFile(`${file}.pub`, "utf8")]);
  return { privateKey, publicKey: publicKey.trim() };
}

function configuration(
  { streamLocal, forceCommand, path = process.env.PATH, settings = [] }: SshServerOptions,
  folder: string,
  port: number,
  hostKeys: readonly HostKeyType[],
): string {
  return [
    `Port ${port}`,
    "ListenAddress 127.0.0.1",
    ...hostKeys.map((type) => `HostKey ${join(folder, `host_${type}`)}`),
    "PidFile none",
    // Of the namespace, where a user other than root can read it.
    "AuthorizedKeysFile /run/sshd/authorized_keys",
    "StrictModes no",
    "UsePAM no",
    "PermitRootLogin prohibit-password",
    "LogLevel VERBOSE",
    `SetEnv PATH=${path}`,
    ...(streamLocal === undefined ? [] : [`AllowStreamLocalForwarding ${streamLocal ? "yes" : "no"}`]),
    ...(forceCommand === undefined ? [] : [`ForceCommand ${forceCommand}`]),
    ...settings,
    "",
  ].join("\n");
}

function listens(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, "127.0.0.1", () => {
      socket.destroy();
      resolve(true);
    });
    socket.on("error", () => resolve(false));
  });
}

/** The machine's users without whatever it has of these, and these. */
async function usersOf(folder: string, users: readonly string[] = []): Promise<string> {
  const own = [
    "sshd:*:65533:65534::/run/sshd:/usr/sbin/nologin",
    `${PLAIN_USER}:*:65532:65534::/:/bin/sh`,
    // Start files of the machine's root stay out of it.
    ...["root", ...users].map((name) => `${name}:*:0:0::${folder}:/bin/sh`),
  ];
  const names = new Set(own.map((line) => line.split(":")[0]));
  const others = (await readFile("/etc/passwd", "utf8")).split("\n").filter((line) => !names.has(line.split(":")[0]));
  return [...own, ...others].join("\n");
}

/** Runs in the namespace, as root. */
function startScript({ debian, socket, docker }: SshServerOptions, folder: string): string {
  const bind = (source: string, target: string) => [`touch ${target}`, `mount --bind ${source} ${target}`];
  return [
    "set -e",
    `mount --bind ${join(folder, "passwd")} /etc/passwd`,
    "mount -t tmpfs -o mode=755 tmpfs /run/sshd",
    `cp ${join(folder, "authorized_keys")} /run/sshd/authorized_keys`,
    "chmod 644 /run/sshd/authorized_keys",
    `mkdir ${SshServer.programs}`,
    ...(socket === undefined ? [] : bind(socket, SshServer.socketPath)),
    ...(docker === undefined ? [] : bind(docker, join(SshServer.programs, "docker"))),
    `exec ${debian.sshd} -D -e -f ${join(folder, "sshd_config")}`,
    "",
  ].join("\n");
}
