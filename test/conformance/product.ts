import type { LookupFunction } from "node:net";
import { findCondition } from "../../src/api/conditions.ts";
import { systemClock } from "../../src/common/clock.ts";
import { openGuard } from "../../src/common/dial-guard.ts";
import { silentLogger } from "../../src/common/logger.ts";
import { replyBudget } from "../../src/docker/exchange.ts";
import { createTlsMemory } from "../../src/docker/tls-memory.ts";
import { ConnectionReconciler } from "../../src/dockerhost/connection/connection-reconciler.ts";
import { SecretReadings } from "../../src/dockerhost/secret-readings.ts";
import { FileResources } from "../../src/files/file-resources.ts";
import { loopbackLookup } from "../support/connection-failure.ts";
import { hostManifests } from "../support/merged-manifests.ts";
import { hostOf } from "./docker-client.ts";
import type { RunningListener } from "./listeners.ts";
import type { Row } from "./row.ts";

/** The Ready condition that a user sees. */
export interface ProductAnswer {
  readonly reason: string;
  readonly message: string;
}

const KEY = "fleet/edge-7";

const noAddress: LookupFunction = (hostname, _options, callback) =>
  callback(Object.assign(new Error(`getaddrinfo ENOTFOUND ${hostname}`), { code: "ENOTFOUND" }), "", 0);

/** One pass of the product's own reconciler over a DockerHost and a Secret in memory, and over a real connection. */
export async function askProduct(row: Row, listener: RunningListener): Promise<ProductAnswer> {
  const { mode, roots, apiVersion, ca, cert, key } = row.client;
  const entries = Object.fromEntries(
    Object.entries({ "ca.pem": ca, "cert.pem": cert, "key.pem": key }).flatMap(([name, content]) =>
      content === undefined ? [] : [[name, content.toString("utf8")]],
    ),
  );
  const host = listener.fill(hostOf(row));
  const spec = {
    // The mode of --tls has a scheme of its own.
    host: mode === "encrypt" ? host.replace(/^tcp:/, "https:") : host,
    tls: {
      verify: mode === "verify",
      ...(Object.keys(entries).length === 0 ? {} : { certSecretRef: { name: "tls" } }),
    },
    timeout: "1m",
    ...(apiVersion === undefined ? {} : { apiVersion }),
  };
  const resources = new FileResources({ clock: systemClock });
  await resources.apply(hostManifests({ [KEY]: { spec } }, { "fleet/tls": entries }));
  const reconciler = new ConnectionReconciler({
    resources,
    readings: new SecretReadings({ resources, hashKey: Buffer.alloc(32, 7) }),
    clock: systemClock,
    random: () => 0.5,
    roots: () => (roots === undefined ? [] : [roots]),
    guard: openGuard(row.resolves === false ? noAddress : loopbackLookup),
    replies: replyBudget(systemClock),
    tlsMemory: createTlsMemory(systemClock),
    requireTls: false,
  });
  await reconciler.reconcile(KEY, new AbortController().signal, silentLogger);
  const ready = findCondition(resources.getHost(KEY)?.status?.conditions, "Ready");
  if (ready === undefined) throw new Error("the pass told no condition");
  return { reason: ready.status === "True" ? "Ready" : ready.reason, message: ready.message };
}
