import type { DockerHostObject } from "../../api/docker-host.ts";
import { GROUP } from "../../api/group.ts";
import { SECRETS } from "../../dockerhost/cluster-resources.ts";
import { secretReferences } from "../../dockerhost/secret-references.ts";
import { isRecord, parseKey } from "../../runtime/kube-object.ts";
import type { Lease } from "../../runtime/leader-election/lease.ts";
import { objectPath } from "../../runtime/resource.ts";
import { isSuspended } from "../../views/host-state.ts";
import type { CliContext } from "../context.ts";
import { CommandFailed } from "../exit-codes.ts";
import { examineController } from "./controller-examination.ts";
import { examineDefinition } from "./definition-examination.ts";
import type { Finding } from "./finding.ts";
import type { HostCluster } from "./host-cluster.ts";
import { examinePolicy } from "./policy-examination.ts";

/** Runs one examination after the other, and stops where the next one could not succeed. */
export async function* examine(cluster: HostCluster, context: CliContext): AsyncGenerator<Finding> {
  const server = await examineServer(cluster, context.signal);
  yield server;
  if (server.level === "problem") return;
  const schema = await examineDefinition(cluster.client, context.signal);
  yield schema;
  yield* examinePermissions(cluster, context.signal);
  yield await examinePolicy(cluster.client, context.signal);
  let hosts: readonly DockerHostObject[];
  try {
    hosts = await cluster.list();
  } catch (error) {
    if (!(error instanceof CommandFailed)) throw error;
    // The permission check above has already reported the cause.
    return;
  }
  const leases = await controllerLeases(cluster, context.signal);
  yield* examineController({ hosts, place: cluster.place, leases, now: context.clock.now() });
  yield* examineSecrets(hosts, cluster, context.signal);
}

export async function examineServer({ client }: Pick<HostCluster, "client">, signal: AbortSignal): Promise<Finding> {
  const version = await client.raw("/version", { signal, timeoutMs: 10_000 });
  if (!version.ok) {
    return { level: "problem", message: `The API server does not answer: ${version.failure.message}` };
  }
  const git = isRecord(version.value) ? String(version.value.gitVersion) : "of unknown version";
  return { level: "ok", message: `API server ${git}` };
}

/** What the plugin does with hosts, and the verb that each action needs. */
const ACTIONS: readonly (readonly [verb: string, what: string])[] = [
  ["list", "show hosts"],
  ["patch", "check, suspend and resume them"],
];

async function* examinePermissions({ client, scope }: HostCluster, signal: AbortSignal): AsyncGenerator<Finding> {
  for (const [verb, what] of ACTIONS) {
    const resourceAttributes = {
      group: GROUP,
      resource: "dockerhosts",
      verb,
      ...(scope !== undefined && { namespace: scope }),
    };
    const body = {
      apiVersion: "authorization.k8s.io/v1",
      kind: "SelfSubjectAccessReview",
      spec: { resourceAttributes },
    };
    const review = await client.raw("/apis/authorization.k8s.io/v1/selfsubjectaccessreviews", { signal, body });
    const where = scope === undefined ? "in all namespaces" : `in namespace "${scope}"`;
    if (!review.ok) {
      yield {
        level: "warning",
        message: `Cannot find out whether you may ${verb} dockerhosts: ${review.failure.message}`,
      };
    } else if (isRecord(review.value) && isRecord(review.value.status) && review.value.status.allowed === true) {
      yield { level: "ok", message: `You may ${what} ${where}` };
    } else {
      yield {
        level: "problem",
        message: `You may not ${what} ${where}`,
        advice: `Ask your administrator for the verb "${verb}" on "dockerhosts" in the API group "${GROUP}".`,
      };
    }
  }
}

const LEASES = "/apis/coordination.k8s.io/v1/leases";
/** In the name of each Lease that the chart, the manifests and the program itself choose. */
const LEASE_NAME = /dockerhost/;

/** Returns the Leases of controllers, or why they cannot be read. */
async function controllerLeases({ client }: HostCluster, signal: AbortSignal): Promise<readonly Lease[] | string> {
  const listed = await client.list<Lease>(LEASES, { signal, limit: 500 });
  if (!listed.ok) return listed.failure.kind === "Forbidden" ? "you may not list Leases" : listed.failure.message;
  return listed.value.items.filter(({ metadata }) => LEASE_NAME.test(metadata.name));
}

/** Only the metadata of Secrets is requested, never their contents. */
async function* examineSecrets(
  hosts: readonly DockerHostObject[],
  { client }: HostCluster,
  signal: AbortSignal,
): AsyncGenerator<Finding> {
  const users = Map.groupBy(
    hosts.filter((host) => !isSuspended(host)).flatMap((host) => secretsOf(host).map((secret) => ({ secret, host }))),
    ({ secret }) => secret,
  );
  let found = 0;
  for (const [secret, uses] of users) {
    const { namespace, name } = parseKey(secret);
    const read = await client.get(objectPath(SECRETS, { namespace, name }), { signal, accept: "metadata" });
    if (read.ok) found++;
    else if (read.failure.kind === "NotFound") {
      const by = [...new Set(uses.map(({ host }) => host.metadata.name))].slice(0, 5).join(", ");
      yield {
        level: "problem",
        message: `Secret "${name}" does not exist in namespace "${namespace}"; hosts that refer to it: ${by}`,
        advice: `Create the Secret, or correct the name in the DockerHost's spec.`,
      };
    } else {
      yield { level: "warning", message: `Cannot find out whether Secrets exist: ${read.failure.message}` };
      return;
    }
  }
  if (found > 0)
    yield {
      level: "ok",
      message: `${found === 1 ? "1 Secret to which hosts refer exists" : `${found} Secrets to which hosts refer exist`}`,
    };
}

function secretsOf(host: DockerHostObject): readonly string[] {
  const { connection, updates } = secretReferences(host);
  return [...new Set([...connection, ...updates])];
}
