import { describe, expect, it } from "vitest";
import type { UpdateItemStatus } from "../../api/status.ts";
import { namedTargets, outdatedTargets } from "./targets.ts";

const [OLD, NEW] = [`sha256:${"a".repeat(64)}`, `sha256:${"b".repeat(64)}`];

function item(container: string, verdict: UpdateItemStatus["verdict"], more: Partial<UpdateItemStatus> = {}) {
  return { container, image: `shop/${container}:1`, verdict, running: OLD, available: NEW, ...more };
}

const ITEMS = [
  item("web", "Outdated"),
  item("api", "RestartPending"),
  item("young", "TooYoung"),
  item("db", "Pinned"),
  item("local", "LocalImage"),
  item("broken", "Failed", { message: "The registry refused the login" }),
  item("fine", "UpToDate"),
  item("left-out", "Excluded", { message: "by its label" }),
];

describe("--all", () => {
  it("takes what is outdated, and nothing that is too young or could not be checked", () => {
    const { targets, skipped } = outdatedTargets(ITEMS);
    expect(targets).toEqual([
      { container: "web", image: "shop/web:1", digest: NEW, running: OLD },
      { container: "api", image: "shop/api:1", digest: NEW, running: OLD },
    ]);
    expect(skipped).toEqual([]);
  });
});

describe("named containers", () => {
  it("are taken in their order, once each, also when they are too young", () => {
    const { targets } = namedTargets(ITEMS, ["young", "web", "young"], false);
    expect(targets.map(({ container }) => container)).toEqual(["young", "web"]);
  });

  it.each([
    ["db", "its image shop/db:1 is pinned by digest"],
    ["local", "its image shop/local:1 is not from a registry; to update it, name a digest with --digest"],
    ["broken", "The registry refused the login"],
    ["left-out", "it is excluded from checks: by its label"],
    ["nowhere", "no running container has this name; there are web, api, young, db, local and 3 more"],
    ["wbe", "no running container has this name; did you mean web?"],
    ["WEB", "no running container has this name; did you mean web?"],
  ])("are not taken without an update: %s", (name, why) => {
    expect(namedTargets(ITEMS, [name], false)).toEqual({ targets: [], skipped: [{ container: name, why }] });
  });

  it("are not found on a host where nothing runs", () => {
    const why = "no running container has this name; none runs on this host";
    expect(namedTargets([], ["web"], false).skipped).toEqual([{ container: "web", why }]);
  });

  it("names all others if these are few", () => {
    const [why] = namedTargets(ITEMS.slice(0, 2), ["nowhere"], false).skipped.map((each) => each.why);
    expect(why).toBe("no running container has this name; there are web and api");
    const [only] = namedTargets(ITEMS.slice(0, 1), ["nowhere"], false).skipped.map((each) => each.why);
    expect(only).toBe("no running container has this name; there is only web");
  });

  it.each(["compose.yaml", "docker-compose.yml", "./x/compose.yml", "/srv/shop/COMPOSE.YML"])(
    "are not Compose files: %s",
    (name) => {
      const why = "it seems to be a Compose file; give the names of its containers, as docker ps shows them";
      expect(namedTargets(ITEMS, [name], false)).toEqual({ targets: [], skipped: [{ container: name, why }] });
    },
  );

  it("can look like a Compose file", () => {
    const items = [item("app.yaml", "Outdated")];
    expect(namedTargets(items, ["app.yaml"], false).targets.map(({ container }) => container)).toEqual(["app.yaml"]);
    expect(namedTargets(items, ["other.yaml"], true).skipped[0]?.why).toContain("--digest");
    expect(namedTargets(items, ["./other.yaml"], true).skipped[0]?.why).toContain("Compose file");
  });

  it("are fine when they are up to date", () => {
    expect(namedTargets(ITEMS, ["fine"], false).skipped).toEqual([
      { container: "fine", why: "it is up to date", isFine: true },
    ]);
  });

  it("may be missing from the result of the check, which is bounded", () => {
    expect(namedTargets(ITEMS, ["gone"], true).skipped[0]?.why).toContain("--digest");
  });
});
