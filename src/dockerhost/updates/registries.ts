import type { Failure, Outcome } from "../../api/failure.ts";
import { failure } from "../../common/result.ts";
import type { EngineTarget } from "../../docker/engine-target.ts";
import type { ImageReference } from "../../registry/reference.ts";
import { OUT_OF_REACH } from "../../registry/registry-failure.ts";
import type { RegistryTags } from "../../registry/resolver.ts";
import type { CheckRegistry } from "../../updates/check-containers.ts";
import { type RegistryPort, registryPort } from "../../updates/registry-port.ts";
import type { NetworkDetails } from "../network-details.ts";
import { isProtected } from "../target.ts";
import { HostRegistry } from "./host-registry.ts";
import { resolveRegistryAccess } from "./registry-access.ts";
import type { UpdatePass } from "./update-pass.ts";

/** Answers what registries have, for one check. If it has a connection to the daemon, that ends with it. */
export interface Registries extends Disposable {
  readonly registry: CheckRegistry;
  /** The operator always sends these requests itself, because a daemon does not list tags. */
  listTags(reference: ImageReference, signal: AbortSignal): Promise<Outcome<RegistryTags>>;
}

/** Follows spec.updateCheck.resolveFrom. Reads the Secrets of registries and pulls. */
export async function openRegistries(pass: UpdatePass, target: EngineTarget, apiVersion: string): Promise<Registries> {
  const { spec, namespace, access, answers, capabilities, resolver, maxAgeMs, notBefore, signal } = pass;
  const { logins, sent } = pass;
  const { resources } = access;
  const accessFor = await resolveRegistryAccess(spec.updateCheck, namespace, resources, signal, logins, sent);
  const accepted = { maxAgeMs, ...(notBefore === undefined ? {} : { notBefore }) };
  const operator = hiding(registryPort({ resolver, accessFor, owner: namespace, ...accepted }), pass.details);
  const host = new HostRegistry({
    target,
    apiVersion,
    accessFor,
    isProtected: isProtected(target.endpoint, spec),
    available: capabilities.distribution !== false,
    answers,
    ...accepted,
    signal,
  });
  const registryOf = {
    Operator: () => operator,
    Host: () => ({ ...operator, resolve: host.resolve.bind(host), holds: host.holds.bind(host) }),
    Auto: () => autoRegistry(operator, host),
  };
  return {
    registry: registryOf[spec.updateCheck?.resolveFrom ?? "Operator"](),
    listTags: operator.listTags,
    [Symbol.dispose]: () => host[Symbol.dispose](),
  };
}

/** The daemon's own answers are about its network, not about the controller's. */
function hiding(port: RegistryPort, details: NetworkDetails): RegistryPort {
  return {
    ...port,
    resolve: async (...args) => details.hideIn(await port.resolve(...args)),
    openManifest: async (...args) => details.hideIn(await port.openManifest(...args)),
    holds: async (...args) => details.hideIn(await port.holds(...args)),
    listTags: async (...args) => details.hideIn(await port.listTags(...args)),
  };
}

/**
 * The operator asks first, and the host only if the operator cannot reach the registry. Any answer from the registry
 * counts.
 */
function autoRegistry(operator: CheckRegistry, host: Pick<CheckRegistry, "resolve" | "holds">): CheckRegistry {
  return {
    ...operator,
    resolve: async (...args) => orElse(await operator.resolve(...args), () => host.resolve(...args)),
    holds: async (reference, digest, signal) =>
      orElse(await operator.holds(reference, digest, signal), () => host.holds(reference, digest, signal)),
  };
}

async function orElse<T>(answer: Outcome<T>, askHost: () => Promise<Outcome<T>>): Promise<Outcome<T>> {
  if (answer.ok || !isOutOfReach(answer.failure)) return answer;
  const second = await askHost();
  if (second.ok) return second;
  const { message, reason, cause, retryAt } = answer.failure;
  const both = `${message} The host could not say either: ${second.failure.message}`;
  return failure({ reason, message: both, cause, ...(retryAt !== undefined && { retryAt }) });
}

function isOutOfReach({ reason }: Failure): boolean {
  return OUT_OF_REACH.some((each) => each === reason);
}
