import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { type Authority, createAuthority, type KeyPair } from "../support/pki.ts";
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
  /** Where its content is: another registry may serve the same. */
  readonly data: string;
  /** A client certificate that it lets in, where it demands one. */
  readonly client?: KeyPair;
}

/** Whom a registry lets in. */
export type RegistryAdmission =
  | { readonly kind: "everybody" }
  /** A line of an htpasswd file, its hash by bcrypt. */
  | { readonly kind: "basic"; readonly htpasswd: string }
  /** Accepts everybody who has a token that was signed with the key of this certificate. */
  | { readonly kind: "token"; readonly realm: string; readonly service: string; readonly issuer: KeyPair }
  | { readonly kind: "certificate"; readonly authority: Authority };

export interface RegistryPlan {
  readonly runFolder: string;
  readonly binaries: Binaries;
  readonly port: number;
  /** Unique in its run; default `registry`. */
  readonly name?: string;
  /** Default everybody. */
  readonly admission?: RegistryAdmission;
  /** Whose content it serves and who issued its certificate; default its own. */
  readonly sibling?: { readonly data: string; readonly authority: Authority };
}

/** Writes the registry's certificate and configuration below the run folder and returns how to run it. */
export async function planRegistry(plan: RegistryPlan): Promise<RegistryFacts> {
  const { runFolder, binaries, port, name = "registry", admission = { kind: "everybody" } } = plan;
  const folder = join(runFolder, name);
  await mkdir(folder);
  const authority = plan.sibling?.authority ?? (await createAuthority({ commonName: "Registry CA of the tests" }));
  const serving = await authority.issue({
    commonName: name,
    dnsNames: ["localhost"],
    ipAddresses: ["127.0.0.1"],
    usages: ["serverAuth"],
  });
  const path = (file: string) => join(folder, file);
  const data = plan.sibling?.data ?? path("data");
  const { auth, clientcas, files } = admit(admission, path);
  const configuration = {
    version: "0.1",
    storage: { filesystem: { rootdirectory: data }, delete: { enabled: true } },
    http: { addr: `127.0.0.1:${port}`, tls: { certificate: path("serving.crt"), key: path("serving.key"), clientcas } },
    auth,
  };
  const written = {
    "ca.crt": authority.certPem,
    "serving.crt": serving.certPem,
    "serving.key": serving.keyPem,
    // JSON is YAML.
    "config.yml": JSON.stringify(configuration),
    ...files,
  };
  await Promise.all(Object.entries(written).map(([file, text]) => writeFile(path(file), text, { mode: 0o600 })));
  return {
    server: {
      name,
      runFolder,
      program: binaries.registry,
      args: ["serve", path("config.yml")],
      environment: {},
      graceMs: 5_000,
    },
    host: `localhost:${port}`,
    ca: authority.certPem,
    caFile: path("ca.crt"),
    data,
    ...(admission.kind === "certificate" && {
      client: await admission.authority.issue({ commonName: "client", usages: ["clientAuth"] }),
    }),
  };
}

/** What of the configuration lets these in, and the files that it names. */
function admit(admission: RegistryAdmission, path: (file: string) => string) {
  switch (admission.kind) {
    case "everybody":
      return {};
    case "basic":
      return {
        auth: { htpasswd: { realm: "tests", path: path("htpasswd") } },
        files: { htpasswd: `${admission.htpasswd}\n` },
      };
    case "token": {
      const { realm, service, issuer } = admission;
      return {
        auth: { token: { realm, service, issuer: service, rootcertbundle: path("issuer.crt") } },
        files: { "issuer.crt": issuer.certPem },
      };
    }
    case "certificate":
      return { clientcas: [path("clients.crt")], files: { "clients.crt": admission.authority.certPem } };
  }
}

/** A container registry with TLS. */
export class Registry {
  readonly facts: RegistryFacts;
  readonly #server: Server;

  constructor(facts: RegistryFacts) {
    this.facts = facts;
    // Its root is open to everybody.
    this.#server = new Server(facts.server, () => answersOk(`https://${facts.host}/`, facts));
  }

  start(): Promise<void> {
    return this.#server.start();
  }

  stop(): Promise<void> {
    return this.#server.stop();
  }
}
