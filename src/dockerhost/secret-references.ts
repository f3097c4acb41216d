import { type DockerHostObject, parseSpec } from "../api/docker-host.ts";
import { connectionSecrets } from "./host-credentials.ts";

/** The Secrets to which a host refers, as `namespace/name`, so that a change of one finds the affected hosts. */
export function connectionSecretKeys(host: DockerHostObject): readonly string[] {
  const spec = parseSpec(host.spec);
  return spec.ok ? connectionSecrets(spec.value).map((name) => `${host.metadata.namespace}/${name}`) : [];
}

/** The Secrets that only the update check reads: certificates for registries and pull credentials. */
export function updateSecretKeys(host: DockerHostObject): readonly string[] {
  const spec = parseSpec(host.spec);
  if (!spec.ok) return [];
  const { registries = [], imagePullSecrets = [] } = spec.value.updateCheck ?? {};
  const names = [
    ...registries.map((registry) => registry.certSecretRef?.name),
    ...imagePullSecrets.map(({ name }) => name),
  ];
  return names.filter((name) => name !== undefined).map((name) => `${host.metadata.namespace}/${name}`);
}
