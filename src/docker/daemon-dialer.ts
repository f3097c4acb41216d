import { failure, type Result } from "../common/result.ts";
import { ChannelSocket, type ChannelSocketOptions, type CommandEnd } from "../ssh/channel-socket.ts";
import type { ClientChannel, SshConnection } from "../ssh/ssh-connection.ts";
import { SshFailure } from "../ssh/ssh-failure.ts";
import {
  DaemonUnreachable,
  diagnoseCommandEnd,
  NOT_DIAL_STDIO,
  SESSION_REFUSED,
  type SocketState,
} from "./classify-ssh.ts";
import { DEFAULT_SOCKET } from "./endpoint.ts";

/**
 * Opens the daemon's socket over an SSH connection: by forwarding, or, if sshd refuses that, with Docker's own command
 * on the host. OpenSSH gives the same answer to a missing socket and to forbidden forwarding, so only the command shows
 * which it is.
 */
export class DaemonDialer {
  readonly #connection: SshConnection;
  readonly #socketPath: string;
  readonly #onLost: ChannelSocketOptions["onLost"];
  #byCommand = false;

  constructor(connection: SshConnection, socketPath: string) {
    this.#connection = connection;
    this.#socketPath = socketPath;
    this.#onLost = (callback) => connection.onLost(callback);
  }

  async dial(): Promise<Result<ChannelSocket, Error>> {
    const ready = await this.#connection.ready();
    if (!ready.ok) return ready;
    if (this.#byCommand) return await this.#runCommand();
    const forwarded = await this.#connection.forward(
      this.#socketPath,
      (channel) => new ChannelSocket({ channel, onLost: this.#onLost }),
    );
    return !forwarded.ok && isRefusal(forwarded.failure) ? await this.#runCommand() : forwarded;
  }

  async #runCommand(): Promise<Result<ChannelSocket, Error>> {
    const options: Omit<ChannelSocketOptions, "channel"> = {
      onLost: this.#onLost,
      accepts: (begin) => {
        // If HTTP works over this channel, it works for the following requests as well.
        this.#byCommand = beginsAsHttp(begin);
        return this.#byCommand ? undefined : new DaemonUnreachable(NOT_DIAL_STDIO);
      },
      explainEnd: (end) => this.#explainEnd(end),
    };
    const command = dialStdio(this.#socketPath);
    const socket = await this.#connection.exec(command, (channel) => new ChannelSocket({ ...options, channel }));
    if (socket.ok || !isRefusal(socket.failure)) return socket;
    return failure(new DaemonUnreachable(SESSION_REFUSED, socket.failure));
  }

  async #explainEnd(end: CommandEnd): Promise<Error | undefined> {
    if (end.code === 0) return undefined;
    const socket = end.code === 127 ? await this.#socketState() : "unknown";
    return new DaemonUnreachable(diagnoseCommandEnd(end, socket));
  }

  /** Without Docker's command, a shell on the host finds out what is wrong with the socket. */
  async #socketState(): Promise<SocketState> {
    const test = testSocket(this.#socketPath);
    const ended = await this.#connection.exec(test, (channel) => exitCode(channel, this.#onLost));
    const code = ended.ok ? await ended.value : undefined;
    return SOCKET_STATES[code ?? -1] ?? "unknown";
  }
}

/** Quotes a path for a shell, whatever characters it contains. */
function quote(text: string): string {
  return `'${text.replaceAll("'", `'\\''`)}'`;
}

/** @internal */
export function dialStdio(socketPath: string): string {
  const host = socketPath === DEFAULT_SOCKET ? "" : ` --host=${quote(`unix://${socketPath}`)}`;
  return `docker${host} system dial-stdio`;
}

const SOCKET_STATES: Readonly<Record<number, SocketState>> = { 40: "missing", 41: "forbidden", 42: "usable" };

/** Runs in `sh`, because the user's own shell may be another. No program usually exits with these numbers. @internal */
export function testSocket(socketPath: string): string {
  const script = `test -e "$1" || exit 40; test -r "$1" && test -w "$1" || exit 41; exit 42`;
  return `sh -c ${quote(script)} sh ${quote(socketPath)}`;
}

/** Returns undefined if there was no command, or if the connection was lost. */
function exitCode(channel: ClientChannel, onLost: ChannelSocketOptions["onLost"]): Promise<number | undefined> {
  return new Promise((resolve) => {
    const forget = onLost(() => resolve(undefined));
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

function isRefusal(error: Error): boolean {
  return error instanceof SshFailure && error.problem.kind === "refused";
}
