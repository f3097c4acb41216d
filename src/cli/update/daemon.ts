import type { DockerHostObject } from "../../api/docker-host.ts";
import type { Outcome } from "../../api/failure.ts";
import type { DockerHostSpec } from "../../api/spec.ts";
import type { Surface } from "../../api/surface.ts";
import { success } from "../../common/result.ts";
import { trustRoots } from "../../common/trust-roots.ts";
import { HostDaemon, type PullLogin } from "../../containerupdate/host-daemon.ts";
import { replyBudget } from "../../docker/exchange.ts";
import { createTlsMemory } from "../../docker/tls-memory.ts";
import type { SecretReader } from "../../dockerhost/ports.ts";
import type { RegistryLogins } from "../../registry/logins.ts";
import type { EngineAccess, ReplacementPorts } from "../../replacement/request.ts";
import { TiesCache } from "../../replacement/ties.ts";
import type { ConnectionPolicies } from "../connection-policy.ts";
import type { CliContext } from "../context.ts";

/** All commands finish each other's updates: the next user may be another person on another machine. */
export const OWNER = "dockerhost update";

export interface DaemonOptions {
  readonly host: DockerHostObject;
  readonly spec: DockerHostSpec;
  readonly resources: SecretReader;
  readonly policies: ConnectionPolicies;
  readonly logins: RegistryLogins | undefined;
  /** How the host is described. */
  readonly surface: Surface;
  readonly context: CliContext;
}

/** The daemon of one checked host, for a command that changes it. */
export class Daemon {
  /** How the host is described, for messages. */
  readonly surface: Surface;
  readonly #daemon: HostDaemon;
  readonly #context: CliContext;
  readonly #ties = new TiesCache();
  /** The update continues after Ctrl-C until the old container is back or the new one has proved itself. */
  readonly #never = new AbortController().signal;

  private constructor(daemon: HostDaemon, { surface, context }: DaemonOptions) {
    this.surface = surface;
    this.#daemon = daemon;
    this.#context = context;
  }

  static async of(options: DaemonOptions): Promise<Outcome<Daemon>> {
    const { host, spec, resources, policies, logins, surface, context } = options;
    const { clock, env, signal } = context;
    const systemRoots = trustRoots();
    const memories = { replies: replyBudget(clock), tlsMemory: createTlsMemory(clock) };
    const access = { ...policies, ...memories, resources, surface, roots: () => systemRoots };
    const daemon = await HostDaemon.of({ host, spec, access, logins, clock, ownHostname: env.HOSTNAME }, signal);
    return daemon.ok ? success(new Daemon(daemon.value, options)) : daemon;
  }

  /** The ports for a plan, and for the update itself with what the caller adds. */
  ports(additions: Partial<ReplacementPorts> = {}): ReplacementPorts {
    const { clock, random } = this.#context;
    return {
      open: () => this.open(),
      engine: this.#daemon.engine,
      writer: { owner: OWNER, term: 0 },
      clock,
      random,
      mayChange: () => true,
      record: async () => success(undefined),
      signal: this.#never,
      ties: this.#ties,
      ...additions,
    };
  }

  open(): EngineAccess {
    return this.#daemon.open(this.#never);
  }

  async loginFor(image: string): Promise<Outcome<PullLogin>> {
    return await this.#daemon.loginFor(image, this.#context.signal);
  }
}
