import { readFile } from "node:fs/promises";
import { beforeAll, describe, expect, it } from "vitest";
import { parse } from "yaml";
import { type DebianPrograms, setUpBinaries } from "../../env/binaries.ts";
import { SITUATIONS } from "../../support/situations.ts";
import { UPDATE_SITUATIONS } from "../../support/update-situations.ts";
import { runLua } from "./lua.ts";

const CUSTOMIZATIONS = "resource.customizations";

/** As Argo CD reads them, out of the ConfigMap. */
async function scripts(): Promise<{
  health: string;
  updateHealth: string;
  discovery: string;
  action: (name: string) => string;
}> {
  const { data } = parse(await readFile("deploy/argocd/argocd-cm.yaml", "utf8"));
  const actions = parse(data[`${CUSTOMIZATIONS}.actions.dockerhost.dev_DockerHost`]);
  const named = new Map<string, string>(
    actions.definitions.map((each: Record<string, string>) => [each.name, each["action.lua"]]),
  );
  return {
    health: data[`${CUSTOMIZATIONS}.health.dockerhost.dev_DockerHost`],
    updateHealth: data[`${CUSTOMIZATIONS}.health.dockerhost.dev_ContainerUpdate`],
    discovery: actions["discovery.lua"],
    action: (name) => named.get(name) ?? "",
  };
}

describe("Argo CD", () => {
  let programs: DebianPrograms;

  beforeAll(async () => {
    programs = (await setUpBinaries({ log: () => undefined, environment: process.env })).debian;
  });

  // It asks no script about what is being deleted.
  const asked = SITUATIONS.filter(({ host }) => host.metadata.deletionTimestamp === undefined);
  it.each(asked)("shows its column of the table of conditions: $name", async ({ host, argo }) => {
    const { health } = await scripts();
    const answer = await runLua(programs, health, host);
    expect(answer).toEqual({ status: argo, message: expect.stringMatching(/./) });
  });

  it.each(UPDATE_SITUATIONS)("shows a ContainerUpdate as its table says: $name", async ({ update, argo }) => {
    const { updateHealth } = await scripts();
    const answer = await runLua(programs, updateHealth, update);
    expect(answer).toEqual({ status: argo, message: expect.stringMatching(/./) });
  });

  const host = { metadata: { name: "edge-7", generation: 1 }, spec: { host: "tcp://edge-7:2376", suspend: false } };
  const suspended = { ...host, spec: { ...host.spec, suspend: true } };

  it("offers the actions that make sense", async () => {
    const { discovery } = await scripts();
    const enabled = async (obj: object) =>
      Object.entries((await runLua(programs, discovery, obj)) as Record<string, { disabled: boolean }>)
        .flatMap(([name, { disabled }]) => (disabled ? [] : [name]))
        .sort();
    expect(await enabled(host)).toEqual(["check", "suspend"]);
    expect(await enabled(suspended)).toEqual(["resume"]);
    expect(await enabled({ metadata: host.metadata })).toEqual(["check", "suspend"]);
  });

  it("changes what an action is for, and nothing else", async () => {
    const { action } = await scripts();
    expect(await runLua(programs, action("suspend"), host)).toEqual(suspended);
    expect(await runLua(programs, action("resume"), suspended)).toEqual(host);
    expect(await runLua(programs, action("check"), host)).toEqual({
      ...host,
      metadata: {
        ...host.metadata,
        annotations: { "dockerhost.dev/requestedAt": expect.stringMatching(/^20\d\d-\d\d-\d\dT\d\d:\d\d:\d\dZ$/) },
      },
    });
  });
});
