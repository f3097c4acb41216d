import { UsageError } from "../common/usage-error.ts";
import type { StoredContext } from "./context-metadata.ts";
import { DOCKER_NAMES } from "./pem-folder.ts";
import { readTar } from "./tar.ts";
import type { FoundPem } from "./tls-secret.ts";

/** The limit of Docker's own import in bytes. */
export const MAX_ARCHIVE_BYTES = 10 * 1024 * 1024;

/** Reads the context in an export of Docker's client (`docker context export`). */
export function readContextArchive(archive: Buffer, label: string): StoredContext {
  if (archive.subarray(0, 2).toString("latin1") === "PK") {
    throw new UsageError(
      `${label} is a zip archive; convert it with unzip -d FOLDER FILE && tar -C FOLDER -cf context.tar . and give context.tar with --file`,
    );
  }
  const files = readTar(archive);
  if (!files.ok) throw new UsageError(`${label} ${files.failure}`);
  const metadata = files.value.get("meta.json");
  if (metadata === undefined) {
    throw new UsageError(`${label} contains no meta.json; use the output of docker context export`);
  }
  const tls: Record<string, FoundPem> = {};
  for (const name of DOCKER_NAMES) {
    const pem = files.value.get(`tls/docker/${name}`);
    if (pem !== undefined) tls[name] = { label: `tls/docker/${name} of ${label}`, pem: pem.toString("utf8") };
  }
  return { metadata: metadata.toString("utf8"), tls, label: `meta.json of ${label}` };
}
