import type { Socket } from "node:net";
import ssh2, { type Client, type ClientChannel, type ConnectConfig, type PublicKeyAuthMethod } from "ssh2";
import { type DialGuard, guardedConnect } from "../../common/dial-guard.ts";
import { HostOffers, OFFERED } from "./algorithms.ts";
import { CONNECTION_CUT, judgeSshError, type LoginAnswer, SHA1_SIGNATURE, type SshStage } from "./classify-ssh.ts";
import { hostKeyAlgorithms, judgeHostKey } from "./host-key.ts";
import { findHostKeys, type HostKeys } from "./known-hosts.ts";
import { PacedStream } from "./paced-stream.ts";
import type { SshCredentials } from "./preflight-ssh.ts";
import { signingKey } from "./private-key.ts";
import { SshFailure } from "./ssh-failure.ts";
import { TrafficBudget } from "./traffic-budget.ts";

export interface SshAddress {
  readonly user: string;
  readonly host: string;
  readonly port: number;
}

/** One SSH connection, opened by its first use and never again. */
export class SshConnection {
  readonly #client: Client = new ssh2.Client();
  readonly #waiting = new Set<(error: Error) => void>();
  readonly #address: SshAddress;
  readonly #credentials: SshCredentials;
  readonly #guard: DialGuard;
  readonly #budget = new TrafficBudget();
  readonly #offers = new HostOffers();
  #login: LoginAnswer | undefined;
  #stage: SshStage = "dial";
  #socket: Socket | undefined;
  #ready: Promise<void> | undefined;
  #lost: Error | undefined;

  constructor(address: SshAddress, credentials: SshCredentials, guard: DialGuard) {
    this.#address = address;
    this.#credentials = credentials;
    this.#guard = guard;
  }

  get stage(): SshStage {
    return this.#stage;
  }

  /** Rejects with why there is no connection. */
  ready(): Promise<void> {
    if (this.#lost !== undefined) return Promise.reject(this.#lost);
    this.#ready ??= this.#open();
    return this.#ready;
  }

  /** Calls back at most once, when the connection has ended. Returns what takes it back. */
  onLost(callback: (error: Error) => void): () => void {
    if (this.#lost !== undefined) callback(this.#lost);
    else this.#waiting.add(callback);
    return () => this.#waiting.delete(callback);
  }

  /**
   * A channel to a socket of the host. `adopt` is called in the moment that it is open: what comes with the same packet,
   * even its end, would else be missed.
   */
  forward<T>(socketPath: string, adopt: (channel: ClientChannel) => T): Promise<Awaited<T>> {
    return this.#channel(adopt, (done) => this.#client.openssh_forwardOutStreamLocal(socketPath, done));
  }

  /** A command in a session. */
  exec<T>(command: string, adopt: (channel: ClientChannel) => T): Promise<Awaited<T>> {
    return this.#channel(adopt, (done) => this.#client.exec(command, done));
  }

  close(why: Error = new SshFailure(CONNECTION_CUT)): void {
    if (this.#lost !== undefined) return;
    try {
      // A word of farewell, so that sshd does not take it for a failure.
      if (this.#stage !== "dial") this.#client.end();
    } catch {
      // The other side was faster.
    }
    this.#lose(why);
  }

  #lose(why: Error): void {
    if (this.#lost !== undefined) return;
    this.#lost = why;
    this.#socket?.destroy();
    for (const callback of [...this.#waiting]) callback(why);
    this.#waiting.clear();
  }

  #open(): Promise<void> {
    const { host, port } = this.#address;
    const client = this.#client;
    const { knownHosts } = this.#credentials;
    const known = knownHosts === undefined ? undefined : findHostKeys(knownHosts, host, port);
    const socket = guardedConnect({ host, port, noDelay: true }, this.#guard);
    this.#socket = socket;
    client.on("handshake", () => {
      if (this.#stage === "handshake") this.#stage = "authentication";
    });
    // For good: ssh2 reports errors also after the end.
    client.on("error", (error) => {
      const heard = socket.bytesRead > 0;
      const progress = { stage: this.#stage, heard, offers: this.#offers, login: this.#login };
      this.#lose(judgeSshError(error, progress));
    });
    client.on("close", () => this.#lose(new SshFailure(CONNECTION_CUT)));
    return new Promise((resolve, reject) => {
      const forget = this.onLost(reject);
      client.on("ready", () => {
        this.#stage = "open";
        forget();
        resolve();
      });
      const refused = (error: Error) => this.#lose(error);
      socket.once("error", refused);
      socket.once("connect", () => {
        this.#stage = "handshake";
        const stream = new PacedStream(socket, (bytes) => this.#budget.receive(bytes));
        socket.off("error", refused);
        try {
          client.connect({ sock: stream, ...this.#settings(known) });
        } catch (error) {
          this.#lose(error instanceof Error ? error : new Error(String(error)));
        }
      });
    });
  }

  #settings(known: HostKeys | undefined): ConnectConfig {
    const { host, port, user } = this.#address;
    const onlyKey: PublicKeyAuthMethod = {
      type: "publickey",
      username: user,
      key: signingKey(this.#credentials.key, () => this.#lose(new SshFailure(SHA1_SIGNATURE))),
    };
    let shown = false;
    return {
      username: user,
      // Nothing but the key: neither an agent nor a password.
      authHandler: (offered, partial) => {
        if (!shown) {
          shown = true;
          return onlyKey;
        }
        this.#login = { offered, partial };
        return false;
      },
      // The pass has a deadline of its own.
      readyTimeout: 0,
      // Others than OpenSSH forward sockets too.
      strictVendor: false,
      algorithms: { ...OFFERED, serverHostKey: hostKeyAlgorithms(known) },
      debug: (line) => {
        this.#offers.report(line);
        this.#budget.report(line);
      },
      hostVerifier: (offered: Buffer) => {
        if (known === undefined) return true;
        const verdict = judgeHostKey(offered, known, { host, port });
        if (verdict !== undefined) this.#lose(new SshFailure(verdict));
        return verdict === undefined;
      },
    };
  }

  #channel<T>(
    adopt: (channel: ClientChannel) => T,
    open: (done: (error: Error | undefined, channel: ClientChannel) => void) => void,
  ): Promise<Awaited<T>> {
    return new Promise<T>((resolve, reject) => {
      if (this.#lost !== undefined) return reject(this.#lost);
      const forget = this.onLost(reject);
      try {
        open((error, channel) => {
          forget();
          if (error) return reject(this.#lost ?? error);
          // What goes wrong with a channel shows in its end.
          channel.on("error", () => {});
          channel.stderr.on("error", () => {});
          resolve(adopt(channel));
        });
      } catch (error) {
        forget();
        reject(this.#lost ?? error);
      }
    }) as Promise<Awaited<T>>;
  }
}
