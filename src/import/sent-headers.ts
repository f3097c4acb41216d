import { join } from "node:path";
import { truncate } from "../common/truncate.ts";
import { readFileIfThere } from "./read-files.ts";

const MAX_CONFIG_BYTES = 1024 * 1024;
const MAX_NAMED = 5;

/** What is lost of the headers that Docker's client sends with every request, by the configuration in its folder. */
export async function sentHeaderWarnings(configFolder: string, signal: AbortSignal): Promise<readonly string[]> {
  const path = join(configFolder, "config.json");
  const names = headerNames((await readFileIfThere(path, MAX_CONFIG_BYTES, signal))?.toString("utf8") ?? "");
  if (names.length === 0) return [];
  const some = names.slice(0, MAX_NAMED).map((name) => truncate(name.replace(/[^\x21-\x7e]/g, "?"), 60));
  const named = some.join(", ") + (names.length > MAX_NAMED ? ", ..." : "");
  return [
    `HttpHeaders in ${path} (${named}) are not carried over: a DockerHost sends no headers of its own. Where a proxy in front of the daemon wants them, as for a login, let it accept a client certificate instead.`,
  ];
}

/** A configuration that cannot be read has none: Docker's client complains of it itself. */
function headerNames(text: string): readonly string[] {
  try {
    const config: unknown = JSON.parse(text);
    const headers =
      typeof config === "object" && config !== null && "HttpHeaders" in config ? config.HttpHeaders : null;
    // The client's own name is nothing that a proxy asks for.
    return Object.keys(typeof headers === "object" && headers !== null ? headers : {}).filter(
      (name) => name.toLowerCase() !== "user-agent",
    );
  } catch {
    return [];
  }
}
