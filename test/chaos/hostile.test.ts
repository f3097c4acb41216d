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
    // How long is for the soak to judge: here it only shows that the victim is not forgotten.
    arena = await Arena.start(kube, 240_000);
  });

  afterAll(async () => {
    await arena?.stop();
  });

  const attacks: readonly (readonly [string, () => readonly Promise<Attack>[]])[] = [
    ["patterns and giant answers", () => [patternBombs(), heldVersions(), heldLists()]],
    ["silence and noise", () => [silentHosts(), silentLists(), sshNoise()]],
    ["registries", () => [giantTexts(), manyImages(arena.registry)]],
  ];
  it.each(attacks)("harms nobody else: %s", { timeout: 600_000 }, async (_name, start) => {
    const started = await Promise.all(start());
    const rows = await arena.face(started);
    console.log(formatSummary(started.map(({ name }) => name).join(", "), rows));
    expect(rows.filter(({ kept }) => !kept)).toEqual([]);
  });
});
