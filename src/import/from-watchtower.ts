import { UsageError } from "../common/usage-error.ts";
import { apiVersionOf } from "./docker-variables.ts";
import { type Address, addressOnTheWire, type Wire } from "./host-address.ts";
import type { ImportedHost, ImportedSpec } from "./imported-host.ts";
import { endpointName } from "./kube-name.ts";
import { pairedCredentials, readPemFolder } from "./pem-folder.ts";
import { loginWarnings } from "./registry-logins.ts";
import type { SourceContext } from "./source-context.ts";
import { tlsSecret } from "./tls-secret.ts";
import { mountedCertificates } from "./watchtower-certificates.ts";
import { updateCheckOf } from "./watchtower-check.ts";
import { readWatchtowerSettings, type WatchtowerSettings } from "./watchtower-flags.ts";
import { protectionOf } from "./watchtower-protection.ts";
import { sourceFromCommand, sourceFromCompose, type WatchtowerSource } from "./watchtower-source.ts";

/** Shorter values cannot be secrets. */
const MIN_SECRET_LENGTH = 6;

export interface FromWatchtowerFlags {
  /** Several files are merged; later ones override earlier ones. */
  readonly compose?: readonly string[];
  readonly service?: string;
  readonly certPath?: string;
}

/** Describes the host that Watchtower updates, from its Compose files or its command line. Throws a UsageError. */
export async function hostFromWatchtower(
  words: readonly string[],
  flags: FromWatchtowerFlags,
  context: SourceContext,
): Promise<ImportedHost> {
  const file = [words[0], flags.service].find((word) => word !== undefined && /\.ya?ml$/i.test(word));
  if (file !== undefined) {
    throw new UsageError(
      `${file} seems to be a Compose file; give it with --compose ${file}, and a service with --service`,
    );
  }
  if ((flags.compose === undefined) === (words.length === 0)) {
    throw new UsageError("Give either --compose FILE, or Watchtower's command line after --");
  }
  const source =
    flags.compose === undefined
      ? await sourceFromCommand(words, context)
      : await sourceFromCompose(flags.compose, flags.service, context);
  const settings = readWatchtowerSettings(source.args, source.env);
  if (!settings.ok) throw new UsageError(`${source.source}: ${settings.failure}`);
  const draft = await importedHost(source, settings.value, flags, context);
  return { ...draft, warnings: [...draft.warnings, ...exposed(source, draft.spec)] };
}

async function importedHost(
  source: WatchtowerSource,
  settings: WatchtowerSettings,
  flags: FromWatchtowerFlags,
  context: SourceContext,
): Promise<ImportedHost> {
  const warnings = [...source.warnings, ...settings.warnings];
  const { verify, wire } = protectionOf(settings, warnings);
  const address = addressOnTheWire(settings.host ?? "", wire, {
    setting: "Watchtower's host",
    missingPort: { plaintext: 80, tls: 443 },
    schemeless: false,
    user: undefined,
    neighbours: source.neighbours,
  });
  warnings.push(...address.warnings, ...leftOutWarnings(settings), ...(await loginWarnings(source, context.signal)));
  const updateCheck = updateCheckOf(settings, warnings);
  const apiVersion = apiVersionOf(settings.apiVersion);
  const spec: ImportedSpec = {
    host: address.host,
    ...(apiVersion === undefined ? {} : { apiVersion }),
    ...(updateCheck === undefined ? {} : { updateCheck }),
  };
  const draft = { source: source.source, wishedName: endpointName(address.endpoint) };
  if (!appliesTls(address, wire)) {
    return {
      ...draft,
      spec: verify && address.endpoint.kind !== "ssh" ? { ...spec, tls: { verify } } : spec,
      warnings,
    };
  }
  const { credentials, warnings: left } = pairedCredentials(
    flags.certPath === undefined
      ? await mountedCertificates(source, settings.certPath, context.signal)
      : await readPemFolder(flags.certPath, context.signal),
  );
  if (Object.keys(credentials).length === 0) {
    warnings.push(
      "no certificates are named: the system's roots verify the server, and no client certificate is presented. Give the folder of the certificates with --cert-path.",
    );
  }
  const { secret, warnings: checked } = tlsSecret(credentials, "docker", { ...context.options, verified: verify });
  return {
    ...draft,
    spec: { ...spec, tls: { verify } },
    ...(secret === undefined ? {} : { secret }),
    warnings: [...warnings, ...left, ...checked],
  };
}

function leftOutWarnings({ leftOut }: WatchtowerSettings): readonly string[] {
  if (leftOut.length === 0) return [];
  const named = `these settings of Watchtower have no equivalent in a DockerHost and are left out: ${leftOut.join(", ")}.`;
  if (!leftOut.some((name) => name === "REPO_USER" || name === "REPO_PASS")) return [named];
  return [
    named,
    "for a registry's user and password, create a Secret with kubectl create secret docker-registry, and name it in spec.updateCheck.imagePullSecrets.",
  ];
}

function appliesTls({ endpoint }: Address, wire: Wire): boolean {
  return endpoint.kind === "tcp" && wire !== "plaintext";
}

/**
 * Warns about possible secrets in the spec: everyone who can read the DockerHost, and every log of it, shows its
 * fields.
 */
function exposed({ filledIn }: WatchtowerSource, { host, updateCheck }: ImportedSpec): readonly string[] {
  const shows = (text: string, value: string) => value.length >= MIN_SECRET_LENGTH && text.includes(value);
  return [...filledIn].flatMap(([name, value]) => {
    const fields = [
      ...(shows(host, value) ? ["spec.host"] : []),
      ...(shows(JSON.stringify(updateCheck ?? {}), value) ? ["spec.updateCheck"] : []),
    ];
    return fields.map(
      (field) =>
        `the value of the variable ${name} is written into ${field} in plain text; if it is a secret, remove it.`,
    );
  });
}
