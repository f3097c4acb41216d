import { describe, expect, it } from "vitest";
import { condition, dockerHost } from "../../test/support/docker-host.ts";
import type { DockerHostObject } from "../api/docker-host.ts";
import type { UpdateItemStatus, UpdatesStatus } from "../api/status.ts";
import { exitOfCheck } from "./host-exit-code.ts";

const ready = condition("Ready", "True", "Succeeded");
const failed = (reason: string): UpdateItemStatus => ({
  container: "web",
  image: "nginx:1",
  verdict: "Failed",
  reason,
});

function host(succeeded: "True" | "False", reason: string, updates: UpdatesStatus = {}, spec = {}): DockerHostObject {
  const available = (updates.outdated ?? 0) > 0 ? "True" : succeeded === "True" ? "False" : "Unknown";
  return dockerHost({
    spec,
    status: {
      conditions: [
        ready,
        condition("UpdateCheckSucceeded", succeeded, reason),
        condition("UpdatesAvailable", available, "UpdatesFound"),
      ],
      updates,
    },
  });
}

const fine = host("True", "CheckSucceeded", { total: 1, upToDate: 1 });
const outdated = host("True", "CheckSucceeded", { total: 1, outdated: 1 });
const badPattern = host("False", "InvalidSelection", { total: 2, upToDate: 2 });
const badSchedule = host("False", "InvalidSchedule");
const privateCa = host("False", "RegistryUntrusted", {
  total: 3,
  pinned: 2,
  failed: 1,
  items: [failed("RegistryUntrusted")],
});
const twoCauses = host("False", "PartiallyFailed", { total: 2, failed: 2, items: [failed("A"), failed("B")] });
const partly = host("False", "PartiallyFailed", { total: 2, upToDate: 1, failed: 1, items: [failed("A")] });
const suspended = host("False", "InvalidSelection", {}, { suspend: true });
const down = dockerHost({ status: { conditions: [condition("Ready", "False", "ConnectionRefused")] } });
const pending = dockerHost({ status: { conditions: [ready] } });

const ONLY = (reason: string) => [`none of the images of fleet/edge-7 could be checked (${reason})`];

const SUSPENDED = "fleet/edge-7 is suspended and was not checked; to check it, remove spec.suspend from its manifest";

describe("the exit code of a check", () => {
  it.each<[string, DockerHostObject[], boolean, number, readonly string[]]>([
    ["all is well", [fine], false, 0, []],
    ["all is well, with --fail-on-updates", [fine], true, 0, []],
    ["there are updates", [outdated], false, 0, []],
    [
      "there are updates, with --fail-on-updates",
      [fine, outdated],
      true,
      3,
      ["fleet/edge-7 has updates, and --fail-on-updates is set"],
    ],
    ["a pattern is not valid", [badPattern], false, 1, ONLY("InvalidSelection")],
    ["a schedule is not valid", [fine, badSchedule], false, 1, ONLY("InvalidSchedule")],
    ["no image could be checked", [privateCa], false, 1, ONLY("RegistryUntrusted")],
    ["no image could be checked, for several causes", [twoCauses], false, 1, ONLY("PartiallyFailed")],
    ["some images were checked", [partly], false, 0, []],
    [
      "some images were checked, with --fail-on-updates",
      [partly],
      true,
      1,
      ["not every image of fleet/edge-7 could be checked (PartiallyFailed)"],
    ],
    ["the failing host is suspended", [fine, suspended], false, 0, []],
    ["the failing host is suspended, with --fail-on-updates", [suspended, fine], true, 0, []],
    ["a host was suspended while it was down", [fine, { ...down, spec: { suspend: true } }], true, 0, []],
    ["a host was suspended while it had updates", [fine, { ...outdated, spec: { suspend: true } }], true, 0, []],
    ["all hosts are suspended", [suspended, suspended], false, 1, [SUSPENDED, SUSPENDED]],
    ["the only host is suspended, with --fail-on-updates", [suspended], true, 1, [SUSPENDED]],
    ["there is no host", [], true, 0, []],
    ["a host is not Ready", [down], false, 1, []],
    [
      "a host is not Ready, with --fail-on-updates",
      [down],
      true,
      1,
      ["fleet/edge-7 is not Ready, so its images were not checked"],
    ],
    ["a check is still to come", [pending], false, 0, []],
    [
      "a check is still to come, with --fail-on-updates",
      [pending],
      true,
      1,
      ["the images of fleet/edge-7 have not been checked"],
    ],
  ])("when %s", (_when, hosts, failOnUpdates, code, errors) => {
    expect(exitOfCheck(hosts, failOnUpdates)).toEqual({ code, errors });
  });
});
