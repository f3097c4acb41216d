import type { DockerHostObject } from "../api/docker-host.ts";
import type { Outcome } from "../api/failure.ts";
import type { DockerHostSpec } from "../api/spec.ts";
import type { Clock } from "../common/clock.ts";
import { success } from "../common/result.ts";
import type { Endpoint } from "../docker/endpoint.ts";
import type { EngineTarget } from "../docker/engine-target.ts";
import { CLIENT_MIN } from "../docker/negotiate.ts";
import { type EngineAccess as HostAccess, isProtected, resolveTarget } from "../dockerhost/target.ts";
import { registryAuth } from "../dockerhost/updates/host-registry.ts";
import { resolveRegistryAccess } from "../dockerhost/updates/registry-access.ts";
import type { RegistryLogins } from "../registry/logins.ts";
import { parseReference } from "../registry/reference.ts";
import { openAccess } from "../replacement/open-access.ts";
import type { EngineAccess, EngineDescription } from "../replacement/request.ts";
import type { AccessFor } from "../updates/registry-port.ts";

/** The login that the daemon gets for a registry, and what users should know about it. */
export interface PullLogin {
  readonly auth?: string;
  readonly warning?: string;
}

export interface HostDaemonOptions {
  readonly host: DockerHostObject;
  readonly spec: DockerHostSpec;
  readonly access: HostAccess;
  readonly logins?: RegistryLogins | undefined;
  readonly clock: Clock;
  /** The host name of this program, which may run in a container of the same daemon. */
  readonly ownHostname?: string | undefined;
}

/** The daemon of one DockerHost that was connected before, to change. */
export class HostDaemon {
  readonly #target: EngineTarget;
  readonly #options: HostDaemonOptions;
  readonly #accessFor: AccessFor;

  private constructor(options: HostDaemonOptions, target: EngineTarget, accessFor: AccessFor) {
    this.#options = options;
    this.#target = target;
    this.#accessFor = accessFor;
  }

  /** Reads the Secrets of the host. */
  static async of(options: HostDaemonOptions, signal: AbortSignal): Promise<Outcome<HostDaemon>> {
    const { host, spec, access, logins, clock } = options;
    const { namespace } = host.metadata;
    const target = await resolveTarget(spec, namespace, access, clock.now(), signal);
    if (!target.ok) return target;
    const accessFor = await resolveRegistryAccess(spec.updateCheck, namespace, access.resources, signal, logins);
    return success(new HostDaemon(options, target.value, accessFor));
  }

  /** The connection ends with the signal. */
  open(signal: AbortSignal): EngineAccess {
    return openAccess(this.#target, this.engine.apiVersion, this.#options.clock, signal);
  }

  /** A login is sent only over a connection on which nobody can read it. */
  async loginFor(image: string, signal: AbortSignal): Promise<Outcome<PullLogin>> {
    const reference = parseReference(image);
    if (!reference.ok) return reference;
    const access = await this.#accessFor(reference.value, signal);
    if (!access.ok) return access;
    const { credential } = access.value;
    if (credential === undefined) return success({});
    if (isProtected(this.#target.endpoint, this.#options.spec)) return success({ auth: registryAuth(credential) });
    const warning = `The login for ${reference.value.domain} is not sent to the daemon, because others could read it in transit: the daemon pulls without a login`;
    return success({ warning });
  }

  get engine(): EngineDescription {
    const { host, spec, ownHostname } = this.#options;
    const { name = "", apiVersion = CLIENT_MIN, os, arch, hostname } = host.status?.engine ?? {};
    const port = portOf(this.#target.endpoint);
    return {
      name,
      apiVersion,
      isPinned: spec.apiVersion !== undefined,
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
