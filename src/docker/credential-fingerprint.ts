import { createHash } from "node:crypto";
import { certificateBlocks, MAX_BUNDLE_BYTES } from "../common/pem.ts";
import { parseCertificate } from "./certificate.ts";
import type { CredentialFiles } from "./credential-layout.ts";

/**
 * Distinguishes one set of certificates from another: SHA-256 over their DER forms, the client certificate with its
 * chain first, then the CA; in lower-case hexadecimal. It contains nothing of a private key. undefined if there is no
 * certificate, or one that cannot be parsed; other problems are not checked here.
 */
export function certificatesFingerprint(files: Pick<CredentialFiles, "ca" | "cert">): string | undefined {
  const hash = createHash("sha256");
  let found = false;
  for (const file of [files.cert, files.ca]) {
    if (file === undefined) continue;
    // The parsers get no more than the preflight would accept.
    const blocks = file.pem.length > MAX_BUNDLE_BYTES ? [] : certificateBlocks(file.pem);
    if (blocks.length === 0) return undefined;
    for (const block of blocks) {
      const certificate = parseCertificate(block);
      if (certificate === undefined) return undefined;
      hash.update(certificate.raw);
      found = true;
    }
  }
  return found ? hash.digest("hex") : undefined;
}
