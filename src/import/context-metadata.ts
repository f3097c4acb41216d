import * as z from "zod";
import { UsageError } from "../common/usage-error.ts";
import { type Address, addressOnTheWire, type Wire } from "./host-address.ts";
import type { ImportedHost, ImportedSecret } from "./imported-host.ts";
import { pairedCredentials } from "./pem-folder.ts";
import { type FoundPem, type PreflightOptions, tlsSecret } from "./tls-secret.ts";

/** A context of Docker's client, from its store or from an export. */
export interface StoredContext {
  /** The contents of meta.json. */
  readonly metadata: string;
  /** The files of the endpoint called docker, by name: ca.pem, cert.pem, key.pem. */
  readonly tls: Readonly<Record<string, FoundPem>>;
  /** The place of meta.json, for messages. */
  readonly label: string;
}

const Metadata = z.object({
  Name: z.string().max(1024),
  Endpoints: z.object({
    docker: z.object({ Host: z.string().max(1024).optional(), SkipTLSVerify: z.boolean().optional() }).optional(),
  }),
});

export interface ContextOptions extends PreflightOptions {
  readonly user: string | undefined;
  /** The Secret for contexts whose daemon is reached over SSH. */
  readonly sshSecret: ImportedSecret | undefined;
}

/** Parses the name of a context and its endpoint for Docker. */
export function parseContext({ metadata, label }: StoredContext) {
  let parsed: z.output<typeof Metadata>;
  try {
    parsed = Metadata.parse(JSON.parse(metadata));
  } catch {
    throw new UsageError(`${label} is not valid metadata of a Docker context`);
  }
  return { name: parsed.Name, docker: parsed.Endpoints.docker };
}

/** Describes the host as Docker's client reaches it with this context. Throws a UsageError if it cannot be imported. */
export function hostFromContext(stored: StoredContext, options: ContextOptions): ImportedHost {
  const { name, docker } = parseContext(stored);
  const source = `context "${name}"`;
  if (docker === undefined) throw new UsageError(`${source} has no endpoint for Docker`);
  const found = pairedCredentials(stored.tls);
  const skip = docker.SkipTLSVerify === true;
  const wire = wireOf(Object.keys(stored.tls).length > 0, skip);
  const address = addressOnTheWire(docker.Host ?? "", wire, {
    setting: source,
    // Unlike -H and DOCKER_HOST, an address without a port in a context has the default port of a URL (seen with 20.10
    // and 28.2).
    missingPort: { plaintext: 80, tls: 443 },
    schemeless: false,
    user: options.user,
  });
  const draft = { source, wishedName: name };
  if (address.endpoint.kind !== "tcp") {
    return { ...draft, ...withoutTls(address, options.sshSecret, wire !== "plaintext") };
  }
  if (wire === "plaintext") return { ...draft, spec: { host: address.host }, warnings: address.warnings };
  const { secret, warnings } = tlsSecret(found.credentials, "docker", { ...options, verified: wire === "verified" });
  return {
    ...draft,
    spec: { host: address.host, tls: { verify: wire === "verified" } },
    ...(secret === undefined ? {} : { secret }),
    warnings: [
      ...address.warnings,
      ...(skip
        ? [
            `${source} does not verify the server, so neither does the DockerHost: tls.verify is false. Set it to true when you have a CA.`,
          ]
        : []),
      ...found.warnings,
      ...warnings,
    ],
  };
}

/** TLS data or SkipTLSVerify turn TLS on; the scheme has no effect (measured with 20.10 and 28.2). */
function wireOf(tlsData: boolean, skip: boolean): Wire {
  if (skip) return "unverified";
  return tlsData ? "verified" : "plaintext";
}

function withoutTls({ host, endpoint, warnings }: Address, sshSecret: ImportedSecret | undefined, tlsGiven: boolean) {
  const ignored = tlsGiven ? ["its TLS settings are left out: they have no effect with this address."] : [];
  return {
    spec: { host },
    ...(endpoint.kind === "ssh" && sshSecret !== undefined ? { secret: sshSecret } : {}),
    warnings: [...warnings, ...ignored],
  };
}
