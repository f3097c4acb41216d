import type { MergedManifests } from "../../src/files/manifest-set.ts";
import type { ObjectManifest, SecretManifest } from "../../src/files/manifests.ts";
import { parseKey } from "../../src/runtime/kube-object.ts";

type HostParts = Partial<Pick<ObjectManifest, "spec" | "labels" | "annotations">>;

/** The manifests of DockerHosts and Secrets, each by its `namespace/name`. */
export function hostManifests(
  hosts: Readonly<Record<string, HostParts>>,
  secrets: Readonly<Record<string, SecretManifest["entries"]>> = {},
): MergedManifests {
  const objects = Object.entries(hosts).map(
    ([key, host]) => [key, { kind: "DockerHost", key, ...parseKey(key), spec: {}, ...host }] as const,
  );
  return {
    objects: new Map([["DockerHost", new Map(objects)]]),
    secrets: new Map(Object.entries(secrets).map(([key, entries]) => [key, { key, entries }])),
    problems: [],
  };
}
