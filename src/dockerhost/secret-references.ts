import { type DockerHostObject, parseSpec } from "../api/docker-host.ts";
import { connectionSecrets } from "./host-credentials.ts";

/** The Secrets to which a host refers, as `namespace/name`, so that a change of one finds the affected hosts. */
export interface SecretReferences {
  readonly connection: readonly string[];
  /** Those that only the update check reads: certificates for registries and pull credentials. */
  readonly updates: readonly string[];
}

export function secretReferences({ metadata, spec: raw }: DockerHostObject): SecretReferences {
  const spec = parseSpec(raw);
  if (!spec.ok) return { connection: [], updates: [] };
  const { registries = [], imagePullSecrets = [] } = spec.value.updateCheck ?? {};
  const certificates = registries.flatMap(({ certSecretRef }) => certSecretRef?.name ?? []);
  const keysOf = (names: readonly string[]) => names.map((name) => `${metadata.namespace}/${name}`);
  return {
    connection: keysOf(connectionSecrets(spec.value)),
    updates: keysOf([...certificates, ...imagePullSecrets.map(({ name }) => name)]),
  };
}

/** The same for two indexes of a store, which ask for the same host one after the other, so that its spec is parsed once. */
export function indexedReferences() {
  let last: { readonly host: DockerHostObject; readonly found: SecretReferences } | undefined;
  const of = (host: DockerHostObject) => {
    if (last?.host !== host) last = { host, found: secretReferences(host) };
    return last.found;
  };
  return {
    connection: (host: DockerHostObject) => of(host).connection,
    updates: (host: DockerHostObject) => of(host).updates,
  };
}
