import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { ask, json } from "./client.ts";
import { type SimFleet, startSimFleet } from "./fleet.ts";

describe("a simulated fleet", () => {
  let fleet: SimFleet;

  beforeAll(async () => {
    fleet = await startSimFleet({ hosts: 3, containersPerHost: 5, images: 2, outdatedImages: 1 });
  });

  afterAll(() => fleet.close());

  const get = async (url: string) =>
    json(await ask(url.replace("tcp:", "https:"), { ca: fleet.authority.certPem, client: fleet.client }));

  it("has hosts with names, stores and containers of their own", async () => {
    const infos = await Promise.all(fleet.hosts.map(({ endpoint }) => get(`${endpoint}/info`)));
    expect(infos).toMatchObject([
      { Name: "sim-0", Containers: 5, Driver: "overlayfs" },
      { Name: "sim-1", Containers: 5, Driver: "overlay2" },
      { Name: "sim-2", Containers: 5, Driver: "overlayfs" },
    ]);
    expect(new Set(infos.map((info) => (info as { ID: string }).ID)).size).toBe(3);
  });

  it("runs images of its registry, of which some have been pushed again since", async () => {
    const images = (await get(`${fleet.hosts[0]?.endpoint}/images/json`)) as { Id: string; RepoTags: string[] }[];
    expect(images.map(({ RepoTags }) => RepoTags)).toEqual([
      [`${fleet.registry.host}/team/app-0:1`],
      [`${fleet.registry.host}/team/app-1:1`],
    ]);
    expect(images[0]?.Id).not.toBe(fleet.registry.find("team/app-0", "1")?.digest);
    expect(images[1]?.Id).toBe(fleet.registry.find("team/app-1", "1")?.digest);
  });
});
