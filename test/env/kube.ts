import { generateKeyPairSync, randomBytes } from "node:crypto";
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { KubeApi } from "../support/kube-api.ts";
import { createAuthority } from "../support/pki.ts";
import { planAudit } from "./audit.ts";
import { run } from "./binaries/run-command.ts";
import type { Binaries } from "./binaries.ts";
import type { EtcdFacts } from "./etcd.ts";
import { answersOk } from "./processes/probe.ts";
import { Server, type ServerFacts } from "./processes/server.ts";
import { waitUntil } from "./processes/wait-until.ts";

const ESTABLISHED_WITHIN_MS = 60_000;
/** Generous, because it only ends what hangs. */
const READ_MS = 30_000;

export interface KubeFacts {
  readonly server: ServerFacts;
  readonly url: string;
  /** PEM of the authority that issued the server's certificate. */
  readonly ca: string;
  /** Of a user in system:masters. */
  readonly token: string;
  /** Path of a kubeconfig file for that user. */
  readonly kubeconfig: string;
  /** Path of the program. */
  readonly kubectl: string;
  /** Path of Helm 3. */
  readonly helm: string;
  /** Path of Helm 4. */
  readonly helm4: string;
  /** Where its calls are recorded: see readAudit. */
  readonly auditFolder: string;
}

export interface KubectlOptions {
  /** For `-f -`. */
  readonly input?: string;
}

/** A Kubernetes API server; its etcd keeps running, with the data, while it is stopped. */
export class Kube {
  readonly facts: KubeFacts;
  /** As the environment starts and stops it. */
  readonly server: Server;
  /** As the administrator. It takes far less of the processor than kubectl. */
  readonly api: KubeApi;

  constructor(facts: KubeFacts) {
    this.facts = facts;
    this.api = new KubeApi(facts);
    const { ca, token } = facts;
    this.server = new Server(facts.server, () => answersOk(`${facts.url}/readyz`, { ca, token }));
  }

  /** Starts it, at the same address each time, and waits until it is ready. */
  start(): Promise<void> {
    return this.server.start();
  }

  stop(): Promise<void> {
    return this.server.stop();
  }

  async restart(): Promise<void> {
    await this.stop();
    await this.start();
  }

  /** Runs kubectl as the administrator; throws CommandFailed with its words when it fails. */
  kubectl(args: readonly string[], options: KubectlOptions = {}): Promise<string> {
    const { kubectl, kubeconfig, server } = this.facts;
    // HOME: where kubectl keeps its discovery cache, keyed by an address that the next run may use again.
    // GOGC: it ends before it would be worth while to collect garbage.
    const env = { PATH: process.env.PATH, HOME: server.runFolder, KUBECONFIG: kubeconfig, GOGC: "off" };
    return run(kubectl, args, { env, ...options });
  }

  /** Reads an object by its path, as the administrator. */
  async get<T>(path: string): Promise<T> {
    const { status, body } = await this.api.get(path, AbortSignal.timeout(READ_MS));
    if (status !== 200) throw new Error(`GET ${path}: ${status}: ${JSON.stringify(body)}`);
    return body as T;
  }

  /**
   * Waits until the server serves these CustomResourceDefinitions, which may well have no condition yet. It answers for
   * them, and lists them to kubectl, a moment after they have the condition.
   */
  async untilEstablished(...names: readonly string[]): Promise<void> {
    for (const name of names) {
      await waitUntil(`the definition of ${name}`, ESTABLISHED_WITHIN_MS, async () => {
        const { spec, status } = await this.get<Definition>(
          `/apis/apiextensions.k8s.io/v1/customresourcedefinitions/${name}`,
        );
        const isEstablished = status?.conditions?.some((each) => each.type === "Established" && each.status === "True");
        return isEstablished === true && (await this.#serves(spec));
      });
    }
  }

  async #serves({ group, names, versions }: Definition["spec"]): Promise<boolean> {
    for (const { name } of versions) {
      const root = `/apis/${group}/${name}`;
      const listed = await this.api.get(root, AbortSignal.timeout(READ_MS));
      const { resources = [] } = listed.body as { resources?: readonly { readonly name: string }[] };
      if (!resources.some((resource) => resource.name === names.plural)) return false;
      const { status } = await this.api.get(`${root}/${names.plural}?limit=1`, AbortSignal.timeout(READ_MS));
      if (status !== 200) return false;
    }
    return true;
  }
}

interface Definition {
  readonly spec: {
    readonly group: string;
    readonly names: { readonly plural: string };
    readonly versions: readonly { readonly name: string }[];
  };
  readonly status?: { readonly conditions?: readonly { readonly type: string; readonly status: string }[] | null };
}

export interface KubePlan {
  readonly runFolder: string;
  readonly binaries: Binaries;
  readonly port: number;
  readonly etcd: EtcdFacts;
  /** Where it listens, with the users of a node; default loopback, only for clients. */
  readonly pods?: PodSupport;
}

/** What an API server needs of whose objects pods are made. */
export interface PodSupport {
  readonly address: string;
  readonly nodeName: string;
  /** Of the kubelet. */
  readonly nodeToken: string;
}

/** Writes what kube-apiserver needs below the run folder and returns how to run it. */
export async function planKube({ runFolder, binaries, port, etcd, pods }: KubePlan): Promise<KubeFacts> {
  const folder = join(runFolder, "kube");
  await mkdir(folder);
  const address = pods?.address ?? "127.0.0.1";
  const url = `https://${address}:${port}`;
  const authority = await createAuthority({ commonName: "kube-apiserver of the tests" });
  const serving = await authority.issue({
    commonName: "kube-apiserver",
    dnsNames: ["localhost"],
    ipAddresses: ["127.0.0.1", address],
    usages: ["serverAuth"],
  });
  // With it, the server asks the kubelet for what kubectl exec and port-forward need.
  const kubeletClient = await authority.issue({ commonName: "kube-apiserver-kubelet-client", usages: ["clientAuth"] });
  const serviceAccounts = generateKeyPairSync("rsa", {
    modulusLength: 2048,
    publicKeyEncoding: { type: "spki", format: "pem" },
    privateKeyEncoding: { type: "pkcs8", format: "pem" },
  });
  const token = randomBytes(24).toString("hex");
  const audit = await planAudit(folder);
  const path = (name: string) => join(folder, name);
  const files = {
    "serving.crt": serving.certPem,
    "serving.key": serving.keyPem,
    "kubelet-client.crt": kubeletClient.certPem,
    "kubelet-client.key": kubeletClient.keyPem,
    "service-accounts.pub": serviceAccounts.publicKey,
    "service-accounts.key": serviceAccounts.privateKey,
    "tokens.csv": [
      `${token},admin,admin,"system:masters"\n`,
      ...(pods ? [`${pods.nodeToken},system:node:${pods.nodeName},node,"system:nodes"\n`] : []),
    ].join(""),
    "ca.crt": authority.certPem,
    kubeconfig: kubeconfig(url, authority.certPem, token),
  };
  await Promise.all(Object.entries(files).map(([name, text]) => writeFile(path(name), text, { mode: 0o600 })));
  const args = [
    `--etcd-servers=${etcd.url}`,
    `--bind-address=${address}`,
    `--secure-port=${port}`,
    `--cert-dir=${folder}`,
    `--tls-cert-file=${path("serving.crt")}`,
    `--tls-private-key-file=${path("serving.key")}`,
    `--token-auth-file=${path("tokens.csv")}`,
    `--authorization-mode=${pods ? "Node," : ""}RBAC`,
    "--service-account-issuer=https://kubernetes.default.svc",
    `--service-account-key-file=${path("service-accounts.pub")}`,
    `--service-account-signing-key-file=${path("service-accounts.key")}`,
    "--service-cluster-ip-range=10.0.0.0/24",
    ...audit.args,
    // Without nodes there is no controller manager that would make service accounts.
    ...(pods ? [] : ["--disable-admission-plugins=ServiceAccount"]),
    `--kubelet-client-certificate=${path("kubelet-client.crt")}`,
    `--kubelet-client-key=${path("kubelet-client.key")}`,
    "--kubelet-preferred-address-types=InternalIP",
    // There is no proxy that would make a Service of this server's address.
    "--endpoint-reconciler-type=none",
  ];
  return {
    // It waits for open watches at SIGTERM, far longer than a test does.
    server: {
      name: "kube-apiserver",
      runFolder,
      program: binaries.kubeApiserver,
      args,
      environment: {},
      graceMs: 5_000,
    },
    url,
    ca: authority.certPem,
    token,
    kubeconfig: path("kubeconfig"),
    kubectl: binaries.kubectl,
    helm: binaries.helm,
    helm4: binaries.helm4,
    auditFolder: audit.folder,
  };
}

/** JSON is YAML. */
export function kubeconfig(server: string, ca: string, token: string): string {
  const cluster = { server, "certificate-authority-data": Buffer.from(ca).toString("base64") };
  return JSON.stringify({
    apiVersion: "v1",
    kind: "Config",
    clusters: [{ name: "test", cluster }],
    users: [{ name: "admin", user: { token } }],
    contexts: [{ name: "test", context: { cluster: "test", user: "admin" } }],
    "current-context": "test",
  });
}
