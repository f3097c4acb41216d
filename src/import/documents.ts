import { DOCKER_HOST, parseSpec } from "../api/docker-host.ts";
import { API_VERSION } from "../api/group.ts";
import { toJson, toYaml } from "../common/escaped.ts";
import { UsageError } from "../common/usage-error.ts";
import { parseEndpoint } from "../docker/endpoint.ts";
import { endpointWarnings } from "../docker/warnings.ts";
import { isKubeName } from "../runtime/kube-object.ts";
import type { ImportedHost, ImportedSecret, ManifestFormat } from "./imported-host.ts";
import { kubeName } from "./kube-name.ts";

export interface NamedHost {
  readonly name: string;
  readonly host: object;
  /** Absent if the settings contain no credentials, or only their location. */
  readonly secret?: object;
  /** The name of the Secret in the host's spec. */
  readonly secretName?: string;
  readonly warnings: readonly string[];
}

/**
 * Builds the Kubernetes objects of a draft, with the given name or the one that the draft wishes. Throws a UsageError
 * if the settings do not make a valid DockerHost.
 */
export function toObjects(
  draft: ImportedHost,
  options: { readonly name?: string; readonly namespace?: string },
): NamedHost {
  const warnings = [...draft.warnings];
  const name = options.name ?? kubeName(draft.wishedName);
  if (!isKubeName(name))
    throw new UsageError(`--name ${JSON.stringify(name)} must consist of lower-case letters, digits, '-' and '.'`);
  if (options.name === undefined && name !== draft.wishedName) {
    warnings.push(
      `the name "${name}" was derived from "${printable(draft.wishedName)}"; use --name to choose another.`,
    );
  }
  const metadata = (of: string) => ({
    name: of,
    ...(options.namespace === undefined ? {} : { namespace: options.namespace }),
  });
  const secretName = secretNameOf(draft, name);
  const spec = specOf(draft, secretName);
  const parsed = parseSpec(spec);
  if (!parsed.ok) throw new UsageError(`${draft.source}: ${parsed.failure.message}`);
  const verify = parsed.value.tls.verify;
  const endpoint = parseEndpoint(parsed.value.host, verify);
  if (!endpoint.ok) throw new UsageError(`${draft.source}: ${endpoint.failure.message}`);
  warnings.push(...endpointWarnings(endpoint.value, { verify, certificates: spec.tls?.certSecretRef !== undefined }));
  return {
    name,
    host: { apiVersion: API_VERSION, kind: DOCKER_HOST.kind, metadata: metadata(name), spec },
    ...(secretName === undefined ? {} : { secretName }),
    ...(draft.secret === undefined || secretName === undefined
      ? {}
      : { secret: secretObject(draft.secret, metadata(secretName)) }),
    warnings,
  };
}

/**
 * Formats objects as YAML documents or as one List in JSON. `kubectl apply -f -` and `dockerhost check -f -` read both.
 */
export function formatObjects(objects: readonly object[], format: ManifestFormat): string {
  if (format === "json") {
    return `${toJson({ apiVersion: "v1", kind: "List", items: objects })}\n`;
  }
  // kubectl reads YAML 1.1, so quote what that version takes for a boolean or a number. Literal blocks keep PEM
  // readable.
  return objects.map((object) => toYaml(object, { version: "1.1", blockQuote: "literal" })).join("---\n");
}

function secretNameOf({ spec, secret }: ImportedHost, name: string): string | undefined {
  if (/^ssh:/i.test(spec.host)) return `${name}-ssh`;
  return secret === undefined ? undefined : `${name}-tls`;
}

function specOf({ spec, secret }: ImportedHost, secretName: string | undefined) {
  const { host, apiVersion, tls, updateCheck } = spec;
  const reference = secretName === undefined ? undefined : { name: secretName };
  const withSecret = secret?.kind === "tls" && reference !== undefined ? { certSecretRef: reference } : {};
  return {
    host,
    ...(apiVersion === undefined ? {} : { apiVersion }),
    ...(tls === undefined ? {} : { tls: { ...tls, ...withSecret } }),
    ...(/^ssh:/i.test(host) && reference !== undefined ? { ssh: { secretRef: reference } } : {}),
    ...(updateCheck === undefined ? {} : { updateCheck }),
  };
}

function secretObject({ type, entries }: ImportedSecret, metadata: object): object {
  return { apiVersion: "v1", kind: "Secret", metadata, type, stringData: entries };
}

function printable(text: string): string {
  return text.replace(/\p{Cc}/gu, "?").slice(0, 120);
}
