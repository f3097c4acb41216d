/** One block of a PEM text. */
export interface PemBlock {
  /** What stands after BEGIN, for example `CERTIFICATE` or `ENCRYPTED PRIVATE KEY`. */
  readonly label: string;
  /** Whether it takes a passphrase: PKCS#8 says so in the label, the forms before it in a header. */
  readonly encrypted: boolean;
  /** Whether lines such as `Name: value` stand in it before its content. */
  readonly hasHeaders: boolean;
  /** The block with LF line ends, without headers, blank lines and white space around its lines. */
  readonly text: string;
}

/**
 * Bounds before parsing, in bytes. A chain of ten certificates with 4096-bit keys takes 25 kB; a bundle of all
 * public roots 220 kB. Parsers have been made to hang by more (cert-manager's advisory GHSA-r4pg-vg54-wxx4).
 */
export const MAX_CERTIFICATE_BYTES = 64 * 1024;
export const MAX_KEY_BYTES = 16 * 1024;
export const MAX_BUNDLE_BYTES = 384 * 1024;

/**
 * The blocks of a PEM text, in order; whatever stands between them is ignored. As Go reads them: with headers and blank
 * lines, at which OpenSSL stops. Only Go wants BEGIN and END on lines of their own, as they are not where files were
 * joined that end without a line break.
 */
export function pemBlocks(text: string): readonly PemBlock[] {
  // A block ends at the next dashes, whatever they say: looking further would take quadratic time.
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
