import { describe, expect, it } from "vitest";
import { failed, type Outcome } from "../api/failure.ts";
import { success } from "../common/result.ts";
import { denialNotice, toStatus } from "./capabilities.ts";
import { EngineError } from "./fleet-modem.ts";
import { type Changes, NEEDED_FOR_UPDATES, probeChanges } from "./probe-changes.ts";

const ABSENT = "7".repeat(64);

function refusal(status: number, headers = {}): Outcome<never> {
  const reason = status === 403 ? "PermissionDenied" : "DaemonError";
  return failed(reason, reason, new EngineError("/", { status, headers, body: Buffer.alloc(0) }));
}

const DOCKER = { "api-version": "1.44" };
const NOT_FOUND = refusal(404, DOCKER);

/** A daemon that has nothing of what it is asked for, with other answers to some requests. */
async function probe(answers: Partial<Record<keyof Changes, Outcome<never>>> = {}) {
  const asked: string[] = [];
  const answer = (name: keyof Changes) => async (subject: unknown) => {
    asked.push(`${name} ${JSON.stringify(subject)}`);
    return answers[name] ?? NOT_FOUND;
  };
  const changes: Changes = {
    pull: answer("pull"),
    tag: answer("tag"),
    create: answer("create"),
    setRestartPolicy: answer("setRestartPolicy"),
    stop: answer("stop"),
    rename: answer("rename"),
    start: answer("start"),
    // It takes a container that is gone for removed.
    remove: async (id) => (answers.remove === undefined ? success(undefined) : answer("remove")(id)),
  };
  const probes = await probeChanges(changes, ABSENT);
  return { asked, status: toStatus(probes), notice: denialNotice(probes, NEEDED_FOR_UPDATES) };
}

describe("probeChanges", () => {
  it("requests only what is missing", async () => {
    const { asked, status } = await probe();
    expect(status).toEqual({ pull: true, recreate: true });
    expect(asked.filter((each) => !each.includes(ABSENT))).toEqual([
      `create "dockerhost-probe-${ABSENT.slice(0, 12)}"`,
    ]);
  });

  it.each([
    ["a proxy denies the pull", { pull: refusal(403) }, { pull: false, recreate: true }],
    ["a proxy denies the new name of an image", { tag: refusal(403) }, { pull: false, recreate: true }],
    ["a proxy denies the creation", { create: refusal(403) }, { pull: true, recreate: false }],
    ["a proxy denies only the removal", { remove: refusal(403) }, { pull: true, recreate: false }],
    ["a gateway fails", { start: refusal(502) }, { pull: true }],
    ["the daemon fails", { pull: refusal(500, DOCKER) }, { recreate: true }],
    ["something else than a daemon answers", { stop: refusal(404) }, { pull: true }],
  ])("knows what it can where %s", async (_, answers, expected) => {
    expect((await probe(answers)).status).toEqual(expected);
  });

  it("names the switches of a proxy that allows no change", async () => {
    const { notice } = await probe({ pull: refusal(403), create: refusal(403) });
    expect(notice).toBe(
      "a proxy denies pulling images, replacing containers: set IMAGES=1 POST=1 CONTAINERS=1 (Tecnativa)",
    );
  });
});
