import type { Socket } from "node:net";
import ssh2, { type Client, type ClientChannel, type ConnectConfig, type PublicKeyAuthMethod } from "ssh2";
import { type DialGuard, guardedConnect } from "../common/dial-guard.ts";
import { failure, type Result, success } from "../common/result.ts";
import { HostOffers, OFFERED } from "./algorithms.ts";
import { explainError, explainRefusal, type LoginAnswer, type SshStage } from "./connection-error.ts";
import { checkHostKey, hostKeyAlgorithms } from "./host-key.ts";
import { findHostKeys, type HostKeys, type KnownHosts } from "./known-hosts.ts";
import { PacedStream } from "./paced-stream.ts";
import { type SshKey, signingKey } from "./private-key.ts";
import { CONNECTION_CUT, SshFailure, type SshProblem } from "./ssh-failure.ts";
import { TrafficBudget } from "./traffic-budget.ts";

export type { ClientChannel };

export interface SshAddress {
  readonly user: string;
  readonly host: string;
  readonly port: number;
}

/** Credentials that were checked and can be used. */
export interface SshCredentials {
  readonly key: SshKey;
  /** Undefined if every host key is accepted, which the user has to request explicitly. */
  readonly knownHosts: KnownHosts | undefined;
}

const SHA1_SIGNATURE: SshProblem = {
  kind: "handshakeFailed",
  why: "the host accepts only RSA signatures with SHA-1, which are never made; use an Ed25519 key",
};

/** One SSH connection. Its first use opens it, and it is never opened again. */
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
  #ready: Promise<Result<void, Error>> | undefined;
  #lost: Error | undefined;

  constructor(address: SshAddress, credentials: SshCredentials, guard: DialGuard) {
    this.#address = address;
    this.#credentials = credentials;
    this.#guard = guard;
  }

  get stage(): SshStage {
    return this.#stage;
  }

  /** Opens the connection. Its failures are an SshFailure, or an error of the network below. */
  async ready(): Promise<Result<void, Error>> {
    if (this.#lost !== undefined) return failure(this.#lost);
    this.#ready ??= this.#open();
    return await this.#ready;
  }

  /** Calls back at most once, when the connection has ended. The result removes the callback. */
  onLost(callback: (error: Error) => void): () => void {
    if (this.#lost !== undefined) callback(this.#lost);
    else this.#waiting.add(callback);
    return () => this.#waiting.delete(callback);
  }

  /**
   * Opens a channel to a socket of the host. `adopt` is called at the moment when the channel opens; otherwise, what
   * arrives in the same packet, even the end, would be missed.
   */
  forward<T>(socketPath: string, adopt: (channel: ClientChannel) => T): Promise<Result<T, Error>> {
    return this.#channel(adopt, (done) => this.#client.openssh_forwardOutStreamLocal(socketPath, done));
  }

  /** Runs a command in a session. */
  exec<T>(command: string, adopt: (channel: ClientChannel) => T): Promise<Result<T, Error>> {
    return this.#channel(adopt, (done) => this.#client.exec(command, done));
  }

  close(why: Error = new SshFailure(CONNECTION_CUT)): void {
    if (this.#lost !== undefined) return;
    try {
      // The connection is closed properly, so that sshd does not log a failure.
      if (this.#stage !== "dial") this.#client.end();
    } catch {
      // The other side closed it first.
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

  #open(): Promise<Result<void, Error>> {
    const { host, port } = this.#address;
    const client = this.#client;
    const { knownHosts } = this.#credentials;
    const known = knownHosts === undefined ? undefined : findHostKeys(knownHosts, host, port);
    const socket = guardedConnect({ host, port, noDelay: true }, this.#guard);
    this.#socket = socket;
    client.on("handshake", () => {
      if (this.#stage === "handshake") this.#stage = "authentication";
    });
    // The listener stays, because ssh2 reports errors even after the end.
    client.on("error", (error) => {
      const heard = socket.bytesRead > 0;
      const progress = { stage: this.#stage, heard, offers: this.#offers, login: this.#login };
      this.#lose(explainError(error, progress));
    });
    client.on("close", () => this.#lose(new SshFailure(CONNECTION_CUT)));
    return new Promise((resolve) => {
      const forget = this.onLost((error) => resolve(failure(error)));
      client.on("ready", () => {
        this.#stage = "open";
        forget();
        resolve(success(undefined));
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
      // Only the key is used, neither an agent nor a password.
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
      // Servers other than OpenSSH forward sockets too.
      strictVendor: false,
      algorithms: { ...OFFERED, serverHostKey: hostKeyAlgorithms(known) },
      debug: (line) => {
        this.#offers.report(line);
        this.#budget.report(line);
      },
      hostVerifier: (offered: Buffer) => {
        if (known === undefined) return true;
        const problem = checkHostKey(offered, known, { host, port });
        if (problem !== undefined) this.#lose(new SshFailure(problem));
        return problem === undefined;
      },
    };
  }

  #channel<T>(
    adopt: (channel: ClientChannel) => T,
    open: (done: (error: Error | undefined, channel: ClientChannel) => void) => void,
  ): Promise<Result<T, Error>> {
    return new Promise((resolve) => {
      if (this.#lost !== undefined) return resolve(failure(this.#lost));
      const forget = this.onLost((error) => resolve(failure(error)));
      const refused = (error: unknown) => {
        forget();
        resolve(failure(this.#lost ?? explainRefusal(error instanceof Error ? error : new Error(String(error)))));
      };
      try {
        open((error, channel) => {
          if (error) return refused(error);
          forget();
          // Problems of a channel show when it ends.
          channel.on("error", () => {});
          channel.stderr.on("error", () => {});
          resolve(success(adopt(channel)));
        });
      } catch (error) {
        refused(error);
      }
    });
  }
}
