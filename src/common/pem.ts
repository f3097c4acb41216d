/** One block of a PEM text. */
export interface PemBlock {
  /** What stands after BEGIN, for example `CERTIFICATE` or `ENCRYPTED PRIVATE KEY`. */
  readonly label: string;
  /** The block with its BEGIN and END lines, LF line ends. */
  readonly text: string;
}

/**
 * Bounds before parsing, in bytes. A chain of ten certificates with 4096-bit keys takes 25 kB; a bundle of all
 * public roots 220 kB. Parsers have been made to hang by more (cert-manager's advisory GHSA-r4pg-vg54-wxx4).
 */
export const MAX_CERTIFICATE_BYTES = 64 * 1024;
export const MAX_KEY_BYTES = 16 * 1024;
export const MAX_BUNDLE_BYTES = 384 * 1024;

/** The blocks of a PEM text, in order; whatever stands between them is ignored, as OpenSSL and Go do. */
export function pemBlocks(text: string): readonly PemBlock[] {
  const blocks: PemBlock[] = [];
  for (const match of text
    .replaceAll("\r\n", "\n")
    // A block ends at the next dashes, whatever they say: looking further would take quadratic time.
    .matchAll(/-----BEGIN ([A-Z0-9 ]+)-----[ \t]*\n(?:(?!-----)[\s\S])*-----END \1-----/g)) {
    blocks.push({ label: match[1] ?? "", text: `${match[0]}\n` });
  }
  return blocks;
}

export function certificateBlocks(text: string): readonly string[] {
  return pemBlocks(text)
    .filter((block) => block.label === "CERTIFICATE")
    .map((block) => block.text);
}
