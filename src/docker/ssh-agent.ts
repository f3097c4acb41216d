import * as http from "node:http";
import { Duplex } from "node:stream";
import type { DialGuard } from "../common/dial-guard.ts";
import type { SshStage } from "../ssh/connection-error.ts";
import { SshConnection, type SshCredentials } from "../ssh/ssh-connection.ts";
import { DaemonDialer } from "./daemon-dialer.ts";
import type { Endpoint } from "./endpoint.ts";
import type { ConnectionPhase, EngineAgent } from "./engine-agent.ts";

const PHASES: Readonly<Record<SshStage, ConnectionPhase>> = {
  dial: "dial",
  handshake: "handshake",
  authentication: "handshake",
  open: "exchange",
};

/**
 * The agent of one attempt over SSH. It has one SSH connection, and its sockets are channels of that connection to the
 * daemon. Everything ends with `destroy` and with the signal.
 */
export function createSshAgent(
  endpoint: Extract<Endpoint, { kind: "ssh" }>,
  credentials: SshCredentials,
  guard: DialGuard,
  signal: AbortSignal,
): EngineAgent {
  const connection = new SshConnection(endpoint, credentials, guard);
  const agent = new SshHttpAgent(connection, new DaemonDialer(connection, endpoint.socketPath), signal);
  return {
    agent,
    phase: () => PHASES[connection.stage],
    peerChain: () => undefined,
    refused: () => undefined,
    mayRetry: () => false,
  };
}

class SshHttpAgent extends http.Agent {
  readonly #connection: SshConnection;
  readonly #dialer: DaemonDialer;
  readonly #signal: AbortSignal;
  readonly #abort = () => this.destroy();

  constructor(connection: SshConnection, dialer: DaemonDialer, signal: AbortSignal) {
    super({ keepAlive: true, maxSockets: 1 });
    this.#connection = connection;
    this.#dialer = dialer;
    this.#signal = signal;
    signal.addEventListener("abort", this.#abort, { once: true });
  }

  override createConnection(
    _options: http.ClientRequestArgs,
    callback?: (error: Error | null, stream: Duplex) => void,
  ): undefined {
    this.#dialer.dial().then(
      (socket) => (socket.ok ? callback?.(null, socket.value) : callback?.(socket.failure, new Duplex())),
      (error: Error) => callback?.(error, new Duplex()),
    );
  }

  override destroy(): void {
    this.#signal.removeEventListener("abort", this.#abort);
    super.destroy();
    this.#connection.close();
  }
}
