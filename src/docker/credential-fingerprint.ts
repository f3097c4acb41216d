import { createHash } from "node:crypto";
import { certificateBlocks, MAX_BUNDLE_BYTES } from "../common/pem.ts";
import { parseCertificate } from "./certificate.ts";
import type { CredentialFiles } from "./credential-layout.ts";

/**
 * By what one set of certificates is told from the next: SHA-256 over their DER forms, the client's with its chain
 * first, then the CA's; lower-case hexadecimal. Nothing of a private key goes into it. undefined where there is no
 * certificate, or one that cannot be parsed: whatever else is wrong with them is not asked.
 */
export function certificatesFingerprint(files: Pick<CredentialFiles, "ca" | "cert">): string | undefined {
  const hash = createHash("sha256");
  let found = false;
  for (const file of [files.cert, files.ca]) {
    if (file === undefined) continue;
    // Parsers are not given more than the preflight would take.
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
