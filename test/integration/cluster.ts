import { randomBytes } from "node:crypto";
import type { ConditionType } from "../../src/api/condition-types.ts";
import { findCondition } from "../../src/api/conditions.ts";
import type { ContainerUpdateObject } from "../../src/api/container-update.ts";
import { type DockerHostObject, REQUESTED_AT } from "../../src/api/docker-host.ts";
import type { Kube } from "../env/kube.ts";
import { comesTrue } from "../env/processes/wait-until.ts";

/** Who owns the fields that are applied, for the API server. */
const MANAGER = "tests";

/** A namespace of one test, and the objects in it. */
export class TestNamespace {
  readonly name: string;
  readonly #kube: Kube;

  private constructor(kube: Kube, name: string) {
    this.#kube = kube;
    this.name = name;
  }

  static async create(kube: Kube): Promise<TestNamespace> {
    const name = `test-${randomBytes(4).toString("hex")}`;
    await kube.api.create("/api/v1/namespaces", { metadata: { name } });
    return new TestNamespace(kube, name);
  }

  kubectl(...args: readonly string[]): Promise<string> {
    return this.#kube.kubectl(["-n", this.name, ...args]);
  }

  /** As a user would, from a manifest on standard input. */
  async apply(...objects: readonly object[]): Promise<string> {
    const input = JSON.stringify({ apiVersion: "v1", kind: "List", items: objects });
    return await this.#kube.kubectl(["-n", this.name, "apply", "-f", "-"], { input });
  }

  async applySecret(name: string, stringData: Readonly<Record<string, string>>): Promise<void> {
    const path = `/api/v1/namespaces/${this.name}/secrets/${name}`;
    const secret = { apiVersion: "v1", kind: "Secret", metadata: { name }, stringData };
    await this.#kube.api.apply(path, secret, MANAGER);
  }

  async applyHost(name: string, spec: object): Promise<void> {
    await this.#kube.api.apply(this.#hostPath(name), hostManifest(name, spec), MANAGER);
  }

  host(name: string): Promise<DockerHostObject> {
    return this.#kube.get(this.#hostPath(name));
  }

  #hostPath(name: string): string {
    return `/apis/dockerhost.dev/v1alpha1/namespaces/${this.name}/dockerhosts/${name}`;
  }

  containerUpdate(name: string): Promise<ContainerUpdateObject> {
    return this.#kube.get(`/apis/dockerhost.dev/v1alpha1/namespaces/${this.name}/containerupdates/${name}`);
  }

  /**
   * Polls until the condition has the status, and the reason where one is given; fails with what it had instead.
   * @param ms generous, because it only ends what hangs
   */
  async waitFor(
    name: string,
    wanted: { type: ConditionType; status: string; reason?: string | readonly string[] },
    ms = 60_000,
  ): Promise<DockerHostObject> {
    const reasons = wanted.reason === undefined ? undefined : [wanted.reason].flat();
    let host = await this.host(name);
    const isSo = await comesTrue(ms, async () => {
      host = await this.host(name);
      const condition = findCondition(host.status?.conditions, wanted.type);
      const current = condition?.observedGeneration === host.metadata.generation;
      return current && condition.status === wanted.status && (reasons?.includes(condition.reason) ?? true);
    });
    if (isSo) return host;
    throw new Error(
      `waited ${ms / 1000} s for ${JSON.stringify(wanted)}, and ${name} has ${JSON.stringify(host.status, null, 1)}`,
    );
  }

  /**
   * Polls until the host is as wanted, whichever of the owners of its status writes that and when.
   * @param what completes "waited in vain for ..."
   */
  async until(name: string, what: string, holds: (host: DockerHostObject) => boolean): Promise<DockerHostObject> {
    let host = await this.host(name);
    const isSo = await comesTrue(60_000, async () => {
      host = await this.host(name);
      return holds(host);
    });
    if (isSo) return host;
    throw new Error(`waited in vain for ${what}, and ${name} has ${JSON.stringify(host.status, null, 1)}`);
  }

  /** Asks for a connection pass and an update check, and waits until both have been answered. */
  async ask(name: string, token: string): Promise<DockerHostObject> {
    await this.kubectl("annotate", "dockerhost", name, "--overwrite", `${REQUESTED_AT}=${token}`);
    return await this.until(name, `the answer to ${token}`, ({ status }) => {
      return status?.lastHandledRequestedAt === token && status.updates?.lastHandledRequestedAt === token;
    });
  }

  async events(name: string): Promise<readonly { type: string; reason: string; note: string }[]> {
    const list = await this.#kube.get<{
      items: { type: string; reason: string; note: string; regarding: { name: string } }[];
    }>(`/apis/events.k8s.io/v1/namespaces/${this.name}/events`);
    return list.items.filter((event) => event.regarding.name === name);
  }

  async delete(): Promise<void> {
    // Without a controller-manager the namespace itself would stay Terminating: its objects are what counts.
    const ours = `/apis/dockerhost.dev/v1alpha1/namespaces/${this.name}`;
    const collections = [`${ours}/containerupdates`, `${ours}/dockerhosts`, `/api/v1/namespaces/${this.name}/secrets`];
    for (const path of collections) await this.#kube.api.delete(path);
  }
}

export function hostManifest(name: string, spec: object) {
  return { apiVersion: "dockerhost.dev/v1alpha1", kind: "DockerHost", metadata: { name }, spec };
}
