import { afterAll, beforeAll, describe, expect, inject, it } from "vitest";
import { connectEnvironment } from "../env/environment.ts";
import { formatSummary } from "../support/summary.ts";
import { Arena } from "./hostile/arena.ts";
import type { Attack } from "./hostile/attack.ts";
import { heldLists, heldVersions, patternBombs, silentHosts, silentLists } from "./hostile/daemon-attacks.ts";
import { giantTexts, manyImages } from "./hostile/registry-attacks.ts";
import { sshNoise } from "./hostile/ssh-attacks.ts";

const { kube } = connectEnvironment(inject("environment"));

describe("a tenant that attacks the controller", () => {
  let arena: Arena;

  beforeAll(async () => {
    arena = await Arena.start(kube);
  });

  afterAll(async () => {
    await arena?.stop();
  });

  const attacks: readonly (readonly [string, () => Promise<Attack>])[] = [
    ["patterns", () => patternBombs()],
    ["versions of 31 MiB", () => heldVersions()],
    ["lists of 31 MiB", () => heldLists()],
    ["silent hosts", () => silentHosts()],
    ["silent lists", () => silentLists()],
    ["noise over SSH", () => sshNoise()],
    ["giant texts of a registry", () => giantTexts()],
    ["thousands of images", () => manyImages(arena.registry)],
  ];
  it.each(attacks)("harms nobody else: %s", async (_name, start) => {
    const attack = await start();
    const rows = await arena.face([attack]);
    console.log(formatSummary(attack.name, rows));
    expect(rows.filter(({ kept }) => !kept)).toEqual([]);
  });
});
