import type { DockerHostObject } from "../../api/docker-host.ts";
import type { Outcome } from "../../api/failure.ts";
import type { DockerHostSpec } from "../../api/spec.ts";
import { success } from "../../common/result.ts";
import { trustRoots } from "../../common/trust-roots.ts";
import type { Endpoint } from "../../docker/endpoint.ts";
import type { EngineTarget } from "../../docker/engine-target.ts";
import { replyBudget } from "../../docker/exchange.ts";
import { CLIENT_MIN } from "../../docker/negotiate.ts";
import { createTlsMemory } from "../../docker/tls-memory.ts";
import type { SecretReader } from "../../dockerhost/ports.ts";
import { isProtected, resolveTarget } from "../../dockerhost/target.ts";
import { registryAuth } from "../../dockerhost/updates/host-registry.ts";
import { resolveRegistryAccess } from "../../dockerhost/updates/registry-access.ts";
import type { RegistryLogins } from "../../registry/logins.ts";
import { parseReference } from "../../registry/reference.ts";
import { openAccess } from "../../replacement/open-access.ts";
import type { EngineAccess, EngineDescription, ReplacementPorts } from "../../replacement/request.ts";
import { KnownTies } from "../../replacement/ties.ts";
import type { AccessFor } from "../../updates/registry-port.ts";
import type { CliContext } from "../context.ts";
import type { Fences } from "../fences.ts";

/** All commands finish each other's updates: the next user may be another person on another machine. */
export const OWNER = "dockerhost update";

/** What the daemon is given to log in to a registry, and what people should know of it. */
export interface PullLogin {
  readonly auth?: string;
  readonly warning?: string;
}

export interface DaemonOptions {
  readonly host: DockerHostObject;
  readonly spec: DockerHostSpec;
  readonly resources: SecretReader;
  readonly fences: Fences;
  readonly logins: RegistryLogins | undefined;
  readonly context: CliContext;
}

/** The daemon of one checked host, to change. */
export class Daemon {
  readonly #target: EngineTarget;
  readonly #options: DaemonOptions;
  readonly #accessFor: AccessFor;
  readonly #ties = new KnownTies();
  /** Work goes on after Ctrl-C, until the container is back or proved. */
  readonly #never = new AbortController().signal;

  private constructor(options: DaemonOptions, target: EngineTarget, accessFor: AccessFor) {
    this.#options = options;
    this.#target = target;
    this.#accessFor = accessFor;
  }

  static async of(options: DaemonOptions): Promise<Outcome<Daemon>> {
    const { host, spec, resources, fences, logins, context } = options;
    const { clock, signal } = context;
    const { namespace } = host.metadata;
    const systemRoots = trustRoots();
    const memories = { replies: replyBudget(clock), tlsMemory: createTlsMemory(clock) };
    const access = { ...fences, ...memories, resources, roots: () => systemRoots };
    const target = await resolveTarget(spec, namespace, access, clock.now(), signal);
    if (!target.ok) return target;
    const accessFor = await resolveRegistryAccess(spec.updateCheck, namespace, resources, signal, logins);
    return success(new Daemon(options, target.value, accessFor));
  }

  /** For a plan, and for the work itself with what the caller adds. */
  ports(additions: Partial<ReplacementPorts> = {}): ReplacementPorts {
    const { clock, random } = this.#options.context;
    return {
      open: () => this.open(),
      engine: this.#engine,
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
    return openAccess(this.#target, this.#engine.apiVersion, this.#options.context.clock, this.#never);
  }

  /** A login goes only over a connection on which nobody can read along. */
  async loginFor(image: string): Promise<Outcome<PullLogin>> {
    const reference = parseReference(image);
    if (!reference.ok) return reference;
    const access = await this.#accessFor(reference.value, this.#options.context.signal);
    if (!access.ok) return access;
    const { credential } = access.value;
    if (credential === undefined) return success({});
    if (isProtected(this.#target.endpoint, this.#options.spec)) return success({ auth: registryAuth(credential) });
    const warning = `The login for ${reference.value.domain} is not sent to the daemon, because others could read it in transit: the daemon pulls without a login`;
    return success({ warning });
  }

  get #engine(): EngineDescription {
    const { host, context } = this.#options;
    const { name = "", apiVersion = CLIENT_MIN, os, arch, hostname } = host.status?.engine ?? {};
    const port = portOf(this.#target.endpoint);
    const ownHostname = context.env.HOSTNAME;
    return {
      name,
      apiVersion,
      ...(os !== undefined && { os }),
      ...(arch !== undefined && { arch }),
      ...(hostname !== undefined && { hostname }),
      ...(port !== undefined && { port }),
      ...(ownHostname !== undefined && { ownHostname }),
    };
  }
}

function portOf(endpoint: Endpoint): number | undefined {
  return endpoint.kind === "unix" ? undefined : endpoint.port;
}
