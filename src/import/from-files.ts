import { join } from "node:path";
import { UsageError } from "../common/usage-error.ts";
import { parseEndpoint, usesTls } from "../docker/endpoint.ts";
import { addressOnTheWire } from "./address.ts";
import { chooseCa, withIntermediates } from "./choose-ca.ts";
import { authorityKeys, type ClientPair, choosePair } from "./choose-pair.ts";
import type { HostDraft } from "./draft.ts";
import { readFolder } from "./folder-items.ts";
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

/** The host with the credentials of a folder, whoever made them. Throws UsageError. */
export async function draftFromFiles(
  folder: string,
  flags: FromFilesFlags,
  context: SourceContext,
): Promise<HostDraft> {
  const { host } = flags;
  if (host === undefined) {
    throw new UsageError(
      "Certificates do not say where the daemon is; give --host, such as --host tcp://edge-7.example.com:2376",
    );
  }
  const endpoint = parseEndpoint(host, true);
  if (!endpoint.ok) throw new UsageError(endpoint.failure.message);
  if (endpoint.value.kind !== "ssh" && !usesTls(endpoint.value)) {
    const scheme = host.replace(/:.*$/s, "");
    throw new UsageError(`Certificates have no use with ${scheme}://; give --host with tcp://, https:// or ssh://`);
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
  const { secret, warnings: judged } = tlsSecret(found, layout, { ...context.options, verified: true });
  return {
    ...draft,
    spec: { host: address.host, tls: { verify: true } },
    ...(secret === undefined ? {} : { secret }),
    warnings: [...address.warnings, ...warnings, ...judged],
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
        `${label} is a CA's private key and is not written. Whoever has it can issue certificates for every host: keep it elsewhere.`,
    ),
    ...(pair === undefined ? [noClient(folder, takeInventory(items).certificates.length)] : []),
    ...(authority === undefined
      ? [`${folder} holds no CA: the system's roots verify the server. Where its CA is your own, give it by --ca FILE.`]
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

/** Without it the connection would be another one: to be trusted by other roots, or without a client certificate. */
function refuseUnreadable(folder: string, unreadable: ReadonlyMap<string, string>, flags: FromFilesFlags): void {
  for (const [name, what] of unreadable) {
    const flag = /ca\./.test(name) ? "ca" : /key/.test(name) ? "key" : "cert";
    if (flags[flag] !== undefined) continue;
    throw new UsageError(`${join(folder, name)} ${what}. To use another file, give it by --${flag} FILE`);
  }
}

/** A bare name means the file in the folder, where it is there. */
async function locate(folder: string, file: string): Promise<string> {
  const inside = join(folder, file);
  return !file.includes("/") && (await isThere(inside)) ? inside : file;
}

function noClient(folder: string, certificates: number): string {
  const hint = certificates > 0 ? " If one of the certificates is the client's, add its key." : "";
  return `${folder} holds no client certificate with its key: only the server is verified, and a daemon with --tlsverify will refuse the connection.${hint}`;
}

function nothingFound(folder: string, otherForms: readonly string[]): string {
  const other =
    otherForms.length === 0
      ? ""
      : ` ${otherForms.join(", ")} cannot be used as they are: convert them to PEM with openssl.`;
  return `${folder} holds no certificate in PEM form. It may hold Docker's files (ca.pem, cert.pem, key.pem), Kubernetes' (ca.crt, tls.crt, tls.key), Vault's (certificate, private_key, issuing_ca, or its answer as JSON), those of CFSSL and step, or the manifest of a Secret.${other}`;
}
