import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { createAuthority } from "../support/pki.ts";
import type { Binaries } from "./binaries.ts";
import { answersOk } from "./processes/probe.ts";
import { Server, type ServerFacts } from "./processes/server.ts";

export interface RegistryFacts {
  readonly server: ServerFacts;
  /**
   * `localhost:PORT`, as image references begin. Docker daemons do not verify registries on loopback, under whatever
   * name; other clients must, by `ca`.
   */
  readonly host: string;
  /** PEM of the authority that issued its certificate. */
  readonly ca: string;
  /** Path of a file that holds it, for NODE_EXTRA_CA_CERTS and the like. */
  readonly caFile: string;
}

export interface RegistryPlan {
  readonly runFolder: string;
  readonly binaries: Binaries;
  readonly port: number;
}

/** Writes the registry's certificate and configuration below the run folder and tells how to run it. */
export async function planRegistry({ runFolder, binaries, port }: RegistryPlan): Promise<RegistryFacts> {
  const folder = join(runFolder, "registry");
  await mkdir(folder);
  const authority = await createAuthority({ commonName: "Registry CA of the tests" });
  const serving = await authority.issue({
    commonName: "registry",
    dnsNames: ["localhost"],
    ipAddresses: ["127.0.0.1"],
    usages: ["serverAuth"],
  });
  const path = (name: string) => join(folder, name);
  const configuration = {
    version: "0.1",
    storage: { filesystem: { rootdirectory: path("data") }, delete: { enabled: true } },
    http: { addr: `127.0.0.1:${port}`, tls: { certificate: path("serving.crt"), key: path("serving.key") } },
  };
  const files = {
    "ca.crt": authority.certPem,
    "serving.crt": serving.certPem,
    "serving.key": serving.keyPem,
    // JSON is YAML.
    "config.yml": JSON.stringify(configuration),
  };
  await Promise.all(Object.entries(files).map(([name, text]) => writeFile(path(name), text, { mode: 0o600 })));
  return {
    server: {
      name: "registry",
      runFolder,
      program: binaries.registry,
      args: ["serve", path("config.yml")],
      environment: {},
      graceMs: 5_000,
    },
    host: `localhost:${port}`,
    ca: authority.certPem,
    caFile: path("ca.crt"),
  };
}

/** A container registry with TLS and without authentication. */
export class Registry {
  readonly facts: RegistryFacts;
  readonly #server: Server;

  constructor(facts: RegistryFacts) {
    this.facts = facts;
    this.#server = new Server(facts.server, () => answersOk(`https://${facts.host}/v2/`, { ca: facts.ca }));
  }

  start(): Promise<void> {
    return this.#server.start();
  }

  stop(): Promise<void> {
    return this.#server.stop();
  }
}
