import type { ClientChannel } from "ssh2";
import { DEFAULT_SOCKET } from "../endpoint.ts";
import { ChannelSocket, type ChannelSocketOptions } from "./channel-socket.ts";
import { type CommandEnd, judgeCommandEnd, NOT_DIAL_STDIO, SESSION_REFUSED, type SocketState } from "./classify-ssh.ts";
import type { SshConnection } from "./ssh-connection.ts";
import { SshFailure } from "./ssh-failure.ts";

/**
 * Opens the daemon's socket over an SSH connection: by forwarding, and where sshd does not do so, by Docker's own
 * command on the host. OpenSSH answers a socket that is missing and forwarding that is forbidden with the same words,
 * hence the command has the last one.
 */
export class DaemonDialer {
  readonly #connection: SshConnection;
  readonly #socketPath: string;
  #byCommand = false;

  constructor(connection: SshConnection, socketPath: string) {
    this.#connection = connection;
    this.#socketPath = socketPath;
  }

  async dial(): Promise<ChannelSocket> {
    await this.#connection.ready();
    return (this.#byCommand ? undefined : await this.#forward()) ?? (await this.#runCommand());
  }

  /** Undefined where sshd does not. */
  async #forward(): Promise<ChannelSocket | undefined> {
    const onLost: ChannelSocketOptions["onLost"] = (callback) => this.#connection.onLost(callback);
    try {
      return await this.#connection.forward(this.#socketPath, (channel) => new ChannelSocket({ channel, onLost }));
    } catch (error) {
      if (!isRefusal(error)) throw error;
      return undefined;
    }
  }

  async #runCommand(): Promise<ChannelSocket> {
    const options: Omit<ChannelSocketOptions, "channel"> = {
      onLost: (callback) => this.#connection.onLost(callback),
      accepts: (begin) => {
        // What speaks HTTP here does so for the next requests too.
        this.#byCommand = beginsAsHttp(begin);
        return this.#byCommand ? undefined : new SshFailure(NOT_DIAL_STDIO);
      },
      judgeEnd: (end) => this.#judgeEnd(end),
    };
    return await this.#exec(dialStdio(this.#socketPath), (channel) => new ChannelSocket({ ...options, channel }));
  }

  async #judgeEnd(end: CommandEnd): Promise<Error | undefined> {
    if (end.code === 0) return undefined;
    const socket = end.code === 127 ? await this.#socketState() : "unknown";
    return new SshFailure(judgeCommandEnd(end, socket));
  }

  /** Without Docker's command, the shell tells what stands in the way. */
  async #socketState(): Promise<SocketState> {
    const onLost: ChannelSocketOptions["onLost"] = (callback) => this.#connection.onLost(callback);
    const code = await this.#exec(testSocket(this.#socketPath), (channel) => exitCode(channel, onLost));
    return SOCKET_STATES[code ?? -1] ?? "unknown";
  }

  async #exec<T>(command: string, adopt: (channel: ClientChannel) => T): Promise<Awaited<T>> {
    try {
      return await this.#connection.exec(command, adopt);
    } catch (error) {
      throw isRefusal(error) || isRequestFailure(error) ? new SshFailure(SESSION_REFUSED, error) : error;
    }
  }
}

/** For a shell, whatever the path holds. */
function quote(text: string): string {
  return `'${text.replaceAll("'", `'\\''`)}'`;
}

/** @internal */
export function dialStdio(socketPath: string): string {
  const host = socketPath === DEFAULT_SOCKET ? "" : ` --host=${quote(`unix://${socketPath}`)}`;
  return `docker${host} system dial-stdio`;
}

const SOCKET_STATES: Readonly<Record<number, SocketState>> = { 40: "missing", 41: "forbidden", 42: "usable" };

/** Of `sh` itself, since the user's shell may be another. The numbers are no program's usual ones. @internal */
export function testSocket(socketPath: string): string {
  const script = `test -e "$1" || exit 40; test -r "$1" && test -w "$1" || exit 41; exit 42`;
  return `sh -c ${quote(script)} sh ${quote(socketPath)}`;
}

function exitCode(channel: ClientChannel, onLost: ChannelSocketOptions["onLost"]): Promise<number | undefined> {
  return new Promise((resolve, reject) => {
    const forget = onLost(reject);
    channel.on("close", (code: unknown) => {
      forget();
      resolve(typeof code === "number" ? code : undefined);
    });
    channel.resume();
    channel.stderr.resume();
    channel.end();
  });
}

function beginsAsHttp(begin: Buffer): boolean {
  const expected = "HTTP/";
  return begin.toString("latin1", 0, expected.length) === expected.slice(0, begin.length);
}

/** The other side did not open the channel, and says so with a reason. */
function isRefusal(error: unknown): boolean {
  return error instanceof Error && "reason" in error && !(error instanceof SshFailure);
}

/** The channel was opened, and the command in it refused. */
function isRequestFailure(error: unknown): boolean {
  return error instanceof Error && /^Unable to exec/.test(error.message);
}
