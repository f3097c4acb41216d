import { mkdtemp } from "node:fs/promises";
import { join } from "node:path";
import { expect } from "vitest";
import { findCondition } from "../../../src/api/conditions.ts";
import { type Reason, reasonEntry } from "../../../src/api/reasons.ts";
import { type DebianPrograms, setUpBinaries } from "../../env/binaries.ts";
import type { Environment } from "../../env/environment.ts";
import {
  generateSshKey,
  type HostKeyType,
  type SshKeyOptions,
  SshServer,
  type SshServerOptions,
} from "../../env/ssh-server.ts";
import { TestNamespace } from "../cluster.ts";
import { Program } from "../program.ts";

/** Where sessions find programs. */
export const WITHOUT_DOCKER = "/usr/bin:/bin";
export const WITH_DOCKER = `${SshServer.programs}:${WITHOUT_DOCKER}`;

export interface SshHost {
  readonly port: number;
  /** The daemon's, on the host. */
  readonly socket: string;
  /** Default root. */
  readonly user?: string;
  readonly knownHosts?: readonly string[];
  /** Default the one that the servers accept. */
  readonly privateKey?: string;
  readonly hostKeyChecking?: string;
  readonly spec?: object;
}

export type SshServerChanges = Partial<Omit<SshServerOptions, "name" | "runFolder" | "debian">>;

/** A controller with a namespace, and real sshd for it to log in to. */
export class SshWorld {
  readonly namespace: TestNamespace;
  /** For the keys of the test. */
  readonly folder: string;
  /** Accepted by all servers. */
  readonly key: { readonly privateKey: string; readonly publicKey: string };
  readonly #controller: Program;
  readonly #debian: DebianPrograms;
  readonly #docker: Environment["dockers"]["old"];
  readonly #servers: SshServer[] = [];

  private constructor(
    docker: Environment["dockers"]["old"],
    debian: DebianPrograms,
    folder: string,
    key: SshWorld["key"],
    namespace: TestNamespace,
    controller: Program,
  ) {
    this.#docker = docker;
    this.#debian = debian;
    this.folder = folder;
    this.key = key;
    this.namespace = namespace;
    this.#controller = controller;
  }

  static async start({ kube, dockers }: Environment): Promise<SshWorld> {
    const { debian } = await setUpBinaries({ log: () => {}, environment: process.env });
    const folder = await mkdtemp(join(dockers.old.facts.dockerd.runFolder, "ssh-"));
    const key = await generateSshKey(debian, join(folder, "client"), "ed25519");
    const namespace = await TestNamespace.create(kube);
    const controller = await Program.controller(kube, namespace.name);
    return new SshWorld(dockers.old, debian, folder, key, namespace, controller);
  }

  async stop(): Promise<void> {
    await this.namespace.delete();
    await this.#controller.stop();
    await Promise.all(this.#servers.map((server) => server.stop()));
  }

  /** Its sessions find Docker's command line unless the changes say otherwise. */
  async server(name: string, changes: SshServerChanges = {}): Promise<SshServer> {
    const server = await SshServer.start({
      name: `sshd-${name}`,
      runFolder: this.#docker.facts.dockerd.runFolder,
      debian: this.#debian,
      authorizedKeys: [this.key.publicKey],
      docker: this.#docker.facts.docker,
      path: WITH_DOCKER,
      ...changes,
    });
    this.#servers.push(server);
    return server;
  }

  /** A key that no server knows. */
  generateKey(name: string, type: HostKeyType, options?: SshKeyOptions) {
    return generateSshKey(this.#debian, join(this.folder, name), type, options);
  }

  /** A DockerHost over SSH, with its Secret. */
  async applyHost(name: string, host: SshHost): Promise<void> {
    const { port, socket, user = "root", knownHosts, privateKey = this.key.privateKey, hostKeyChecking, spec } = host;
    await this.namespace.applySecret(name, {
      "ssh-privatekey": privateKey,
      ...(knownHosts === undefined ? {} : { known_hosts: `${knownHosts.join("\n")}\n` }),
    });
    await this.namespace.applyHost(name, {
      host: `ssh://${user}@127.0.0.1:${port}${socket}`,
      ssh: { secretRef: { name }, ...(hostKeyChecking === undefined ? {} : { hostKeyChecking }) },
      interval: "1h",
      timeout: "20s",
      updateCheck: { suspend: true },
      ...spec,
    });
  }

  async expectReady(name: string): Promise<void> {
    await this.namespace.waitFor(name, { type: "Ready", status: "True" });
  }

  /** The message of a host that is not Ready for the reason. */
  async failureOf(name: string, reason: Reason, type: "Connected" | "CredentialsValid" = "Connected"): Promise<string> {
    const { status } = await this.namespace.waitFor(name, { type, status: "False", reason });
    // Only Ready explains it.
    const message = findCondition(status?.conditions, "Ready")?.message ?? "";
    if (reason !== "SecretKeyMissing") expect(message.endsWith(` ${reasonEntry(reason).fix}`)).toBe(true);
    expect(message).not.toContain("PRIVATE KEY");
    return message;
  }
}

/** Everything that known_hosts should have of a server. */
export function knownHostsOf(server: SshServer): readonly string[] {
  return Object.values(server.knownHosts);
}
