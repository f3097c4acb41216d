import { describe, expect, it } from "vitest";
import { bodyOf, type Given } from "../../test/support/recreated.ts";

describe("settings that the version of the API in use does not have", () => {
  const mount = { Type: "bind", Source: "/a", Target: "/a", BindOptions: { CreateMountpoint: true } };
  it.each<[setting: string, since: string, before: string, given: Given]>([
    ["BindOptions.CreateMountpoint", "1.42", "1.41", { host: { Mounts: [mount] } }],
    ["HostConfig.Annotations", "1.43", "1.42", { host: { Annotations: { a: "1" } } }],
    ["Healthcheck.StartInterval", "1.44", "1.43", { config: { Healthcheck: { StartInterval: 1 } } }],
    ["GwPriority", "1.48", "1.47", { networks: { bridge: { GwPriority: 1 } } }],
    ["HostConfig.Umask", "1.56", "1.55", { host: { Umask: 0 } }],
  ])("%s is reported by name before %s", (setting, since, before, given) => {
    expect(bodyOf({ ...given, apiVersion: since }).warnings).toEqual([]);
    expect(bodyOf({ ...given, apiVersion: before }).warnings).toEqual([
      `The setting ${setting} is dropped: it needs API ${since}, and ${before} is in use`,
    ]);
  });

  it("nothing is reported if they are not set", () => {
    const given = { host: { Annotations: {}, Umask: null }, config: { Healthcheck: { StartInterval: 0 } } };
    expect(bodyOf({ ...given, networks: { bridge: { GwPriority: 0 } }, apiVersion: "1.41" }).warnings).toEqual([]);
  });
});
