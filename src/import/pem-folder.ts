import { join } from "node:path";
import { MAX_PEM_BYTES, readFileIfThere, readNamedFile } from "./read-files.ts";
import type { FoundCredentials, FoundPem } from "./tls-secret.ts";

export const DOCKER_NAMES = ["ca.pem", "cert.pem", "key.pem"] as const;

/** Reads those of ca.pem, cert.pem and key.pem that a folder contains. */
export async function readPemFolder(folder: string, signal: AbortSignal): Promise<Record<string, FoundPem>> {
  const found: Record<string, FoundPem> = {};
  for (const name of DOCKER_NAMES) {
    const path = join(folder, name);
    const bytes = await readFileIfThere(path, MAX_PEM_BYTES, signal);
    if (bytes !== undefined) found[name] = { label: path, path, pem: bytes.toString("utf8") };
  }
  return found;
}

/** Reads a PEM file that the user named. */
export async function readPemFile(path: string, signal: AbortSignal): Promise<FoundPem> {
  return { label: path, path, pem: (await readNamedFile(path, MAX_PEM_BYTES, signal)).toString("utf8") };
}

/** Drops a certificate without a key and a key without a certificate. Docker's client silently ignores them, too. */
export function pairedCredentials(tls: Readonly<Record<string, FoundPem>>): {
  readonly credentials: FoundCredentials;
  readonly warnings: readonly string[];
} {
  const { "ca.pem": ca, "cert.pem": cert, "key.pem": key } = tls;
  const authority = ca === undefined ? {} : { ca };
  if (cert !== undefined && key !== undefined) return { credentials: { ...authority, cert, key }, warnings: [] };
  const half = cert ?? key;
  if (half === undefined) return { credentials: authority, warnings: [] };
  return {
    credentials: authority,
    warnings: [
      `${half.label} is left out, since its ${cert === undefined ? "certificate" : "key"} is missing; Docker's client does not use it either.`,
    ],
  };
}
