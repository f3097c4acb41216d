/** Shortens a digest to enough characters to distinguish it from another. */
export function shortDigest(digest: string | undefined): string {
  return digest?.slice(0, "sha256:".length + 12) ?? "";
}
