import { join } from "node:path";
import { UsageError } from "../common/usage-error.ts";
import { parseEndpoint, usesTls } from "../docker/endpoint.ts";
import { chooseCa, withIntermediates } from "./choose-ca.ts";
import { authorityKeys, type ClientPair, choosePair } from "./choose-pair.ts";
import { readFolder } from "./folder-items.ts";
import { addressOnTheWire } from "./host-address.ts";
import type { ImportedHost } from "./imported-host.ts";
import { takeInventory } from "./inventory.ts";
import { endpointName } from "./kube-name.ts";
import { readPemFile } from "./pem-folder.ts";
import { isThere } from "./read-files.ts";
import type { SourceContext } from "./source-context.ts";
import { sshSecretFromFolder } from "./ssh-secret.ts";
import { type FoundPem, type SecretLayout, tlsSecret } from "./tls-secret.ts";

export interface FromFilesFlags {
  readonly host?: string;
  readonly cert?: string;
  readonly key?: string;
  readonly ca?: string;
  readonly sshKey?: string;
  readonly knownHosts?: string;
}

/** Describes the host with the credentials of a folder, whatever tool made them. Throws a UsageError. */
export async function hostFromFiles(
  folder: string,
  flags: FromFilesFlags,
  context: SourceContext,
): Promise<ImportedHost> {
  const { host } = flags;
  if (host === undefined) {
    throw new UsageError(
      "Certificates do not contain the address of the daemon; give it with --host, such as --host tcp://edge-7.example.com:2376",
    );
  }
  const endpoint = parseEndpoint(host, true);
  if (!endpoint.ok) throw new UsageError(endpoint.failure.message);
  if (endpoint.value.kind !== "ssh" && !usesTls(endpoint.value)) {
    const scheme = host.replace(/:.*$/s, "");
    throw new UsageError(`Certificates are not used with ${scheme}://; give --host with tcp://, https:// or ssh://`);
  }
  const address = addressOnTheWire(host, "verified", {
    setting: "--host",
    missingPort: { plaintext: 2375, tls: 2376 },
    schemeless: false,
    user: undefined,
  });
  const draft = { source: folder, wishedName: endpointName(endpoint.value) };
  if (endpoint.value.kind === "ssh") {
    const { secret, warnings } = await sshSecretFromFolder(folder, flags, endpoint.value, context.signal);
    return { ...draft, spec: { host: address.host }, secret, warnings: [...address.warnings, ...warnings] };
  }
  const { found, layout, warnings } = await chooseCredentials(folder, flags, context);
  const { secret, warnings: checked } = tlsSecret(found, layout, { ...context.options, verified: true });
  return {
    ...draft,
    spec: { host: address.host, tls: { verify: true } },
    ...(secret === undefined ? {} : { secret }),
    warnings: [...address.warnings, ...warnings, ...checked],
  };
}

async function chooseCredentials(folder: string, flags: FromFilesFlags, { signal }: SourceContext) {
  if ((flags.cert === undefined) !== (flags.key === undefined)) {
    throw new UsageError("--cert and --key must be given together");
  }
  const named = async (file: string | undefined) =>
    file === undefined ? undefined : await readPemFile(await locate(folder, file), signal);
  const [cert, key, ca] = [await named(flags.cert), await named(flags.key), await named(flags.ca)];
  const { items, otherForms, unreadable } = await readFolder(folder, signal);
  refuseUnreadable(folder, unreadable, flags);
  const inventory = takeInventory([
    ...items,
    ...[cert, key, ca].flatMap((each) => (each === undefined ? [] : [{ ...each, name: "", group: folder }])),
  ]);
  const pair: ClientPair | undefined =
    cert !== undefined && key !== undefined
      ? { cert: { ...cert, name: "", group: folder }, key: { ...key, name: "", group: folder } }
      : choosePair(takeInventory(items), folder);
  const authority: FoundPem | undefined = ca ?? chooseCa(takeInventory(items), pair?.cert, folder);
  if (pair === undefined && authority === undefined) throw new UsageError(nothingFound(folder, otherForms));
  const warnings = [
    ...authorityKeys(inventory).map(
      ({ label }) =>
        `${label} is a CA's private key and is not written. Anyone who has it can issue certificates for every host: store it elsewhere.`,
    ),
    ...(pair === undefined ? [noClient(folder, takeInventory(items).certificates.length)] : []),
    ...(authority === undefined
      ? [
          `${folder} contains no CA: the system's roots verify the server. If you have your own CA, give it with --ca FILE.`,
        ]
      : []),
  ];
  const layout: SecretLayout =
    pair === undefined || pair.cert.name === "cert.pem" || flags.cert !== undefined ? "docker" : "kubernetes";
  const found = {
    ...(authority === undefined ? {} : { ca: authority }),
    ...(pair === undefined ? {} : { cert: withIntermediates(pair.cert, inventory), key: pair.key }),
  };
  return { found, layout, warnings };
}

/** Refuses to continue without such a file: the connection would use other roots, or no client certificate. */
function refuseUnreadable(folder: string, unreadable: ReadonlyMap<string, string>, flags: FromFilesFlags): void {
  for (const [name, what] of unreadable) {
    const flag = /ca\./.test(name) ? "ca" : /key/.test(name) ? "key" : "cert";
    if (flags[flag] !== undefined) continue;
    throw new UsageError(`${join(folder, name)} ${what}. To use another file, give it with --${flag} FILE`);
  }
}

/** A name without a folder means the file in the given folder, if it exists. */
async function locate(folder: string, file: string): Promise<string> {
  const inside = join(folder, file);
  return !file.includes("/") && (await isThere(inside)) ? inside : file;
}

function noClient(folder: string, certificates: number): string {
  const hint = certificates > 0 ? " If one of the certificates is for the client, add its key." : "";
  return `${folder} contains no client certificate with its key: only the server is verified, and a daemon with --tlsverify will refuse the connection.${hint}`;
}

function nothingFound(folder: string, otherForms: readonly string[]): string {
  const other =
    otherForms.length === 0
      ? ""
      : ` ${otherForms.join(", ")} cannot be used as they are: convert them to PEM with openssl.`;
  return `${folder} contains no certificate in PEM form. Use a folder with the files of Docker (ca.pem, cert.pem, key.pem), Kubernetes (ca.crt, tls.crt, tls.key), Vault (certificate, private_key, issuing_ca, or its answer as JSON), CFSSL or step, or with the manifest of a Secret.${other}`;
}
