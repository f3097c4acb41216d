import { join } from "node:path";
import { truncate } from "../common/truncate.ts";
import { readFileIfThere } from "./read-files.ts";

const MAX_CONFIG_BYTES = 1024 * 1024;
const MAX_NAMED = 5;

/** Warns about headers that Docker's client sends with every request because its configuration says so. */
export async function sentHeaderWarnings(configFolder: string, signal: AbortSignal): Promise<readonly string[]> {
  const path = join(configFolder, "config.json");
  const names = headerNames((await readFileIfThere(path, MAX_CONFIG_BYTES, signal))?.toString("utf8") ?? "");
  if (names.length === 0) return [];
  const some = names.slice(0, MAX_NAMED).map((name) => truncate(name.replace(/[^\x21-\x7e]/g, "?"), 60));
  const named = some.join(", ") + (names.length > MAX_NAMED ? ", ..." : "");
  return [
    `HttpHeaders in ${path} (${named}) are not imported: a DockerHost cannot send additional headers. If a proxy in front of the daemon needs them, for example for a login, make it accept a client certificate instead.`,
  ];
}

/** An unreadable configuration counts as empty: Docker's client itself reports the problem. */
function headerNames(text: string): readonly string[] {
  try {
    const config: unknown = JSON.parse(text);
    const headers =
      typeof config === "object" && config !== null && "HttpHeaders" in config ? config.HttpHeaders : null;
    // A proxy does not need the name of the client.
    return Object.keys(typeof headers === "object" && headers !== null ? headers : {}).filter(
      (name) => name.toLowerCase() !== "user-agent",
    );
  } catch {
    return [];
  }
}
