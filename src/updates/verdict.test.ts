import { describe, expect, it } from "vitest";
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
import type { IndexChild } from "../registry/manifest.ts";
import { indexImages } from "./candidates.ts";
import type { ContainerFacts } from "./facts.ts";
import { indexesToOpen, type Judgement, judgeAnswer, judgeLocally } from "./verdict.ts";

/** The registry was not asked, unless the row has an answer. */
function judge(row: VerdictCase): Judgement | "not asked" {
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
  const first = judgeLocally(container, indexImages([image, ...(row.others ?? [])], host), host);
  if ("judgement" in first) {
    expect(row.answer, "the registry should not have been needed").toBeUndefined();
    return first.judgement;
  }
  if (row.answer === undefined) return "not asked";
  const opened = new Map<string, Outcome<readonly IndexChild[]>>();
  for (;;) {
    const wanted = indexesToOpen(first.question, row.answer, opened);
    if (wanted.length === 0) break;
    for (const digest of wanted) opened.set(digest, row.opened?.[digest] ?? failed("ImageNotFound", "not in the row"));
  }
  expect([...opened.keys()]).toEqual(Object.keys(row.opened ?? {}));
  return judgeAnswer(first.question, row.answer, opened, row.anonymous ?? true);
}

describe("the verdict on a container", () => {
  it.each(Object.entries(VERDICTS_BY_CASE))("%s", (_, [row, verdict, details = {}]) => {
    const judgement = judge(row);
    expect(judgement).toMatchObject({ verdict, ...details });
    if (judgement === "not asked") return;
    expect(judgement.failure !== undefined).toBe(verdict === "Failed");
    expect(judgement.message !== undefined).toBe(verdict !== "UpToDate");
  });

  it("names the reason of a failure", () => {
    expect(judge({ container: { image: "Not A Name" } })).toMatchObject({ failure: { reason: "InvalidReference" } });
    expect(judge({ container: { imageId: NEW } })).toMatchObject({ failure: { reason: "ImageMissing" } });
    expect(judge({ answer: fails("RegistryTimedOut") })).toMatchObject({
      running: OLD,
      failure: { reason: "RegistryTimedOut", message: "because of RegistryTimedOut" },
    });
  });

  it("is the same for every way to write a name", () => {
    for (const image of ["app:1", "library/app:1", "docker.io/app:1", `${HUB}:1`, "index.docker.io/library/app:1"]) {
      expect(judge({ container: { image }, answer: has(OLD) })).toMatchObject({ verdict: "UpToDate" });
    }
  });
});
