import type { ContainerFacts, ImageFacts } from "../../src/docker/facts.ts";

export const AGE = { known: [], minimumAgeMs: 0, now: Date.parse("2026-01-01T00:00:00Z") };
export const HOST = { os: "linux", arch: "amd64" };
export const sha = (n: number) => `sha256:${n.toString(16).padStart(64, "0")}`;

export const container = (name: string, image: string, imageId: string): ContainerFacts => ({
  id: name,
  name,
  image,
  imageId,
  state: "running",
  labels: {},
});
export const pulled = (name: string, n: number): ImageFacts => ({
  id: sha(1_000 + n),
  repoTags: [name],
  repoDigests: [`${name.split(":")[0]}@${sha(n)}`],
});
