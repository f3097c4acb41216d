import { truncate } from "../common/truncate.ts";
import { MAX_WARNING_LENGTH } from "./status.ts";

/**
 * The warnings that fit into a status, each once and cut to its maximum length.
 * @param last are kept even if the others already fill the list
 */
export function boundedWarnings(warnings: readonly string[], max: number, last: readonly string[] = []): string[] {
  const others = [...new Set(warnings)].slice(0, max - last.length);
  return [...others, ...last].map((warning) => truncate(warning, MAX_WARNING_LENGTH));
}
