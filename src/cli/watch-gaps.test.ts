import { expect, it } from "vitest";
import type { ApiFailureKind } from "../runtime/api-error.ts";
import { gapsOf } from "./watch-gaps.ts";
import type { Followed } from "./watch-readiness.ts";

type State = Pick<Followed["reflector"], "trouble" | "lastEventAge"> & { readonly synced?: boolean };

const followed = (namespace: string | undefined, { synced = true, trouble, lastEventAge }: State): Followed => {
  const unused = async () => true;
  const never = { run: async () => {}, settled: unused, synced: unused, refresh: unused, forget: () => {} };
  const state = { path: "", isDispensable: true, isCurrent: synced, hasSynced: () => synced, forbidden: false };
  return { namespace, reflector: { ...never, ...state, trouble, lastEventAge } };
};
const failed = (kind: ApiFailureKind, forMs = 60_000) => ({ failure: { kind, message: "GET: at 10.0.0.1" }, forMs });
const gaps = (state: State) => gapsOf("DockerHosts", [followed(undefined, state)]);

it.each<[string, State]>([
  ["was read a moment ago", { trouble: undefined, lastEventAge: 1_000 }],
  ["failed a moment ago", { trouble: failed("Network", 1_000), lastEventAge: 1_000 }],
])("nothing is missing if a collection %s", (_when, state) => {
  expect(gaps(state)).toEqual([]);
});

it.each<[string, State, string]>([
  ["is being read", { synced: false, trouble: undefined, lastEventAge: undefined }, "still reading the DockerHosts."],
  [
    "may not be read",
    { trouble: failed("Forbidden", 0), lastEventAge: undefined },
    "may not list and watch DockerHosts. Add both permissions to its role.",
  ],
  [
    "may not be read any more",
    { trouble: failed("Forbidden", 0), lastEventAge: 1_000 },
    "to its role. What is shown here may be old.",
  ],
  [
    "has no definition",
    { synced: false, trouble: failed("NotFound", 0), lastEventAge: undefined },
    "not installed. Install it the way the controller was installed, or with kubectl apply --server-side --force-conflicts -f crds/.",
  ],
  ["is refused", { trouble: failed("Unauthorized", 0), lastEventAge: 1_000 }, "token of the controller"],
  ["cannot be reached", { trouble: failed("Network"), lastEventAge: 60_000 }, "log. What is shown here may be old."],
  [
    "was never reached",
    { synced: false, trouble: failed("Network", 0), lastEventAge: undefined },
    "cannot read the DockerHosts from the API server. Look at its log.",
  ],
  ["is silent", { trouble: undefined, lastEventAge: 301_000 }, "has sent no news of DockerHosts for minutes."],
])("says so if a collection %s", (_when, state, words) => {
  const [gap = "", ...others] = gaps(state);
  expect(others).toEqual([]);
  expect(gap).toContain(words);
  expect(gap).not.toContain("10.0.0.1");
});

it("names the namespaces, each cause once", () => {
  const forbidden = { trouble: failed("Forbidden"), lastEventAge: undefined };
  const many = Array.from({ length: 7 }, (_, index) => followed(`n${index}`, forbidden));
  const well = followed("well", { trouble: undefined, lastEventAge: 0 });
  const starting = followed("new", { synced: false, trouble: undefined, lastEventAge: undefined });
  expect(gapsOf("DockerHosts", [...many, well, starting])).toEqual([
    "In the namespaces n0, n1, n2, n3, n4 and 2 more: The controller may not list and watch DockerHosts. Add both permissions to its role.",
    "In the namespace new: The controller is still reading the DockerHosts.",
  ]);
});
