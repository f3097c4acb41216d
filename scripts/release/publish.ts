import type { Run } from "./container-builder.ts";

export interface Published {
  readonly version: string;
  /** Repository of the image. */
  readonly repository: string;
  /** Tags of the images, one for each platform. */
  readonly tags: readonly string[];
  /** Path of the packaged chart. */
  readonly chart: string;
}

/**
 * Pushes the images, a manifest list of them under the version's tag, and the chart next to them; reports where they
 * are.
 */
export function publish(
  run: Run,
  { builder, helm }: { readonly builder: string; readonly helm: string },
  { version, repository, tags, chart }: Published,
): { readonly image: string; readonly charts: string } {
  const image = `${repository}:${version}`;
  const charts = `oci://${repository.slice(0, repository.lastIndexOf("/"))}/charts`;
  for (const tag of tags) run(builder, ["push", tag]);
  if (builder === "podman") {
    run(builder, ["manifest", "create", image, ...tags.map((tag) => `docker://${tag}`)]);
    run(builder, ["manifest", "push", "--all", image, `docker://${image}`]);
  } else {
    run(builder, ["manifest", "create", image, ...tags]);
    run(builder, ["manifest", "push", "--purge", image]);
  }
  run(helm, ["push", chart, charts]);
  return { image, charts };
}
