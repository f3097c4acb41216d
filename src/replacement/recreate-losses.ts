import type { ContainerDetails } from "../docker/engine-details.ts";
import { compareVersions } from "../docker/negotiate.ts";
import { asObject, isSame } from "./recreate-config.ts";

type IsSet = (container: ContainerDetails) => boolean;

/** Settings that a daemon drops without an error if a request has an older version of the API than this. */
const ADDED: readonly (readonly [version: string, setting: string, isSet: IsSet])[] = [
  [
    "1.42",
    "BindOptions.CreateMountpoint",
    ({ HostConfig }) =>
      (HostConfig.Mounts ?? []).some(({ BindOptions }) => asObject(BindOptions).CreateMountpoint === true),
  ],
  ["1.43", "HostConfig.Annotations", ({ HostConfig }) => !isSame(HostConfig.Annotations, undefined)],
  ["1.44", "Healthcheck.StartInterval", ({ Config }) => Boolean(asObject(Config.Healthcheck).StartInterval)],
  [
    "1.48",
    "GwPriority",
    ({ NetworkSettings }) =>
      Object.values(NetworkSettings.Networks ?? {}).some(({ GwPriority }) => Boolean(GwPriority)),
  ],
  ["1.56", "HostConfig.Umask", ({ HostConfig }) => HostConfig.Umask != null],
];

/** Warns of each setting that the version of the API in use cannot carry over. */
export function versionWarnings(old: ContainerDetails, apiVersion: string): readonly string[] {
  return ADDED.filter(([version, , isSet]) => compareVersions(apiVersion, version) < 0 && isSet(old)).map(
    ([version, setting]) => `The setting ${setting} is dropped: it needs API ${version}, and ${apiVersion} is in use`,
  );
}
