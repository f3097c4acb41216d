import { describe, expect, it } from "vitest";
import { ORIGIN_CASES } from "../../test/support/origin-cases.ts";
import { PLATFORM_CASES } from "../../test/support/platform-cases.ts";
import {
  fails,
  graphImage,
  HUB,
  has,
  NEW,
  OLD,
  VERDICTS_BY_CASE,
  type VerdictCase,
} from "../../test/support/verdict-cases.ts";
import { failed, type Outcome } from "../api/failure.ts";
import type { ContainerFacts } from "../docker/facts.ts";
import { judgeByAsking } from "./answered-verdict.ts";
import { indexImages } from "./candidates.ts";
import type { Judgement } from "./judgement.ts";
import { judgeLocally } from "./local-verdict.ts";

/** Nothing is asked for but what the row has. "not asked": what is not in the row was needed first. */
async function judge(row: VerdictCase): Promise<Judgement | "not asked"> {
  const image = graphImage(row.image);
  const container: ContainerFacts = {
    id: "0",
    name: "web",
    image: "app:1",
    imageId: image.id,
    state: "running",
    labels: {},
    ...row.container,
  };
  const host = { os: "linux", arch: "amd64", ...row.host };
  const first = judgeLocally(container, indexImages([image, ...(row.others ?? [])], host));
  const needed = new Set<string>();
  const look = async <T>(what: string, known: Readonly<Record<string, Outcome<T>>> | undefined, key: string) => {
    needed.add(`${what} ${key}`);
    const outcome: Outcome<T> = known?.[key] ?? failed("InvalidResponse", "not in the row");
    return outcome;
  };
  const judgement =
    "judgement" in first
      ? first.judgement
      : await judgeByAsking(first.question, {
          resolve: () => look("answer", row.answer && { tag: row.answer }, "tag"),
          openManifest: (digest) => look("opened", row.opened, digest),
          holds: (digest) => look("held", row.held, digest),
          platformOf: (id) => look("platform", row.platforms, id),
          anonymous: row.anonymous ?? true,
          hostPlatform: { os: host.os, architecture: host.arch },
        });
  const given = [
    ...(row.answer ? ["answer tag"] : []),
    ...Object.keys(row.opened ?? {}).map((digest) => `opened ${digest}`),
    ...Object.keys(row.held ?? {}).map((digest) => `held ${digest}`),
    ...Object.keys(row.platforms ?? {}).map((id) => `platform ${id}`),
  ];
  if (row.answer === undefined && needed.has("answer tag")) return "not asked";
  expect([...needed].sort()).toEqual(given.sort());
  return judgement;
}

describe("the verdict on a container", () => {
  it.each(Object.entries({ ...VERDICTS_BY_CASE, ...PLATFORM_CASES, ...ORIGIN_CASES }))(
    "%s",
    async (_, [row, verdict, details = {}]) => {
      const judgement = await judge(row);
      expect(judgement).toMatchObject({ verdict, ...details });
      if (judgement === "not asked") return;
      expect(judgement.failure !== undefined).toBe(verdict === "Failed");
      expect((judgement.failure ?? judgement).message !== undefined).toBe(verdict !== "UpToDate");
    },
  );

  it("names the reason of a failure", async () => {
    expect(await judge({ container: { image: "Not A Name" } })).toMatchObject({
      failure: { reason: "InvalidReference" },
    });
    expect(await judge({ container: { imageId: NEW } })).toMatchObject({ failure: { reason: "ImageMissing" } });
    expect(await judge({ answer: fails("RegistryTimedOut") })).toMatchObject({
      running: OLD,
      failure: { reason: "RegistryTimedOut", message: "because of RegistryTimedOut" },
    });
  });

  it("is the same for every way to write a name", async () => {
    for (const image of ["app:1", "library/app:1", "docker.io/app:1", `${HUB}:1`, "index.docker.io/library/app:1"]) {
      expect(await judge({ container: { image }, answer: has(OLD) })).toMatchObject({ verdict: "UpToDate" });
    }
  });
});
