import { mkdtemp, rm, writeFile } from "node:fs/promises";
import type { IncomingMessage, ServerResponse } from "node:http";
import { createServer, request, type Server } from "node:https";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Kube } from "../env/kube.ts";
import { createAuthority } from "../support/pki.ts";

/** A way to the API server that notes what it is asked. */
export class RecordingApiProxy {
  /** `METHOD /path`, without the query. */
  readonly requests: string[] = [];
  /** The API server, by this way. */
  readonly kube: Kube;
  readonly #server: Server;
  readonly #folder: string;

  private constructor(kube: Kube, server: Server, folder: string) {
    this.kube = kube;
    this.#server = server;
    this.#folder = folder;
  }

  static async start({ facts }: Kube): Promise<RecordingApiProxy> {
    const authority = await createAuthority({ commonName: "recording proxy" });
    const { certPem, keyPem } = await authority.issue({ commonName: "127.0.0.1", ipAddresses: ["127.0.0.1"] });
    const server = createServer({ cert: certPem, key: keyPem });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const address = server.address();
    if (address === null || typeof address === "string") throw new Error("the proxy has no port");
    const folder = await mkdtemp(join(tmpdir(), "dockerhost-proxy-"));
    const kubeconfig = join(folder, "kubeconfig");
    const cluster = {
      server: `https://127.0.0.1:${address.port}`,
      "certificate-authority-data": Buffer.from(authority.certPem).toString("base64"),
    };
    const config = {
      apiVersion: "v1",
      kind: "Config",
      clusters: [{ name: "test", cluster }],
      users: [{ name: "admin", user: { token: facts.token } }],
      contexts: [{ name: "test", context: { cluster: "test", user: "admin" } }],
      "current-context": "test",
    };
    await writeFile(kubeconfig, JSON.stringify(config), { mode: 0o600 });
    const proxy = new RecordingApiProxy(new Kube({ ...facts, kubeconfig }), server, folder);
    server.on("request", (incoming: IncomingMessage, response: ServerResponse) => {
      const path = incoming.url?.split("?")[0];
      proxy.requests.push(`${incoming.method} ${path}`);
      const { method, headers } = incoming;
      const upstream = request(`${facts.url}${incoming.url}`, { method, headers, ca: facts.ca }, (answer) => {
        response.writeHead(answer.statusCode ?? 502, answer.headers);
        answer.pipe(response);
      });
      // Either side may well cut a watch.
      upstream.on("error", () => response.destroy());
      response.on("close", () => upstream.destroy());
      incoming.pipe(upstream);
    });
    return proxy;
  }

  /** How often a Secret was read by its name. */
  secretReads(namespace: string, name: string): number {
    const wanted = `GET /api/v1/namespaces/${namespace}/secrets/${name}`;
    return this.requests.filter((each) => each === wanted).length;
  }

  async close(): Promise<void> {
    this.#server.close();
    this.#server.closeAllConnections();
    await rm(this.#folder, { recursive: true, force: true });
  }
}
