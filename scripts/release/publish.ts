import { parseReference } from "../../src/registry/reference.ts";
import { PLATFORMS, type Platform, type Run, ScriptError, tagOf } from "./container-builder.ts";
import { digestOf, imageInIndex, listOf, type PlatformManifest } from "./manifest-list.ts";
import { registryLogin } from "./registry-login.ts";
import { RegistrySession } from "./registry-session.ts";

export interface Published {
  readonly version: string;
  /** Repository of the image. */
  readonly repository: string;
  /** Path of the packaged chart. */
  readonly chart: string;
}

/**
 * Pushes the image of each platform, a manifest list of them under the version's tag, and the chart next to them. Reports
 * where they are. Everything can be pushed again after a failure.
 */
export async function publish(
  run: Run,
  { builder, helm }: { readonly builder: string; readonly helm: string },
  { version, repository, chart }: Published,
): Promise<{ readonly image: string; readonly charts: string }> {
  const image = `${repository}:${version}`;
  const charts = `oci://${repository.slice(0, repository.lastIndexOf("/"))}/charts`;
  for (const platform of PLATFORMS) run(builder, ["push", tagOf(image, platform)]);
  const digest = await pushList(builder, repository, version);
  run(helm, ["push", chart, charts]);
  return { image: `${image}@${digest}`, charts };
}

/**
 * Makes one image of those that were pushed. Not with `docker manifest`, whose older versions refuse the manifests that
 * newer daemons push.
 */
async function pushList(builder: string, repository: string, version: string): Promise<string> {
  const reference = parseReference(repository);
  if (!reference.ok) throw new ScriptError(reference.failure.message);
  const login = await registryLogin(builder, reference.value, process.env);
  await using registry = new RegistrySession(reference.value, login);
  const images: PlatformManifest[] = [];
  for (const platform of PLATFORMS) images.push(await readImage(registry, tagOf(version, platform), platform));
  const list = listOf(images);
  await registry.write(version, list);
  return digestOf(list.bytes);
}

async function readImage(registry: RegistrySession, tag: string, platform: Platform): Promise<PlatformManifest> {
  const pushed = await registry.read(tag);
  const inside = imageInIndex(pushed, platform);
  const image = inside === undefined ? pushed : await registry.read(inside);
  return { ...image, platform };
}
