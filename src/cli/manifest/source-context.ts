import type { CliContext } from "../context.ts";
import type { ContextOptions } from "./context-metadata.ts";

/** What every kind of source is given. */
export interface SourceContext {
  readonly cli: CliContext;
  readonly options: ContextOptions;
}
