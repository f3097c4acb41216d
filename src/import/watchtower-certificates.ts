import { posix } from "node:path";
import { UsageError } from "../common/usage-error.ts";
import { mountedAt } from "./mounts.ts";
import { DOCKER_NAMES, readPemFolder } from "./pem-folder.ts";
import { isFolder, MAX_PEM_BYTES, readFileIfThere } from "./read-files.ts";
import type { FoundPem } from "./tls-secret.ts";
import type { WatchtowerSource } from "./watchtower-source.ts";

/** The folder in which Watchtower's documentation puts certificates. */
const DEFAULT_CERT_PATH = "/etc/ssl/docker";

/**
 * Reads those of ca.pem, cert.pem and key.pem that Watchtower finds at its certificate path, whether their folder is
 * mounted, each file is mounted, or they are secrets or configs of Compose. Throws a UsageError if only the container
 * can read one.
 */
export async function mountedCertificates(
  { mounts, inContainer }: WatchtowerSource,
  certPath: string | undefined,
  signal: AbortSignal,
): Promise<Readonly<Record<string, FoundPem>>> {
  if (!inContainer) {
    if (certPath === undefined) return {};
    if (!(await isFolder(certPath))) throw new UsageError(unreadable(certPath, "is not a folder"));
    return filled(await readPemFolder(certPath, signal), certPath, certPath);
  }
  const found: Record<string, FoundPem> = {};
  const looked: string[] = [];
  for (const name of DOCKER_NAMES) {
    const inside = posix.join(certPath ?? DEFAULT_CERT_PATH, name);
    const source = mountedAt(mounts, inside);
    if (source === undefined) continue;
    if (source.kind === "opaque") {
      if (certPath === undefined) continue;
      throw new UsageError(unreadable(inside, `comes from ${source.what}, which cannot be read from here`));
    }
    if (source.kind === "text") {
      found[name] = { label: inside, pem: source.text };
      continue;
    }
    looked.push(source.path);
    const bytes = await readFileIfThere(source.path, MAX_PEM_BYTES, signal);
    if (bytes !== undefined) found[name] = { label: source.path, path: source.path, pem: bytes.toString("utf8") };
  }
  if (certPath === undefined) return found;
  return filled(found, certPath, looked.map((path) => posix.dirname(path))[0]);
}

function filled(found: Readonly<Record<string, FoundPem>>, certPath: string, folder: string | undefined) {
  if (Object.keys(found).length > 0) return found;
  throw new UsageError(
    unreadable(
      certPath,
      folder === undefined
        ? "is not mounted from a folder on this machine"
        : `(${folder} on this machine) contains none of ca.pem, cert.pem and key.pem`,
    ),
  );
}

function unreadable(path: string, why: string): string {
  return `The certificate path ${path} ${why}; run this command where the files are, or give their folder with --cert-path`;
}
