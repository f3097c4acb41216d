/** A block of a PEM text. */
export interface PemBlock {
  /** The label after BEGIN, for example `CERTIFICATE` or `ENCRYPTED PRIVATE KEY`. */
  readonly label: string;
  /** Whether the block needs a passphrase: PKCS#8 says so in the label, older formats in a header. */
  readonly encrypted: boolean;
  /** Whether the content is preceded by lines such as `Name: value`. */
  readonly hasHeaders: boolean;
  /** The block with LF line endings, without headers, blank lines and white space around its lines. */
  readonly text: string;
}

/**
 * Limits in bytes that apply before parsing. A chain of ten certificates with 4096-bit keys takes 25 kB; a bundle of
 * all public roots takes 220 kB. Larger inputs have made parsers hang (cert-manager's advisory GHSA-r4pg-vg54-wxx4).
 */
export const MAX_CERTIFICATE_BYTES = 64 * 1024;
export const MAX_KEY_BYTES = 16 * 1024;
export const MAX_BUNDLE_BYTES = 384 * 1024;

/**
 * Finds the blocks of a PEM text, in order, and ignores the text between them. Reads them like Go, including headers
 * and blank lines, at which OpenSSL stops. Unlike Go, it does not require BEGIN and END to be on separate lines, which
 * is not so after joining files without a line break at the end.
 */
export function pemBlocks(text: string): readonly PemBlock[] {
  // A block ends at the next dashes, whatever follows them: searching further would take quadratic time.
  const blocks = text
    .replaceAll("\r\n", "\n")
    .matchAll(/-----BEGIN ([A-Z0-9 ]+)-----[ \t]*\n((?:(?!-----)[\s\S])*)(?<=\n)-----END \1-----/g);
  return [...blocks].map(([, label = "", content = ""]) => readBlock(label, content));
}

function readBlock(label: string, content: string): PemBlock {
  const lines = content.split("\n").map((line) => line.replaceAll(/^[ \t]+|[ \t]+$/g, ""));
  const end = lines.findIndex((line) => !line.includes(":"));
  const [headers, body] = [lines.slice(0, end), lines.slice(end).filter((line) => line !== "")];
  return {
    label,
    hasHeaders: headers.length > 0,
    encrypted: label.startsWith("ENCRYPTED") || headers.some((header) => /^Proc-Type:.*ENCRYPTED/.test(header)),
    text: [`-----BEGIN ${label}-----`, ...body, `-----END ${label}-----`, ""].join("\n"),
  };
}

export function certificateBlocks(text: string): readonly string[] {
  return pemBlocks(text)
    .filter((block) => block.label === "CERTIFICATE")
    .map((block) => block.text);
}

/**
 * The bytes of a text with one PEM block. They have memory of their own: a small Buffer from Node's pool would keep 64 KiB for
 * as long as it is kept.
 */
export function derOf(pem: string): Buffer {
  const pooled = Buffer.from(pem.replaceAll(/-----[^-]*-----/g, ""), "base64");
  const own = Buffer.allocUnsafeSlow(pooled.length);
  pooled.copy(own);
  return own;
}
