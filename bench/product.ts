import { findCondition } from "../src/api/conditions.ts";
import type { DockerHostObject } from "../src/api/docker-host.ts";
import { API_VERSION } from "../src/api/group.ts";
import { createReconcilers } from "../src/cli/reconcilers.ts";
import { systemClock } from "../src/common/clock.ts";
import { openGuard } from "../src/common/dial-guard.ts";
import { silentLogger } from "../src/common/logger.ts";
import { MemoryResources } from "./memory-resources.ts";
import type { Contender, FleetFacts } from "./protocol.ts";

const NAMESPACE = "bench";
const HOST_SECRET = "host-tls";
const REGISTRY_SECRET = "registry-ca";

/**
 * Runs the product as its commands wire it, from the reconcilers down, without a cluster and without queues.
 * @param secretOf the name of a host's Secret; they all have the same content. By default, all hosts have the same Secret.
 */
export function startProduct(facts: FleetFacts, secretOf = (_host: string) => HOST_SECRET): Contender {
  const hosts = facts.ports.map((port, index) => dockerHost(index, port, facts.registry, secretOf));
  const tls = { "ca.pem": facts.ca, "cert.pem": facts.clientCert, "key.pem": facts.clientKey };
  const resources = new MemoryResources(hosts, {
    ...Object.fromEntries(hosts.map(({ metadata }) => [secretOf(metadata.name), tls])),
    [REGISTRY_SECRET]: { "ca.crt": facts.ca },
  });
  const start = () => createReconcilers(resources, systemClock, Math.random, { guard: openGuard(), requireTls: false });
  let reconcilers = start();
  const { signal } = new AbortController();
  return {
    async beginRound() {
      resources.nextGeneration();
      reconcilers[Symbol.dispose]();
      reconcilers = start();
    },
    async check(index) {
      const key = `${NAMESPACE}/${nameOf(index)}`;
      await reconcilers.connection.reconcile(key, signal, silentLogger);
      await reconcilers.updates.reconcile(key, signal, silentLogger);
      assertChecked(resources.getHost(key));
    },
  };
}

function nameOf(index: number): string {
  return `host-${index}`;
}

function dockerHost(
  index: number,
  port: number,
  registry: string,
  secretOf: (host: string) => string,
): DockerHostObject {
  return {
    apiVersion: API_VERSION,
    kind: "DockerHost",
    metadata: { name: nameOf(index), namespace: NAMESPACE, uid: `uid-${index}`, generation: 0 },
    spec: {
      host: `tcp://127.0.0.1:${port}`,
      tls: { verify: true, certSecretRef: { name: secretOf(nameOf(index)) } },
      updateCheck: { registries: [{ host: registry, certSecretRef: { name: REGISTRY_SECRET } }] },
    },
  };
}

/** Failures are fast, so a benchmark must not count them as checks. */
function assertChecked(host: DockerHostObject | undefined): void {
  for (const type of ["Ready", "UpdateCheckSucceeded"] as const) {
    const condition = findCondition(host?.status?.conditions, type);
    const current = condition?.observedGeneration === host?.metadata.generation;
    if (condition?.status !== "True" || !current) {
      throw new Error(`${host?.metadata.name} is not ${type}: ${condition?.reason}: ${condition?.message}`);
    }
  }
}
