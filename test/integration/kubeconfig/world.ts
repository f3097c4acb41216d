import { randomUUID } from "node:crypto";
import { once } from "node:events";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { inject } from "vitest";
import { stringify } from "yaml";
import { connectEnvironment } from "../../env/environment.ts";
import { hostManifest, TestNamespace } from "../cluster.ts";
import { ForwardingProxy } from "../forwarding-proxy.ts";

const { kube } = connectEnvironment(inject("environment"));
export const { facts } = kube;
/** A group that may list hosts, and the label of one of them. */
export const GROUP = `readers-${randomUUID().slice(0, 8)}`;
export const port = Number(new URL(facts.url).port);
export const base64 = (text: string) => Buffer.from(text).toString("base64");

interface Config {
  readonly cluster?: object;
  readonly user?: object;
  readonly context?: object;
  /** Entries in addition to those that are used. */
  readonly others?: { readonly clusters?: object[]; readonly users?: object[]; readonly contexts?: object[] };
  readonly name?: string;
  readonly current?: string;
}

/** A kubeconfig of the administrator, in which the given fields are added or replaced. */
export function config({ cluster, user, context, others = {}, name = "test", current = name }: Config = {}): string {
  const ca = { "certificate-authority-data": base64(facts.ca) };
  return stringify({
    apiVersion: "v1",
    kind: "Config",
    clusters: [{ name, cluster: { server: facts.url, ...ca, ...cluster } }, ...(others.clusters ?? [])],
    users: [{ name, user: user ?? { token: facts.token } }, ...(others.users ?? [])],
    contexts: [{ name, context: { cluster: name, user: name, ...context } }, ...(others.contexts ?? [])],
    "current-context": current,
  });
}

export interface Row {
  /** Files in a folder of the row's own, by name. Those that end in .sh can be executed. */
  readonly files: () => Readonly<Record<string, string>>;
  /** The default is `config`. */
  readonly KUBECONFIG?: string;
  readonly env?: () => Readonly<Record<string, string>>;
  readonly args?: readonly string[];
  /** Flags in front of the command. */
  readonly before?: readonly string[];
  /** Whether the plugin needs a process of its own, for what Node reads only once or hands on to other programs. */
  readonly ownProcess?: true;
  readonly works: boolean;
  /** Words that the plugin prints. */
  readonly says?: string | RegExp;
}

export const one = (parts: () => Config) => () => ({ config: config(parts()) });

/** What the rows use, which exists once it is started. */
class World {
  proxies!: Record<"http" | "socks5", ForwardingProxy>;
  namespace!: TestNamespace;
  /** A token that a client can read as an ID token, and that the API server accepts. */
  accountToken = "";
  issuerUrl = "";
  #issuer: Server | undefined;

  async start(): Promise<void> {
    this.proxies = {
      http: await ForwardingProxy.start("http", port),
      socks5: await ForwardingProxy.start("socks5", port),
    };
    this.namespace = await TestNamespace.create(kube);
    const rule = ["--verb", "list", "--resource", "dockerhosts.dockerhost.dev"];
    await kube.kubectl(["create", "clusterrole", GROUP, ...rule]);
    const account = `--serviceaccount=${this.namespace.name}:reader`;
    await kube.kubectl(["create", "clusterrolebinding", GROUP, "--clusterrole", GROUP, "--group", GROUP, account]);
    await this.namespace.kubectl("create", "serviceaccount", "reader");
    this.accountToken = (await this.namespace.kubectl("create", "token", "reader")).trim();
    const labelled = (name: string, labels: object) => ({
      ...hostManifest(name, { suspend: true }),
      metadata: { name, labels },
    });
    await this.namespace.apply(labelled("edge-1", { group: GROUP }), labelled("edge-2", { site: "paris" }));
    await this.#startIssuer();
  }

  async stop(): Promise<void> {
    await kube.kubectl(["delete", "clusterrolebinding,clusterrole", GROUP]);
    await this.namespace.delete();
    this.#issuer?.close();
    this.#issuer?.closeAllConnections();
    for (const proxy of Object.values(this.proxies)) await proxy[Symbol.asyncDispose]();
  }

  async #startIssuer(): Promise<void> {
    this.#issuer = createServer((request, response) => {
      const answer =
        request.method === "GET"
          ? { issuer: this.issuerUrl, token_endpoint: `${this.issuerUrl}/token` }
          : { access_token: "access", token_type: "Bearer", id_token: this.accountToken };
      response.setHeader("content-type", "application/json").end(JSON.stringify(answer));
    }).listen(0, "127.0.0.1");
    await once(this.#issuer, "listening");
    this.issuerUrl = `http://127.0.0.1:${(this.#issuer.address() as AddressInfo).port}`;
  }
}

export const world = new World();
