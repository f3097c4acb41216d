import type { DockerHostObject } from "../../api/docker-host.ts";
import { GROUP } from "../../api/docker-host.ts";
import { SECRETS } from "../../dockerhost/cluster-resources.ts";
import { INSTALL_CRD, namedFields, readInstalledSchema } from "../../dockerhost/installed-schema.ts";
import { connectionSecretKeys, updateSecretKeys } from "../../dockerhost/secret-references.ts";
import { isRecord, keyOf, parseKey } from "../../runtime/object.ts";
import { objectPath } from "../../runtime/resource.ts";
import type { CliContext } from "../context.ts";
import { CommandFailed } from "../exit-codes.ts";
import type { HostCluster } from "./cluster.ts";
import { examineFences } from "./fence-examination.ts";
import { isSuspended } from "./suspend.ts";

export interface Finding {
  readonly level: "ok" | "warning" | "problem";
  readonly message: string;
  /** What to do. */
  readonly advice?: string;
}

/** Looks at one thing after the other, and stops where the next would be pointless. */
export async function* examine(cluster: HostCluster, context: CliContext): AsyncGenerator<Finding> {
  const server = await examineServer(cluster, context.signal);
  yield server;
  if (server.level === "problem") return;
  const schema = await examineSchema(cluster, context.signal);
  yield schema;
  yield* examinePermissions(cluster, context.signal);
  yield await examineFences(cluster.client, context.signal);
  let hosts: readonly DockerHostObject[];
  try {
    hosts = await cluster.list();
  } catch (error) {
    if (!(error instanceof CommandFailed)) throw error;
    // What stands in the way has been told.
    return;
  }
  yield examineController(hosts, context.clock.now());
  yield* examineSecrets(hosts, cluster, context.signal);
}

async function examineServer({ client }: HostCluster, signal: AbortSignal): Promise<Finding> {
  const version = await client.raw("/version", { signal, timeoutMs: 10_000 });
  if (!version.ok) {
    return { level: "problem", message: `The API server does not answer: ${version.failure.message}` };
  }
  const git = isRecord(version.value) ? String(version.value.gitVersion) : "of unknown version";
  return { level: "ok", message: `API server ${git}` };
}

async function examineSchema({ client }: HostCluster, signal: AbortSignal): Promise<Finding> {
  const schema = await readInstalledSchema(client, signal);
  if (!schema.ok) return { level: "warning", message: `The installed fields are not known: ${schema.failure.message}` };
  switch (schema.value.kind) {
    case "current":
      return { level: "ok", message: "CustomResourceDefinition with all fields of this version" };
    case "absent":
      return { level: "problem", message: "The CustomResourceDefinition is not installed", advice: INSTALL_CRD };
    case "older": {
      const missing = namedFields(schema.value.missing);
      return {
        level: "problem",
        message: `The CustomResourceDefinition is older: it lacks ${missing}`,
        advice: INSTALL_CRD,
      };
    }
  }
}

/** What this command does with hosts. */
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
        message: `It is not known whether you may ${verb} dockerhosts: ${review.failure.message}`,
      };
    } else if (isRecord(review.value) && isRecord(review.value.status) && review.value.status.allowed === true) {
      yield { level: "ok", message: `You may ${what} ${where}` };
    } else {
      yield {
        level: "problem",
        message: `You may not ${what} ${where}`,
        advice: `Ask for the verb "${verb}" on "dockerhosts" in the API group "${GROUP}".`,
      };
    }
  }
}

/** A controller works on a new host within seconds. */
const PATIENCE_MS = 60_000;

function examineController(hosts: readonly DockerHostObject[], now: number): Finding {
  if (hosts.length === 0)
    return { level: "warning", message: "There are no DockerHosts, so no controller shows itself" };
  const isIgnored = ({ metadata, status }: DockerHostObject) =>
    status?.observedGeneration !== metadata.generation &&
    now - Date.parse(metadata.creationTimestamp ?? "") > PATIENCE_MS &&
    metadata.deletionTimestamp === undefined;
  const ignored = hosts.filter(isIgnored);
  if (ignored.length === 0)
    return {
      level: "ok",
      message: `A controller has worked on ${hosts.length === 1 ? "the host" : `all ${hosts.length} hosts`}`,
    };
  return {
    level: "problem",
    message: `No controller works on ${ignored.length} of ${hosts.length} hosts: ${ignored.slice(0, 5).map(keyOf).join(", ")}`,
    advice: "Look whether it runs, at its log, and at its --watch-namespaces and --watch-label-selector.",
  };
}

/** Their names alone are asked for, never what they hold. */
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
        message: `Secret "${name}" is not in namespace "${namespace}"; it is named by ${by}`,
        advice: `Create it there, or correct the name in the DockerHost's spec.`,
      };
    } else {
      yield { level: "warning", message: `Whether Secrets exist is not known: ${read.failure.message}` };
      return;
    }
  }
  if (found > 0)
    yield {
      level: "ok",
      message: `${found === 1 ? "The one Secret" : `${found} Secrets`} that hosts name and that exist${found === 1 ? "s" : ""}`,
    };
}

function secretsOf(host: DockerHostObject): readonly string[] {
  return [...new Set([...connectionSecretKeys(host), ...updateSecretKeys(host)])];
}
