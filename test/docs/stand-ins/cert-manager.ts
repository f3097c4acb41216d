import { createPrivateKey, X509Certificate } from "node:crypto";
import { setTimeout } from "node:timers/promises";
import type { Kube } from "../../env/kube.ts";
import { type Authority, createAuthority, type KeyType, type Usage } from "../../support/pki.ts";

const KINDS = { Certificate: "certificates", Issuer: "issuers" } as const;
const USAGES: Readonly<Record<string, Usage>> = { "server auth": "serverAuth", "client auth": "clientAuth" };
const HOUR_MS = 3_600_000;

interface Certificate {
  readonly metadata: { readonly name: string };
  readonly spec: {
    readonly secretName: string;
    readonly isCA?: boolean;
    readonly commonName?: string;
    readonly dnsNames?: readonly string[];
    readonly ipAddresses?: readonly string[];
    readonly usages?: readonly string[];
    readonly duration?: string;
    readonly privateKey?: { readonly algorithm?: string };
    readonly issuerRef: { readonly name: string };
  };
  readonly status?: object;
}

interface Issuer {
  readonly metadata: { readonly name: string };
  readonly spec: { readonly selfSigned?: object; readonly ca?: { readonly secretName: string } };
}

/**
 * Plays cert-manager in one namespace: for each Certificate it writes the Secret that cert-manager documents, with its
 * defaults (server authentication, 90 days, RSA, keys in PKCS#1 and SEC 1), and says Ready. There is nothing of it
 * beyond what docs/certificates/cert-manager.md uses.
 */
export class CertManager {
  readonly #kube: Kube;
  readonly #namespace: string;
  readonly #authorities = new Map<string, Authority>();
  readonly #stopped = new AbortController();
  #running: Promise<void> = Promise.resolve();

  private constructor(kube: Kube, namespace: string) {
    this.#kube = kube;
    this.#namespace = namespace;
  }

  /** Installs the kinds, with schemas that allow anything, and begins. */
  static async start(kube: Kube, namespace: string): Promise<CertManager> {
    const manager = new CertManager(kube, namespace);
    const definitions = Object.entries(KINDS).map(([kind, plural]) => definition(kind, plural));
    await manager.#apply(definitions);
    await kube.untilEstablished(...definitions.map(({ metadata }) => metadata.name));
    manager.#running = manager.#run();
    return manager;
  }

  async stop(): Promise<void> {
    this.#stopped.abort();
    const names = Object.values(KINDS).map((plural) => `crd/${plural}.cert-manager.io`);
    try {
      await this.#running;
    } finally {
      await this.#kube.kubectl(["delete", "--wait=false", ...names]);
    }
  }

  async #run(): Promise<void> {
    while (!this.#stopped.signal.aborted) {
      const issuers = await this.#list<Issuer>("issuers");
      for (const certificate of await this.#list<Certificate>("certificates")) {
        const issuer = issuers.find(({ metadata }) => metadata.name === certificate.spec.issuerRef.name);
        if (certificate.status === undefined && issuer !== undefined) await this.#issue(certificate, issuer);
      }
      await setTimeout(100);
    }
  }

  async #issue({ metadata, spec }: Certificate, issuer: Issuer): Promise<void> {
    const keyType: KeyType = spec.privateKey?.algorithm === "ECDSA" ? "ec" : "rsa";
    const hours = Number(/^(\d+)h$/.exec(spec.duration ?? "2160h")?.[1]);
    const common = { commonName: spec.commonName ?? "", keyType, notAfter: new Date(Date.now() + hours * HOUR_MS) };
    let pair: { certPem: string; keyPem: string };
    let ca: string;
    if (spec.isCA === true && issuer.spec.selfSigned !== undefined) {
      const authority = await createAuthority(common);
      this.#authorities.set(spec.secretName, authority);
      pair = authority;
      ca = authority.certPem;
    } else {
      const authority = this.#authorities.get(issuer.spec.ca?.secretName ?? "");
      // Not issued yet: the next round will find it.
      if (authority === undefined) return;
      const usages = (spec.usages ?? ["digital signature", "key encipherment", "server auth"]).flatMap(
        (usage) => USAGES[usage] ?? [],
      );
      const names = { dnsNames: spec.dnsNames ?? [], ipAddresses: spec.ipAddresses ?? [] };
      pair = await authority.issue({ ...common, ...names, usages });
      ca = authority.certPem;
    }
    await this.#apply([
      {
        apiVersion: "v1",
        kind: "Secret",
        type: "kubernetes.io/tls",
        metadata: { name: spec.secretName, annotations: { "cert-manager.io/certificate-name": metadata.name } },
        stringData: { "tls.crt": pair.certPem, "tls.key": traditional(pair.keyPem), "ca.crt": ca },
      },
    ]);
    const ready = { type: "Ready", status: "True", reason: "Ready", lastTransitionTime: new Date().toISOString() };
    const { validTo } = new X509Certificate(pair.certPem);
    const status = { conditions: [ready], notAfter: new Date(validTo).toISOString() };
    const patch = ["--subresource=status", "--type=merge", "-p", JSON.stringify({ status })];
    await this.#kube.kubectl(["-n", this.#namespace, "patch", "certificate", metadata.name, ...patch]);
  }

  async #list<T>(plural: string): Promise<readonly T[]> {
    const text = await this.#kube.kubectl(["-n", this.#namespace, "get", `${plural}.cert-manager.io`, "-o", "json"]);
    return (JSON.parse(text) as { items: T[] }).items;
  }

  async #apply(items: readonly object[]): Promise<void> {
    const input = JSON.stringify({ apiVersion: "v1", kind: "List", items });
    await this.#kube.kubectl(["-n", this.#namespace, "apply", "-f", "-"], { input });
  }
}

/** PKCS#1 for RSA, SEC 1 for EC. */
function traditional(keyPem: string): string {
  const key = createPrivateKey(keyPem);
  const type = key.asymmetricKeyType === "rsa" ? "pkcs1" : "sec1";
  return key.export({ format: "pem", type }).toString();
}

function definition(kind: string, plural: string) {
  const schema = { openAPIV3Schema: { type: "object", "x-kubernetes-preserve-unknown-fields": true } };
  return {
    apiVersion: "apiextensions.k8s.io/v1",
    kind: "CustomResourceDefinition",
    metadata: {
      name: `${plural}.cert-manager.io`,
    },
    spec: {
      group: "cert-manager.io",
      scope: "Namespaced",
      names: { kind, plural, singular: kind.toLowerCase() },
      versions: [{ name: "v1", served: true, storage: true, schema, subresources: { status: {} } }],
    },
  };
}
