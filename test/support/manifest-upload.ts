import { request } from "node:https";
import { text } from "node:stream/consumers";

/** A registry over TLS, as a client reaches it that may write. */
export interface Upload {
  /** `localhost:5000` */
  readonly host: string;
  readonly ca: string;
}

interface Reply {
  readonly status: number;
  readonly digest: string;
  readonly mediaType: string;
  readonly size: number;
  readonly body: string;
}

/** What a tag names: its digest, type and size. */
export function describeTag(registry: Upload, repository: string, tag: string): Promise<Reply> {
  return exchange(registry, "HEAD", repository, tag);
}

/** An image that the repository has under a tag, and what an index says that it is for. */
export interface IndexEntry {
  readonly tag: string;
  /** Default linux. */
  readonly os?: string;
  readonly architecture: string;
  readonly variant?: string;
}

/** Lets a tag name an index of these images, which the repository has. Its digest. */
export async function putIndex(
  registry: Upload,
  repository: string,
  tag: string,
  images: readonly IndexEntry[],
): Promise<string> {
  const manifests = await Promise.all(
    images.map(async ({ tag: name, os = "linux", architecture, variant }) => {
      const { digest, mediaType, size } = await describeTag(registry, repository, name);
      return { mediaType, digest, size, platform: { os, architecture, ...(variant !== undefined && { variant }) } };
    }),
  );
  const isOci = manifests.some(({ mediaType }) => mediaType.includes(".oci."));
  const mediaType = isOci
    ? "application/vnd.oci.image.index.v1+json"
    : "application/vnd.docker.distribution.manifest.list.v2+json";
  const body = JSON.stringify({ schemaVersion: 2, mediaType, manifests });
  return (await exchange(registry, "PUT", repository, tag, { body, mediaType })).digest;
}

/** Lets a tag name its image by another manifest, of the same configuration and layers. Its digest. */
export async function putOtherManifest(registry: Upload, repository: string, tag: string): Promise<string> {
  const { body, mediaType } = await exchange(registry, "GET", repository, tag);
  const other = JSON.stringify({ ...JSON.parse(body), annotations: { "org.example.pushed": "again" } });
  return (await exchange(registry, "PUT", repository, tag, { body: other, mediaType })).digest;
}

/** Takes a manifest out of the registry, with its tags. */
export async function deleteManifest(registry: Upload, repository: string, digest: string): Promise<void> {
  await exchange(registry, "DELETE", repository, digest);
}

const ACCEPTED = [
  "application/vnd.oci.image.index.v1+json",
  "application/vnd.docker.distribution.manifest.list.v2+json",
  "application/vnd.oci.image.manifest.v1+json",
  "application/vnd.docker.distribution.manifest.v2+json",
].join(", ");

function exchange(
  { host, ca }: Upload,
  method: string,
  repository: string,
  reference: string,
  content?: { readonly body: string; readonly mediaType: string },
): Promise<Reply> {
  return new Promise((resolve, reject) => {
    const headers = content === undefined ? { Accept: ACCEPTED } : { "Content-Type": content.mediaType };
    const sent = request(
      `https://${host}/v2/${repository}/manifests/${reference}`,
      { method, headers, ca },
      (reply) => {
        text(reply).then((body) => {
          const status = reply.statusCode ?? 0;
          if (status >= 300) return reject(new Error(`${method} ${repository}:${reference}: ${status}`));
          resolve({
            status,
            digest: String(reply.headers["docker-content-digest"] ?? ""),
            mediaType: String(reply.headers["content-type"] ?? ""),
            size: Number(reply.headers["content-length"] ?? 0),
            body,
          });
        }, reject);
      },
    );
    sent.on("error", reject);
    sent.end(content?.body);
  });
}
