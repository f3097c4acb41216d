import { expect, it } from "vitest";
import { success } from "../common/result.ts";
import { ContainerDetails, type ListedDetails } from "../docker/engine-details.ts";
import { readLink, TiesCache } from "./ties.ts";

/** A daemon whose containers all take volumes from these, and which counts how often it is asked for one. */
function daemon(VolumesFrom: readonly string[], Links: readonly string[] = []) {
  const asked: string[] = [];
  const inspectContainer = async (id: string) => {
    asked.push(id);
    const [Config, HostConfig] = [{ Image: "web:1" }, { VolumesFrom, Links, NetworkMode: "container:db", Umask: 18 }];
    const rest = { Image: "sha256:1", State: { Status: "running" }, NetworkSettings: {} };
    return success(ContainerDetails.parse({ Id: id, Name: "/web", Config, HostConfig, ...rest }));
  };
  return { asked, access: { details: { inspectContainer } } };
}

function listed(count: number): readonly ListedDetails[] {
  return Array.from({ length: count }, (_, index) => {
    const id = index.toString(16).padStart(64, "0");
    return { id, name: `c${index}`, image: "web:1", imageId: "sha256:1", state: "running", labels: {} };
  });
}

it("asks for each container once", async () => {
  const { asked, access } = daemon(["data:ro"]);
  const ties = new TiesCache();
  for (const _ of [1, 2]) {
    const found = await ties.of(access, listed(3));
    const expected = {
      shares: [{ what: "network", of: "db" }],
      volumesFrom: ["data"],
      links: [],
      added: { Umask: 18 },
    };
    expect(found.ok && [...found.value.values()]).toEqual([expected, expected, expected]);
  }
  expect(asked).toHaveLength(3);
});

it("knows the settings of a container that newer versions of the API show", async () => {
  const { access } = daemon([]);
  const ties = new TiesCache();
  const [one] = listed(1);
  expect(ties.get(one?.id ?? "")).toBeUndefined();
  await ties.of(access, listed(1));
  expect(ties.get(one?.id ?? "")).toMatchObject({ added: { Umask: 18 } });
});

it("keeps a bounded number of bytes, so it asks again for very large ties", async () => {
  const { asked, access } = daemon(Array.from({ length: 100 }, () => "x".repeat(1_000)));
  const ties = new TiesCache();
  for (const _ of [1, 2]) expect((await ties.of(access, listed(50))).ok).toBe(true);
  // Five of them fit into a megabyte.
  expect(asked.length).toBeGreaterThanOrEqual(90);
});

it("asks again for containers with links, which follow the names of other containers", async () => {
  const { asked, access } = daemon([], ["/db:/web/d"]);
  const ties = new TiesCache();
  for (const _ of [1, 2]) {
    const found = await ties.of(access, listed(1));
    expect(found.ok && [...found.value.values()]).toMatchObject([{ links: ["db"] }]);
  }
  expect(asked).toHaveLength(2);
});

it.each([
  ["/db:/web/alias", "db", "alias"],
  ["db:alias", "db", "alias"],
  ["/db", "db", ""],
  ["", "", ""],
])("reads the link %j", (link, of, alias) => {
  expect(readLink(link)).toEqual({ of, alias });
});
